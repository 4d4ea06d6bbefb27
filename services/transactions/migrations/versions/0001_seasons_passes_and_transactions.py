"""seasons passes and transactions

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
        "establishments",
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("commune_name", sa.Text(), nullable=False),
        sa.Column("is_seat", sa.Boolean(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_establishments")),
    )
    op.create_index(op.f("ix_establishments_structure_id"), "establishments", ["structure_id"], unique=False)
    op.create_table(
        "families",
        sa.Column("family_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reference_print", sa.Text(), nullable=False),
        sa.Column("email_sealed", sa.Text(), nullable=False),
        sa.Column("email_print", sa.Text(), nullable=False),
        sa.Column("debit_mails", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("link_version", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("family_id", name=op.f("pk_families")),
        sa.UniqueConstraint("reference_print", name=op.f("uq_families_reference_print")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("movement_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("subject_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("account IN ('budget', 'pass', 'partner')", name=op.f("ck_ledger_entries_account")),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entries_amount_not_zero")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint(
            "movement_id", "account", "account_id", name=op.f("uq_ledger_entries_movement_id_account_account_id")
        ),
        info={"append_only": True},
    )
    op.create_table(
        "partners",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("active_from", sa.Date(), nullable=True),
        sa.Column("active_until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_partners")),
    )
    op.create_table(
        "seasons",
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("age_on", sa.Date(), nullable=False),
        sa.Column("budget_cents", sa.BigInteger(), nullable=False),
        sa.Column("committed_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("amount_rules", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("ck_seasons_state")),
        sa.CheckConstraint("budget_cents >= 0", name=op.f("ck_seasons_budget")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_seasons_ends_after_start")),
        sa.PrimaryKeyConstraint("season_id", name=op.f("pk_seasons")),
        sa.UniqueConstraint("scheme", "name", name=op.f("uq_seasons_scheme_name")),
    )
    op.create_table(
        "beneficiaries",
        sa.Column("beneficiary_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("family_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reference_print", sa.Text(), nullable=False),
        sa.Column("identity_sealed", sa.Text(), nullable=False),
        sa.Column("identity_print", sa.Text(), nullable=False),
        sa.Column("last_name_print", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["family_id"], ["families.family_id"], name=op.f("fk_beneficiaries_family_id_families")
        ),
        sa.PrimaryKeyConstraint("beneficiary_id", name=op.f("pk_beneficiaries")),
        sa.UniqueConstraint("reference_print", name=op.f("uq_beneficiaries_reference_print")),
    )
    op.create_index(op.f("ix_beneficiaries_family_id"), "beneficiaries", ["family_id"], unique=False)
    op.create_index(op.f("ix_beneficiaries_last_name_print"), "beneficiaries", ["last_name_print"], unique=False)
    op.create_table(
        "imports",
        sa.Column("import_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("encoding", sa.Text(), server_default="", nullable=False),
        sa.Column("delimiter", sa.Text(), server_default="", nullable=False),
        sa.Column("rows", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('checking', 'checked', 'running', 'done', 'failed', 'abandoned')", name=op.f("ck_imports_state")
        ),
        sa.ForeignKeyConstraint(["season_id"], ["seasons.season_id"], name=op.f("fk_imports_season_id_seasons")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_season_id_started_at"), "imports", ["season_id", "started_at"], unique=False)
    op.create_index(
        "uq_imports_one_at_a_time",
        "imports",
        ["season_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('checking', 'checked', 'running')"),
    )
    op.create_table(
        "import_refusals",
        sa.Column("import_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.import_id"], name=op.f("fk_import_refusals_import_id_imports")
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_refusals")),
    )
    op.create_table(
        "passes",
        sa.Column("pass_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("qr_id", sa.BigInteger(), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("code_sealed", sa.Text(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_cents", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("balance_cents <= amount_cents", name=op.f("ck_passes_balance_not_above_amount")),
        sa.CheckConstraint("balance_cents >= 0", name=op.f("ck_passes_balance_not_negative")),
        sa.CheckConstraint("rotation BETWEEN 1 AND 65535", name=op.f("ck_passes_rotation")),
        sa.ForeignKeyConstraint(
            ["beneficiary_id"], ["beneficiaries.beneficiary_id"], name=op.f("fk_passes_beneficiary_id_beneficiaries")
        ),
        sa.ForeignKeyConstraint(["season_id"], ["seasons.season_id"], name=op.f("fk_passes_season_id_seasons")),
        sa.PrimaryKeyConstraint("pass_id", name=op.f("pk_passes")),
        sa.UniqueConstraint("qr_id", name=op.f("uq_passes_qr_id")),
        sa.UniqueConstraint("season_id", "beneficiary_id", name=op.f("uq_passes_season_id_beneficiary_id")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(op.f("ix_passes_beneficiary_id"), "passes", ["beneficiary_id"], unique=False)
    op.create_table(
        "family_notices",
        sa.Column("notice_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(["pass_id"], ["passes.pass_id"], name=op.f("fk_family_notices_pass_id_passes")),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_family_notices")),
    )
    op.create_table(
        "pass_codes",
        sa.Column("code_print", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["passes.pass_id"], name=op.f("fk_pass_codes_pass_id_passes")),
        sa.PrimaryKeyConstraint("code_print", name=op.f("pk_pass_codes")),
    )
    op.create_index(op.f("ix_pass_codes_pass_id"), "pass_codes", ["pass_id"], unique=False)
    op.create_table(
        "transactions",
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("season_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("beneficiary_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("balance_after_cents", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_on", sa.Date(), nullable=True),
        sa.Column("payout_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("slip_number", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_transactions_cancelled")
        ),
        sa.CheckConstraint("origin IN ('web', 'terminal', 'offline')", name=op.f("ck_transactions_origin")),
        sa.CheckConstraint(
            "state IN ('recorded', 'cancelled', 'locked', 'in_payout', 'paid', 'returned')",
            name=op.f("ck_transactions_state"),
        ),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_transactions_amount_positive")),
        sa.ForeignKeyConstraint(["pass_id"], ["passes.pass_id"], name=op.f("fk_transactions_pass_id_passes")),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("number", name=op.f("uq_transactions_number")),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index(
        "ix_transactions_open_day",
        "transactions",
        ["recorded_on", "structure_id"],
        unique=False,
        postgresql_where=sa.text("state = 'recorded'"),
    )
    op.create_index(
        op.f("ix_transactions_pass_id_recorded_at"), "transactions", ["pass_id", "recorded_at"], unique=False
    )
    op.create_index(
        op.f("ix_transactions_payout_id"),
        "transactions",
        ["payout_id"],
        unique=False,
        postgresql_where=sa.text("payout_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_transactions_recorded_at_transaction_id"),
        "transactions",
        ["recorded_at", "transaction_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_transactions_structure_id_recorded_at_transaction_id"),
        "transactions",
        ["structure_id", "recorded_at", "transaction_id"],
        unique=False,
    )
    op.create_table(
        "contestations",
        sa.Column("contestation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("decision_sealed", sa.Text(), nullable=True),
        sa.CheckConstraint("opened_by IN ('structure', 'family')", name=op.f("ck_contestations_opened_by")),
        sa.CheckConstraint("state IN ('open', 'accepted', 'rejected')", name=op.f("ck_contestations_state")),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
            name=op.f("fk_contestations_transaction_id_transactions"),
        ),
        sa.PrimaryKeyConstraint("contestation_id", name=op.f("pk_contestations")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_contestations_transaction_id")),
    )
    op.create_index(
        op.f("ix_contestations_state_opened_at_contestation_id"),
        "contestations",
        ["state", "opened_at", "contestation_id"],
        unique=False,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("balance_cents", sa.BigInteger(), nullable=True),
        sa.Column("refusal_code", sa.Text(), nullable=True),
        sa.Column("refusal_fields", postgresql.JSONB(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["transactions.transaction_id"],
            name=op.f("fk_idempotency_keys_transaction_id_transactions"),
        ),
        sa.PrimaryKeyConstraint("structure_id", "caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "corrections",
        sa.Column("correction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contestation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("transaction_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contestation_id"],
            ["contestations.contestation_id"],
            name=op.f("fk_corrections_contestation_id_contestations"),
        ),
        sa.PrimaryKeyConstraint("correction_id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("contestation_id", name=op.f("uq_corrections_contestation_id")),
        info={"append_only": True},
    )


def downgrade() -> None:
    op.drop_table("corrections")
    op.drop_table("idempotency_keys")
    op.drop_index(op.f("ix_contestations_state_opened_at_contestation_id"), table_name="contestations")
    op.drop_table("contestations")
    op.drop_index(op.f("ix_transactions_structure_id_recorded_at_transaction_id"), table_name="transactions")
    op.drop_index(op.f("ix_transactions_recorded_at_transaction_id"), table_name="transactions")
    op.drop_index(
        op.f("ix_transactions_payout_id"), table_name="transactions", postgresql_where=sa.text("payout_id IS NOT NULL")
    )
    op.drop_index(op.f("ix_transactions_pass_id_recorded_at"), table_name="transactions")
    op.drop_index("ix_transactions_open_day", table_name="transactions", postgresql_where=sa.text("state = 'recorded'"))
    op.drop_table("transactions")
    op.drop_index(op.f("ix_pass_codes_pass_id"), table_name="pass_codes")
    op.drop_table("pass_codes")
    op.drop_table("family_notices")
    op.drop_index(op.f("ix_passes_beneficiary_id"), table_name="passes")
    op.drop_table("passes")
    op.drop_table("import_refusals")
    op.drop_index(
        "uq_imports_one_at_a_time",
        table_name="imports",
        postgresql_where=sa.text("state IN ('checking', 'checked', 'running')"),
    )
    op.drop_index(op.f("ix_imports_season_id_started_at"), table_name="imports")
    op.drop_table("imports")
    op.drop_index(op.f("ix_beneficiaries_last_name_print"), table_name="beneficiaries")
    op.drop_index(op.f("ix_beneficiaries_family_id"), table_name="beneficiaries")
    op.drop_table("beneficiaries")
    op.drop_table("seasons")
    op.drop_table("partners")
    op.drop_table("ledger_entries")
    op.drop_table("families")
    op.drop_index(op.f("ix_establishments_structure_id"), table_name="establishments")
    op.drop_table("establishments")
