"""scan facts look behind the wall

«Already used at another partner» needs the other partner's debits of the same pass, which row-level security hides from
a partner's own queries. `scan_facts` reads them with its owner's rights and tells only what the rules need.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SCAN_FACTS = "FUNCTION scan_facts(uuid, text, text[], bigint[], text[], boolean)"


def upgrade() -> None:
    op.execute(f"ALTER {_SCAN_FACTS} SECURITY DEFINER SET search_path = public, pg_temp")


def downgrade() -> None:
    op.execute(f"ALTER {_SCAN_FACTS} SECURITY INVOKER RESET search_path")
