"""no filter of a list of transactions reads everything: indexes for what is rare

Built beside the running service. What a scan writes stays small: one index more, and one wider; the partial ones take a
row only once it is cancelled, locked or contested. If building is interrupted, running the migration again starts anew.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FORMER = "ix_transactions_structure_id_recorded_at_transaction_id"
_NEWEST = "recorded_at, transaction_id"
_UNUSUAL = "state IN ('cancelled', 'locked', 'in_payout', 'returned')"
INDEXES = {
    "ix_transactions_of_structure": f"transactions (structure_id, {_NEWEST}, season_id, establishment_id, "
    "operator_id, terminal_id)",
    "ix_transactions_of_season": f"transactions (season_id, {_NEWEST})",
    "ix_transactions_unusual": f"transactions (state, {_NEWEST}) WHERE {_UNUSUAL}",
    "ix_transactions_unusual_of_structure": f"transactions (structure_id, state, {_NEWEST}) WHERE {_UNUSUAL}",
    "ix_transactions_contested": f"transactions ({_NEWEST}) WHERE contested",
    "ix_transactions_contested_of_structure": f"transactions (structure_id, {_NEWEST}) WHERE contested",
    "ix_transactions_slip_number": "transactions (slip_number) WHERE slip_number IS NOT NULL",
    "ix_partners_partner_number": "partners (partner_number)",
    "ix_contestations_state_contestation_id": "contestations (state, contestation_id)",
}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        for name, what in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {what}")
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {FORMER}")


def downgrade() -> None:
    op.execute(f"CREATE INDEX {FORMER} ON transactions (structure_id, {_NEWEST})")
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
