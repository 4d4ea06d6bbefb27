"""the ledger sums to zero

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BALANCED = """
CREATE FUNCTION ledger_movement_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  total numeric;
  sides bigint;
BEGIN
  SELECT coalesce(sum(amount_cents), 0), count(*) INTO total, sides
  FROM ledger_entries WHERE movement_id = NEW.movement_id;
  IF total <> 0 OR sides < 2 THEN
    RAISE EXCEPTION 'ledger movement % has % entries that sum to %', NEW.movement_id, sides, total
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""
CHECKED = """
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON {table}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_movement_is_balanced()
"""
TABLES = ("ledger_movements", "ledger_entries")


def upgrade() -> None:
    op.execute(BALANCED)
    for table in TABLES:
        op.execute(CHECKED.format(table=table))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER balanced ON {table}")
    op.execute("DROP FUNCTION ledger_movement_is_balanced()")
