"""the tables of payouts

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announced_chunks",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("locked_on", sa.Date(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", "locked_on", "chunk", name=op.f("pk_announced_chunks")),
        info={"append_only": True},
    )
    op.create_table(
        "announced_days",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("locked_on", sa.Date(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("total_cents", sa.BigInteger(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("received_chunks", sa.Integer(), nullable=False),
        sa.Column("received_cents", sa.BigInteger(), nullable=False),
        sa.Column("received_count", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "received_cents <= total_cents AND received_count <= line_count",
            name=op.f("ck_announced_days_received_totals"),
        ),
        sa.CheckConstraint("received_chunks BETWEEN 1 AND chunks", name=op.f("ck_announced_days_received_chunks")),
        sa.PrimaryKeyConstraint("structure_id", "locked_on", name=op.f("pk_announced_days")),
    )
    op.create_index(
        "ix_announced_days_incomplete",
        "announced_days",
        ["structure_id"],
        unique=False,
        postgresql_where=sa.text("received_chunks < chunks"),
    )
    op.create_table(
        "bank_accounts",
        sa.Column("bank_account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("iban_sealed", sa.Text(), nullable=False),
        sa.Column("iban_masked", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspension_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bank_account_id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint("structure_id", "version", name=op.f("uq_bank_accounts_structure_id_version")),
    )
    op.create_table(
        "bank_reports",
        sa.Column("report_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_bank_reports")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_reports_sha256")),
        info={"append_only": True},
    )
    op.create_table(
        "batches",
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Text(), nullable=True),
        sa.Column("execution_on", sa.Date(), nullable=True),
        sa.Column("payout_count", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("transaction_count", sa.BigInteger(), nullable=False),
        sa.Column("correction_count", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'prepared') = (released_by IS NULL) AND (released_by IS NULL) = (released_at IS NULL) AND (released_by IS NULL) = (execution_on IS NULL)",
            name=op.f("ck_batches_released"),
        ),
        sa.CheckConstraint("state IN ('prepared', 'released', 'ordered')", name=op.f("ck_batches_state")),
        sa.CheckConstraint("amount_cents > 0 AND payout_count > 0", name=op.f("ck_batches_not_empty")),
        sa.CheckConstraint("released_by <> prepared_by", name=op.f("ck_batches_released_by_another")),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
        sa.UniqueConstraint("number", name=op.f("uq_batches_number")),
    )
    op.create_index(
        "ix_batches_unfinished",
        "batches",
        ["prepared_at"],
        unique=False,
        postgresql_where=sa.text("state = 'released'"),
    )
    op.create_table(
        "calendar_runs",
        sa.Column("run_on", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.PrimaryKeyConstraint("run_on", name=op.f("pk_calendar_runs")),
        info={"append_only": True},
    )
    op.create_table(
        "calendar_settings",
        sa.Column("setting_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("weekdays", postgresql.JSONB(), nullable=False),
        sa.Column("month_days", postgresql.JSONB(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("setting_id", name=op.f("pk_calendar_settings")),
        info={"append_only": True},
    )
    op.create_table(
        "ledger_movements",
        sa.Column("movement_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("piece", sa.Text(), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_ledger_movements")),
        sa.UniqueConstraint("kind", "reference", name=op.f("uq_ledger_movements_kind_reference")),
        info={"append_only": True},
    )
    op.create_index("ix_ledger_movements_moved_at", "ledger_movements", ["moved_at"], unique=False)
    op.create_table(
        "lines",
        sa.Column("line_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("locked_on", sa.Date(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("establishment_name", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'transaction') = (locked_on IS NOT NULL)", name=op.f("ck_lines_locked_on")),
        sa.CheckConstraint(
            "amount_cents <> 0 AND (kind = 'correction' OR amount_cents > 0)", name=op.f("ck_lines_amount")
        ),
        sa.CheckConstraint("kind IN ('transaction', 'correction')", name=op.f("ck_lines_kind")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_lines")),
        sa.UniqueConstraint("kind", "reference_id", name=op.f("uq_lines_kind_reference_id")),
        sa.UniqueConstraint(
            "line_id", "structure_id", "amount_cents", name=op.f("uq_lines_line_id_structure_id_amount_cents")
        ),
        info={"append_only": True},
    )
    op.create_index("ix_lines_structure_id_occurred_at", "lines", ["structure_id", "occurred_at"], unique=False)
    op.create_index("ix_lines_transaction_id", "lines", ["transaction_id"], unique=False)
    op.create_table(
        "number_sequences",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_number_sequences")),
    )
    op.create_table(
        "partners",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("commune_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("activities", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_partners")),
    )
    op.create_table(
        "plan_settings",
        sa.Column("setting_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("accounts", postgresql.JSONB(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("setting_id", name=op.f("pk_plan_settings")),
        info={"append_only": True},
    )
    op.create_table(
        "reconciliation_runs",
        sa.Column("run_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("difference_count", sa.BigInteger(), nullable=False),
        sa.Column("differences", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reconciliation_runs")),
        info={"append_only": True},
    )
    op.create_table(
        "used_proofs",
        sa.Column("proof_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.PrimaryKeyConstraint("proof_id", name=op.f("pk_used_proofs")),
        info={"append_only": True},
    )
    op.create_table(
        "bank_files",
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("transfer_count", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_bank_files_batch_id_batches")),
        sa.PrimaryKeyConstraint("batch_id", "sequence", name=op.f("pk_bank_files")),
        sa.UniqueConstraint("message_id", name=op.f("uq_bank_files_message_id")),
        info={"append_only": True},
    )
    op.create_table(
        "bank_report_lines",
        sa.Column("report_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("payout_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("dated_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('settled', 'returned', 'already_known', 'unknown', 'amount_differs', 'ignored')",
            name=op.f("ck_bank_report_lines_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["bank_reports.report_id"], name=op.f("fk_bank_report_lines_report_id_bank_reports")
        ),
        sa.PrimaryKeyConstraint("report_id", "position", name=op.f("pk_bank_report_lines")),
        info={"append_only": True},
    )
    op.create_table(
        "ledger_entries",
        sa.Column("movement_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "account IN ('scheme_expense', 'partners_payable', 'transfers_in_progress', 'bank')",
            name=op.f("ck_ledger_entries_account"),
        ),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entries_amount")),
        sa.ForeignKeyConstraint(
            ["movement_id"],
            ["ledger_movements.movement_id"],
            name=op.f("fk_ledger_entries_movement_id_ledger_movements"),
        ),
        sa.PrimaryKeyConstraint("movement_id", "account", name=op.f("pk_ledger_entries")),
        info={"append_only": True},
    )
    op.create_index(
        "ix_ledger_entries_account_structure_id", "ledger_entries", ["account", "structure_id"], unique=False
    )
    op.create_table(
        "left_behind",
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("line_count", sa.BigInteger(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.batch_id"], name=op.f("fk_left_behind_batch_id_batches"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "structure_id", name=op.f("pk_left_behind")),
    )
    op.create_table(
        "open_lines",
        sa.Column("line_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["lines.line_id"], name=op.f("fk_open_lines_line_id_lines")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_open_lines")),
    )
    op.create_index("ix_open_lines_structure_id", "open_lines", ["structure_id"], unique=False)
    op.create_table(
        "payouts",
        sa.Column("payout_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("batch_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("partner_number", sa.Text(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("bank_account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("slip_number", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("transaction_count", sa.BigInteger(), nullable=False),
        sa.Column("correction_count", sa.BigInteger(), nullable=False),
        sa.Column("bank_file_sequence", sa.Integer(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("slip_made", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("(state = 'returned') = (returned_on IS NOT NULL)", name=op.f("ck_payouts_returned")),
        sa.CheckConstraint("state <> 'paid' OR settled_on IS NOT NULL", name=op.f("ck_payouts_paid")),
        sa.CheckConstraint("state IN ('prepared', 'ordered', 'paid', 'returned')", name=op.f("ck_payouts_state")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_payouts_amount")),
        sa.CheckConstraint("length(end_to_end_id) <= 35", name=op.f("ck_payouts_end_to_end_id")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"],
            ["bank_accounts.bank_account_id"],
            name=op.f("fk_payouts_bank_account_id_bank_accounts"),
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_payouts_batch_id_batches")),
        sa.PrimaryKeyConstraint("payout_id", name=op.f("pk_payouts")),
        sa.UniqueConstraint("batch_id", "structure_id", name=op.f("uq_payouts_batch_id_structure_id")),
        sa.UniqueConstraint("end_to_end_id", name=op.f("uq_payouts_end_to_end_id")),
        sa.UniqueConstraint("payout_id", "structure_id", name=op.f("uq_payouts_payout_id_structure_id")),
        sa.UniqueConstraint("slip_number", name=op.f("uq_payouts_slip_number")),
    )
    op.create_index(
        "ix_payouts_batch_id_amount_cents", "payouts", ["batch_id", "amount_cents", "payout_id"], unique=False
    )
    op.create_index("ix_payouts_structure_id_slip_number", "payouts", ["structure_id", "slip_number"], unique=False)
    op.create_index(
        "ix_payouts_to_order",
        "payouts",
        ["batch_id", "payout_id"],
        unique=False,
        postgresql_where=sa.text("state = 'prepared'"),
    )
    op.create_index(
        "ix_payouts_without_slip", "payouts", ["batch_id"], unique=False, postgresql_where=sa.text("NOT slip_made")
    )
    op.create_table(
        "payout_documents",
        sa.Column("payout_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('pdf', 'csv', 'xlsx')", name=op.f("ck_payout_documents_kind")),
        sa.ForeignKeyConstraint(
            ["payout_id"], ["payouts.payout_id"], name=op.f("fk_payout_documents_payout_id_payouts")
        ),
        sa.PrimaryKeyConstraint("payout_id", "kind", name=op.f("pk_payout_documents")),
        info={"append_only": True},
    )
    op.create_table(
        "payout_lines",
        sa.Column("payout_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("line_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["line_id", "structure_id", "amount_cents"],
            ["lines.line_id", "lines.structure_id", "lines.amount_cents"],
            name=op.f("fk_payout_lines_line_id_structure_id_amount_cents_lines"),
        ),
        sa.ForeignKeyConstraint(
            ["payout_id", "structure_id"],
            ["payouts.payout_id", "payouts.structure_id"],
            name=op.f("fk_payout_lines_payout_id_structure_id_payouts"),
        ),
        sa.PrimaryKeyConstraint("payout_id", "line_id", name=op.f("pk_payout_lines")),
    )
    op.create_index("uq_payout_lines_live", "payout_lines", ["line_id"], unique=True, postgresql_where=sa.text("live"))


def downgrade() -> None:
    op.drop_index("uq_payout_lines_live", table_name="payout_lines", postgresql_where=sa.text("live"))
    op.drop_table("payout_lines")
    op.drop_table("payout_documents")
    op.drop_index("ix_payouts_without_slip", table_name="payouts", postgresql_where=sa.text("NOT slip_made"))
    op.drop_index("ix_payouts_to_order", table_name="payouts", postgresql_where=sa.text("state = 'prepared'"))
    op.drop_index("ix_payouts_structure_id_slip_number", table_name="payouts")
    op.drop_index("ix_payouts_batch_id_amount_cents", table_name="payouts")
    op.drop_table("payouts")
    op.drop_index("ix_open_lines_structure_id", table_name="open_lines")
    op.drop_table("open_lines")
    op.drop_table("left_behind")
    op.drop_index("ix_ledger_entries_account_structure_id", table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_table("bank_report_lines")
    op.drop_table("bank_files")
    op.drop_table("used_proofs")
    op.drop_table("reconciliation_runs")
    op.drop_table("plan_settings")
    op.drop_table("partners")
    op.drop_table("number_sequences")
    op.drop_index("ix_lines_transaction_id", table_name="lines")
    op.drop_index("ix_lines_structure_id_occurred_at", table_name="lines")
    op.drop_table("lines")
    op.drop_index("ix_ledger_movements_moved_at", table_name="ledger_movements")
    op.drop_table("ledger_movements")
    op.drop_table("calendar_settings")
    op.drop_table("calendar_runs")
    op.drop_index("ix_batches_unfinished", table_name="batches", postgresql_where=sa.text("state = 'released'"))
    op.drop_table("batches")
    op.drop_table("bank_reports")
    op.drop_table("bank_accounts")
    op.drop_index(
        "ix_announced_days_incomplete",
        table_name="announced_days",
        postgresql_where=sa.text("received_chunks < chunks"),
    )
    op.drop_table("announced_days")
    op.drop_table("announced_chunks")
