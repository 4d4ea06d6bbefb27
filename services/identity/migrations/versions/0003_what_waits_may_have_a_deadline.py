"""what waits may have a deadline

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting", sa.Column("deadline_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("waiting", "deadline_on")
