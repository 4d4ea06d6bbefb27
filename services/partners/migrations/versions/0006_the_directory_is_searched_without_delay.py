"""the directory is searched without delay

GIN indexes gather new entries in a list that every search reads from end to end, until a vacuum empties it: with 47
communes in a circle, 72 ms instead of one. Entries change seldom and are searched all the time.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEXES = ("ix_directory_activities", "ix_directory_communes", "ix_directory_searchable")


def upgrade() -> None:
    for index in INDEXES:
        op.execute(f"ALTER INDEX {index} SET (fastupdate = off)")
        op.execute(f"SELECT gin_clean_pending_list('{index}')")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"ALTER INDEX {index} RESET (fastupdate)")
