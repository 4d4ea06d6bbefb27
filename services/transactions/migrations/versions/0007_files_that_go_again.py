"""files of the store that hold families' names go when their time is over

Files of imports made before count from their end; reports and passes drawn before aren't known by name and stay.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transient_files",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kept_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_transient_files")),
    )
    op.create_index(op.f("ix_transient_files_kept_until"), "transient_files", ["kept_until"])
    op.execute(
        "INSERT INTO transient_files (sha256, kept_until) "
        "SELECT sha256, max(coalesce(finished_at, started_at)) + interval '60 days' FROM imports GROUP BY sha256"
    )


def downgrade() -> None:
    op.drop_table("transient_files")
