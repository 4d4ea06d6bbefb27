"""a scan's events and journal are written by the same statement as the scan: two round trips fewer

Revision ID: 0004
"""

import importlib

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STORE_SCANS = """
CREATE FUNCTION store_scans(
  p_transactions jsonb, p_entries jsonb, p_keys jsonb, p_notices jsonb, p_events jsonb, p_journal jsonb
) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  INSERT INTO transactions
    SELECT r.* FROM jsonb_populate_recordset(NULL::transactions, p_transactions) r;
  UPDATE passes p SET balance_cents = p.balance_cents - d.amount_cents
  FROM (
    SELECT (r ->> 'pass_id')::uuid AS pass_id, sum((r ->> 'amount_cents')::bigint) AS amount_cents
    FROM jsonb_array_elements(p_transactions) r GROUP BY 1
  ) d
  WHERE p.pass_id = d.pass_id;
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
    op.execute("DROP FUNCTION store_scans(jsonb, jsonb, jsonb, jsonb)")
    op.execute(STORE_SCANS)


def downgrade() -> None:
    op.execute("DROP FUNCTION store_scans(jsonb, jsonb, jsonb, jsonb, jsonb, jsonb)")
    op.execute(_earlier("0002_scan_functions").STORE_SCANS)


def _earlier(name: str):  # type: ignore[no-untyped-def]
    return importlib.import_module(f"services.transactions.migrations.versions.{name}")
