"""a refused convention may be prepared again

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NAME = "uq_convention_initial_per_application"


def _index(condition: str) -> None:
    op.drop_index(_NAME, table_name="convention")
    op.create_index(_NAME, "convention", ["application_id"], unique=True, postgresql_where=sa.text(condition))


def upgrade() -> None:
    _index("kind = 'initial' AND replaces_id IS NULL")


def downgrade() -> None:
    _index("kind = 'initial'")
