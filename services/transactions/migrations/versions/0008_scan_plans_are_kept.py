"""a scan's plans are kept: planning anew at each call cost more than the questions themselves

PostgreSQL plans a question with arrays anew at each call, because it can't know how many values will come. Here there is
one, or some hundred, and the plan is the same. A pass is debited by its key: a plan for all passes of a batch at once
would read the table.

Revision ID: 0008
"""

import importlib

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SCAN_FACTS = "FUNCTION scan_facts(uuid, text, text[], bigint[], text[], boolean)"
_STORE_SCANS = "FUNCTION store_scans(jsonb, jsonb, jsonb, jsonb, jsonb, jsonb)"

STORE_SCANS = """
CREATE OR REPLACE FUNCTION store_scans(
  p_transactions jsonb, p_entries jsonb, p_keys jsonb, p_notices jsonb, p_events jsonb, p_journal jsonb
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_debit record;
BEGIN
  INSERT INTO transactions
    SELECT r.* FROM jsonb_populate_recordset(NULL::transactions, p_transactions) r;
  FOR v_debit IN
    SELECT (r ->> 'pass_id')::uuid AS pass_id, sum((r ->> 'amount_cents')::bigint) AS amount_cents
    FROM jsonb_array_elements(p_transactions) r GROUP BY 1
  LOOP
    UPDATE passes SET balance_cents = balance_cents - v_debit.amount_cents WHERE pass_id = v_debit.pass_id;
  END LOOP;
  INSERT INTO ledger_entries (movement_id, kind, account, account_id, amount_cents, subject_id, at)
    SELECT movement_id, kind, account, account_id, amount_cents, subject_id, at
    FROM jsonb_populate_recordset(NULL::ledger_entries, p_entries);
  INSERT INTO idempotency_keys AS k
    SELECT r.* FROM jsonb_populate_recordset(NULL::idempotency_keys, p_keys) r
    ON CONFLICT (structure_id, caller, key) DO UPDATE SET
      transaction_id = excluded.transaction_id, balance_cents = excluded.balance_cents,
      refusal_code = excluded.refusal_code, refusal_fields = excluded.refusal_fields, at = excluded.at
    WHERE k.refusal_code = 'duplicate_suspected';
  INSERT INTO family_notices (kind, pass_id, transaction_id)
    SELECT kind, pass_id, transaction_id FROM jsonb_populate_recordset(NULL::family_notices, p_notices);
  INSERT INTO outbox (event_id, type, key, unrouted, body, headers)
    SELECT event_id, type, key, unrouted, body, headers FROM jsonb_populate_recordset(NULL::outbox, p_events);
  INSERT INTO audit (id, at, action, subject, actor, roles, scope, details, trace_id)
    SELECT id, at, action, subject, actor, roles, scope, details, trace_id
    FROM jsonb_populate_recordset(NULL::audit, p_journal);
END $$
"""


def upgrade() -> None:
    op.execute(STORE_SCANS)
    for function in (_SCAN_FACTS, _STORE_SCANS):
        op.execute(f"ALTER {function} SET plan_cache_mode = force_generic_plan")


def downgrade() -> None:
    op.execute(f"ALTER {_SCAN_FACTS} RESET plan_cache_mode")
    op.execute(f"DROP {_STORE_SCANS}")
    earlier = importlib.import_module(
        "services.transactions.migrations.versions.0004_events_and_journal_in_the_same_statement"
    )
    op.execute(earlier.STORE_SCANS)
