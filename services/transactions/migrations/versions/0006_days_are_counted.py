"""days are counted: figures of seasons and totals of lists without reading every transaction

A transaction is counted by the statement that cancels or locks it, whatever code runs that statement; a scan writes
nothing here. What is recorded and not locked yet is a day's work at most, and is added when somebody looks.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Counts what `rows` says: a CTE with the columns of transactions and a `sign`. Stands for ADD_UP below.
_ADD_UP = """
  deltas AS (
    SELECT season_id, recorded_on, structure_id,
           coalesce(establishment_id, '00000000-0000-0000-0000-000000000000') AS establishment_id,
           coalesce(terminal_id, operator_id, '00000000-0000-0000-0000-000000000000') AS caller_id,
           coalesce(sum(sign) FILTER (WHERE state <> 'cancelled'), 0) AS count,
           coalesce(sum(sign * amount_cents) FILTER (WHERE state <> 'cancelled'), 0) AS amount_cents,
           coalesce(sum(sign) FILTER (WHERE state = 'cancelled'), 0) AS cancelled_count
    FROM rows GROUP BY 1, 2, 3, 4, 5
  ), told AS (
    SELECT * FROM deltas WHERE (count, amount_cents, cancelled_count) <> (0, 0, 0)
  ), of_structures AS (
    INSERT INTO structure_days AS d (structure_id, recorded_on, season_id, establishment_id, caller_id, count,
      amount_cents, cancelled_count)
    SELECT structure_id, recorded_on, season_id, establishment_id, caller_id, count, amount_cents, cancelled_count
    FROM told ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (structure_id, recorded_on, season_id, establishment_id, caller_id) DO UPDATE SET
      count = d.count + excluded.count, amount_cents = d.amount_cents + excluded.amount_cents,
      cancelled_count = d.cancelled_count + excluded.cancelled_count
  )
  INSERT INTO season_days AS d (season_id, recorded_on, count, amount_cents, cancelled_count)
  SELECT season_id, recorded_on, sum(count), sum(amount_cents), sum(cancelled_count)
  FROM told GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (season_id, recorded_on) DO UPDATE SET
    count = d.count + excluded.count, amount_cents = d.amount_cents + excluded.amount_cents,
    cancelled_count = d.cancelled_count + excluded.cancelled_count;
"""

COUNT_DAYS = """
CREATE FUNCTION count_days() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  WITH rows AS (
    SELECT 1 AS sign, r.* FROM rows_after r WHERE state <> 'recorded'
    UNION ALL SELECT -1, r.* FROM rows_before r WHERE state <> 'recorded'
  ), ADD_UP
  RETURN NULL;
END $$;
CREATE TRIGGER count_days AFTER UPDATE ON transactions REFERENCING OLD TABLE AS rows_before NEW TABLE AS rows_after
  FOR EACH STATEMENT EXECUTE FUNCTION count_days();
"""

COUNT_PASSES = """
CREATE FUNCTION count_passes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  UPDATE seasons s SET pass_count = s.pass_count + n.passes
  FROM (SELECT season_id, count(*) AS passes FROM new_passes GROUP BY season_id) n WHERE n.season_id = s.season_id;
  RETURN NULL;
END $$;
CREATE TRIGGER count_passes AFTER INSERT ON passes REFERENCING NEW TABLE AS new_passes
  FOR EACH STATEMENT EXECUTE FUNCTION count_passes();
"""

COUNT_ANEW = """
CREATE FUNCTION count_anew() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  LOCK TABLE transactions, passes IN SHARE ROW EXCLUSIVE MODE;
  DELETE FROM structure_days;
  DELETE FROM season_days;
  WITH rows AS (SELECT 1 AS sign, t.* FROM transactions t WHERE state <> 'recorded'), ADD_UP
  UPDATE seasons s SET pass_count = (SELECT count(*) FROM passes p WHERE p.season_id = s.season_id);
END $$
"""


def upgrade() -> None:
    figures = ("count", sa.Integer()), ("amount_cents", sa.BigInteger()), ("cancelled_count", sa.Integer())
    op.create_table(
        "season_days",
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in figures),
        sa.PrimaryKeyConstraint("season_id", "recorded_on", name=op.f("pk_season_days")),
    )
    op.create_table(
        "structure_days",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("caller_id", sa.Uuid(as_uuid=False), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in figures),
        sa.PrimaryKeyConstraint(
            "structure_id",
            "recorded_on",
            "season_id",
            "establishment_id",
            "caller_id",
            name=op.f("pk_structure_days"),
        ),
    )
    op.add_column("seasons", sa.Column("pass_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    for statement in (COUNT_DAYS, COUNT_PASSES, COUNT_ANEW):
        op.execute(statement.replace("ADD_UP", _ADD_UP))
    op.execute("SELECT count_anew()")


def downgrade() -> None:
    op.execute("DROP FUNCTION count_anew()")
    op.execute("DROP TRIGGER count_passes ON passes")
    op.execute("DROP FUNCTION count_passes()")
    op.execute("DROP TRIGGER count_days ON transactions")
    op.execute("DROP FUNCTION count_days()")
    op.drop_column("seasons", "pass_count")
    op.drop_table("structure_days")
    op.drop_table("season_days")
