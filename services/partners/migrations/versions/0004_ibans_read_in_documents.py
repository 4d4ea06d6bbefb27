"""IBANs that a machine read in a RIB, as fingerprints

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("ibans_read", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("bank_accounts", sa.Column("rib_ibans_read", sa.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    op.drop_column("bank_accounts", "rib_ibans_read")
    op.drop_column("documents", "ibans_read")
