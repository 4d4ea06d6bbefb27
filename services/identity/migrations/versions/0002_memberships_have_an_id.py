"""memberships have an id of their own, so that what is sealed in them can be sealed again after a key rotation

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM memberships")  # sealed for another row id; no platform was in use yet
    op.drop_constraint("pk_memberships", "memberships", type_="primary")
    op.add_column("memberships", sa.Column("membership_id", sa.Uuid(as_uuid=False), nullable=False))
    op.create_primary_key("pk_memberships", "memberships", ["membership_id"])
    op.create_unique_constraint("listed_once", "memberships", ["structure_id", "account_id"])
    op.create_index("ix_memberships_account", "memberships", ["account_id"])


def downgrade() -> None:
    op.drop_index("ix_memberships_account", "memberships")
    op.drop_constraint("listed_once", "memberships", type_="unique")
    op.drop_constraint("pk_memberships", "memberships", type_="primary")
    op.drop_column("memberships", "membership_id")
    op.create_primary_key("pk_memberships", "memberships", ["structure_id", "account_id"])
