"""why a convention is over

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ENDED = """
UPDATE convention SET cause = CASE reason
    WHEN 'Terme échu sans renouvellement signé par les deux parties' THEN 'term'
    WHEN 'Remplacée par une nouvelle convention' THEN 'replacement'
    ELSE 'decision' END
WHERE state = 'terminated' AND cause IS NULL
"""
_REFUSED = """
UPDATE convention SET cause = CASE
    WHEN approved_at IS NULL THEN 'application_rejected'
    WHEN EXISTS (SELECT 1 FROM convention ended WHERE ended.id = convention.replaces_id
                 AND ended.terminated_at = convention.refused_at) THEN 'termination'
    ELSE 'decision' END
WHERE state = 'refused' AND cause IS NULL
"""
"""Before, the cause was announced and not kept. A convention that an agent refused before its application was approved
counts with the rejected ones: neither may be prepared again."""


def upgrade() -> None:
    op.add_column("convention", sa.Column("cause", sa.Text(), nullable=True))
    op.execute(_ENDED)
    op.execute(_REFUSED)


def downgrade() -> None:
    op.drop_column("convention", "cause")
