"""the deferred zero-sum check of the ledger, and the two functions of a scan

Two functions, because a scan must be one short transaction: each is one round trip, and PostgreSQL keeps the plans of
what is inside. The rules are not here but in `domain.scans`: `scan_facts` locks and reads, `store_scans` writes what
was decided.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHECK_MOVEMENT = """
CREATE FUNCTION check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount_cents) FROM ledger_entries WHERE movement_id = NEW.movement_id) <> 0 THEN
    RAISE EXCEPTION 'movement % does not sum to zero', NEW.movement_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER movement_sums_to_zero AFTER INSERT ON ledger_entries
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_movement();
"""

# Every statement of a volatile function sees what was committed before it began: what is read after the lock is true.
SCAN_FACTS = """
CREATE FUNCTION scan_facts(
  p_structure uuid, p_caller text, p_keys text[], p_qr_ids bigint[], p_code_prints text[], p_lock boolean
) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  v_passes uuid[];
BEGIN
  IF p_lock THEN
    IF cardinality(p_keys) = 1 THEN
      IF NOT pg_try_advisory_xact_lock(hashtextextended(p_structure || ' ' || p_caller || ' ' || p_keys[1], 0)) THEN
        RETURN '{"busy": true}';
      END IF;
    ELSE
      PERFORM pg_advisory_xact_lock(hashtextextended(p_structure || ' ' || p_caller, 1));
    END IF;
  END IF;
  SELECT array_agg(pass_id) INTO v_passes FROM (
    SELECT pass_id FROM passes WHERE qr_id = ANY (p_qr_ids)
    UNION SELECT pass_id FROM pass_codes WHERE code_print = ANY (p_code_prints)
  ) shown;
  IF p_lock THEN
    PERFORM 1 FROM passes WHERE pass_id = ANY (v_passes) ORDER BY pass_id FOR NO KEY UPDATE;
  END IF;
  RETURN jsonb_build_object(
    'partner', (SELECT to_jsonb(p) FROM partners p WHERE structure_id = p_structure),
    'establishments', (
      SELECT jsonb_agg(jsonb_build_object('establishment_id', establishment_id, 'name', name, 'is_seat', is_seat))
      FROM establishments WHERE structure_id = p_structure AND open
    ),
    'keys', (
      SELECT jsonb_agg(to_jsonb(k)) FROM idempotency_keys k
      WHERE structure_id = p_structure AND caller = p_caller AND key = ANY (p_keys)
    ),
    'codes', (
      SELECT jsonb_agg(jsonb_build_object('code_print', code_print, 'pass_id', pass_id, 'rotation', rotation))
      FROM pass_codes WHERE code_print = ANY (p_code_prints)
    ),
    'numbers', (
      SELECT jsonb_agg(nextval('transaction_numbers')) FROM generate_series(1, cardinality(p_keys)) WHERE p_lock
    ),
    'passes', (
      SELECT jsonb_agg(jsonb_build_object(
        'pass_id', p.pass_id, 'qr_id', p.qr_id::text, 'rotation', p.rotation, 'balance_cents', p.balance_cents,
        'cancelled', p.cancelled_at IS NOT NULL, 'beneficiary_id', p.beneficiary_id,
        'identity_sealed', b.identity_sealed, 'debit_mails', f.debit_mails,
        'season', jsonb_build_object(
          'season_id', s.season_id, 'scheme', s.scheme, 'name', s.name, 'state', s.state,
          'starts_on', s.starts_on, 'ends_on', s.ends_on
        ),
        'uses', (
          SELECT jsonb_agg(to_jsonb(u)) FROM (
            SELECT number, structure_id, amount_cents, recorded_at FROM transactions t
            WHERE t.pass_id = p.pass_id AND t.state <> 'cancelled' ORDER BY recorded_at DESC LIMIT 20
          ) u
        )
      ))
      FROM passes p JOIN seasons s USING (season_id) JOIN beneficiaries b USING (beneficiary_id)
      JOIN families f USING (family_id) WHERE p.pass_id = ANY (v_passes)
    )
  );
END $$
"""

STORE_SCANS = """
CREATE FUNCTION store_scans(p_transactions jsonb, p_entries jsonb, p_keys jsonb, p_notices jsonb)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
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
      transaction_id = excluded.transaction_id, refusal_code = excluded.refusal_code,
      refusal_fields = excluded.refusal_fields, at = excluded.at
    WHERE k.refusal_code = 'duplicate_suspected';
  INSERT INTO family_notices (kind, pass_id, transaction_id)
    SELECT kind, pass_id, transaction_id FROM jsonb_populate_recordset(NULL::family_notices, p_notices);
END $$
"""


def upgrade() -> None:
    op.execute("CREATE SEQUENCE transaction_numbers")
    op.execute(CHECK_MOVEMENT)
    op.execute(SCAN_FACTS)
    op.execute(STORE_SCANS)


def downgrade() -> None:
    op.execute("DROP FUNCTION store_scans(jsonb, jsonb, jsonb, jsonb)")
    op.execute("DROP FUNCTION scan_facts(uuid, text, text[], bigint[], text[], boolean)")
    op.execute("DROP TRIGGER movement_sums_to_zero ON ledger_entries")
    op.execute("DROP FUNCTION check_movement()")
    op.execute("DROP SEQUENCE transaction_numbers")
