"""the journal is found by actor and by action, however long it is; made beside the writers, who don't wait for it

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = {"ix_audit_actor_at": ["actor", "at", "id"], "ix_audit_action_at": ["action", "at", "id"]}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # half made by a run that was cut off
            op.create_index(name, "audit", columns, postgresql_concurrently=True)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="audit")
