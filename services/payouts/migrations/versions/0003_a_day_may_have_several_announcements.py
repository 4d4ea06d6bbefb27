"""a day may have several announcements

A transaction whose call ended after its day's announcement is announced by itself: the day has a second one, of other
totals. Days known so far had one each; its id follows from the day.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FIRST = "CAST(md5(structure_id::text || locked_on::text) AS uuid)"
ONE_PLACE = "(kind = 'transaction') = (locked_on IS NOT NULL)"


def upgrade() -> None:
    for table in ("announced_chunks", "lines"):  # the trigger comes back after the migrations
        op.execute(f"DROP TRIGGER IF EXISTS append_only ON {table}")
    for table in ("announced_days", "announced_chunks", "lines"):
        op.add_column(table, sa.Column("announcement_id", sa.Uuid(as_uuid=False), nullable=True))
        op.execute(f"UPDATE {table} SET announcement_id = {FIRST} WHERE locked_on IS NOT NULL")  # noqa: S608
    op.drop_constraint("pk_announced_chunks", "announced_chunks", type_="primary")
    op.drop_constraint("pk_announced_days", "announced_days", type_="primary")
    op.drop_column("announced_chunks", "locked_on")
    op.create_primary_key("pk_announced_chunks", "announced_chunks", ["announcement_id", "chunk"])
    op.create_primary_key("pk_announced_days", "announced_days", ["announcement_id"])
    op.drop_constraint(op.f("ck_lines_locked_on"), "lines", type_="check")
    op.create_check_constraint(
        op.f("ck_lines_locked_on"), "lines", f"{ONE_PLACE} AND (locked_on IS NULL) = (announcement_id IS NULL)"
    )


def downgrade() -> None:
    """Only while no day has a second announcement."""
    op.execute("DROP TRIGGER IF EXISTS append_only ON announced_chunks")
    op.add_column("announced_chunks", sa.Column("locked_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE announced_chunks SET locked_on = day.locked_on FROM announced_days AS day "
        "WHERE day.announcement_id = announced_chunks.announcement_id"
    )
    op.drop_constraint("pk_announced_chunks", "announced_chunks", type_="primary")
    op.drop_constraint("pk_announced_days", "announced_days", type_="primary")
    op.create_primary_key("pk_announced_chunks", "announced_chunks", ["structure_id", "locked_on", "chunk"])
    op.create_primary_key("pk_announced_days", "announced_days", ["structure_id", "locked_on"])
    op.drop_constraint(op.f("ck_lines_locked_on"), "lines", type_="check")
    op.create_check_constraint(op.f("ck_lines_locked_on"), "lines", ONE_PLACE)
    for table in ("announced_days", "announced_chunks", "lines"):
        op.drop_column(table, "announcement_id")
