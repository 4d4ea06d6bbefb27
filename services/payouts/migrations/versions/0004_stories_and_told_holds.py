"""stories are found by number; what a waiting partner has been told is remembered

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_lines_number", "lines", ["number"])
    op.create_index("ix_bank_report_lines_payout_id", "bank_report_lines", ["payout_id"])
    op.create_table(
        "told_holds",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_told_holds")),
    )


def downgrade() -> None:
    op.drop_table("told_holds")
    op.drop_index("ix_bank_report_lines_payout_id", "bank_report_lines")
    op.drop_index("ix_lines_number", "lines")
