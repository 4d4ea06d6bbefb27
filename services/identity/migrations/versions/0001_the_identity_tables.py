"""the identity tables

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
        "accounts",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_fingerprint", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("mobile_fingerprint", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agent_roles", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_last_step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_signed_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "kind <> 'structure' or password_hash is null", name=op.f("ck_accounts_structures_never_sign_in")
        ),
        sa.CheckConstraint("kind in ('structure', 'person', 'agent')", name=op.f("ck_accounts_kind")),
        sa.CheckConstraint(
            "state in ('reserved', 'provisional', 'active', 'suspended', 'erased')", name=op.f("ck_accounts_state")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_fingerprint", name="one_account_per_address"),
    )
    op.create_index(
        "ix_accounts_agents", "accounts", ["kind"], unique=False, postgresql_where=sa.text("kind = 'agent'")
    )
    op.create_index("ix_accounts_mobile", "accounts", ["mobile_fingerprint"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_last_at", "attempts", ["last_at"], unique=False)
    op.create_table(
        "establishments",
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_establishments")),
    )
    op.create_index("ix_establishments_structure", "establishments", ["structure_id"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("registration_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_registrations")),
    )
    op.create_table(
        "waiting",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_waiting")),
    )
    op.create_index("ix_waiting_due_at", "waiting", ["due_at"], unique=False)
    op.create_table(
        "email_changes",
        sa.Column("email_change_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_email_changes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("email_change_id", name=op.f("pk_email_changes")),
    )
    op.create_index(
        "uq_email_changes_open",
        "email_changes",
        ["account_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "known_devices",
        sa.Column("device_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_known_devices_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_known_devices")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_devices_token_hash")),
    )
    op.create_index("ix_known_devices_account", "known_devices", ["account_id"], unique=False)
    op.create_table(
        "links",
        sa.Column("link_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_links_account_id_accounts")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_links_token_hash")),
    )
    op.create_index("ix_links_account", "links", ["account_id", "purpose"], unique=False)
    op.create_table(
        "mobile_codes",
        sa.Column("mobile_code_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("mobile", sa.Text(), nullable=True),
        sa.Column("code_fingerprint", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_mobile_codes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("mobile_code_id", name=op.f("pk_mobile_codes")),
    )
    op.create_index("ix_mobile_codes_account", "mobile_codes", ["account_id", "sent_at"], unique=False)
    op.create_table(
        "recovery_codes",
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code_fingerprint", sa.Text(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_recovery_codes_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("account_id", "code_fingerprint", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "reservations",
        sa.Column("registration_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("person_account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_account_id"], ["accounts.account_id"], name=op.f("fk_reservations_person_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["structure_account_id"],
            ["accounts.account_id"],
            name=op.f("fk_reservations_structure_account_id_accounts"),
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_reservations")),
        sa.UniqueConstraint("application_id", name="one_reservation_per_application"),
    )
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("earlier_token_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("earlier_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_sessions_account_id_accounts")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(
        "ix_sessions_earlier_token",
        "sessions",
        ["earlier_token_hash"],
        unique=False,
        postgresql_where=sa.text("earlier_token_hash is not null"),
    )
    op.create_index(
        "ix_sessions_open", "sessions", ["account_id"], unique=False, postgresql_where=sa.text("closed_at is null")
    )
    op.create_table(
        "sign_in_steps",
        sa.Column("step_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("client", postgresql.JSONB(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_sign_in_steps_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_sign_in_steps")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_steps_token_hash")),
    )
    op.create_table(
        "sms",
        sa.Column("sms_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("masked_phone", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], name=op.f("fk_sms_account_id_accounts")),
        sa.PrimaryKeyConstraint("sms_id", name=op.f("pk_sms")),
    )
    op.create_index("ix_sms_account", "sms", ["account_id", "sent_at"], unique=False)
    op.create_index("uq_sms_provider_id", "sms", ["provider", "provider_id"], unique=True)
    op.create_table(
        "structures",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("structure_account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_account_id"], ["accounts.account_id"], name=op.f("fk_structures_structure_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_structures")),
    )
    op.create_table(
        "delegations",
        sa.Column("delegation_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role in ('legal_representative', 'manager', 'accountant', 'cashier')", name=op.f("ck_delegations_role")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_delegations_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_delegations_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("delegation_id", name=op.f("pk_delegations")),
    )
    op.create_index(
        "ix_delegations_ends_on", "delegations", ["ends_on"], unique=False, postgresql_where=sa.text("ended_at is null")
    )
    op.create_index("ix_delegations_structure", "delegations", ["structure_id"], unique=False)
    op.create_index(
        "uq_delegations_in_force",
        "delegations",
        ["account_id", "structure_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(
        "uq_delegations_representative",
        "delegations",
        ["structure_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null and role = 'legal_representative'"),
    )
    op.create_table(
        "memberships",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_memberships_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_memberships_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("structure_id", "account_id", name=op.f("pk_memberships")),
    )
    op.create_table(
        "pairings",
        sa.Column("pairing_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code_fingerprint", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_pairings_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("pairing_id", name=op.f("pk_pairings")),
        sa.UniqueConstraint("code_fingerprint", name=op.f("uq_pairings_code_fingerprint")),
    )
    op.create_index("ix_pairings_structure", "pairings", ["structure_id"], unique=False)
    op.create_table(
        "representative_transfers",
        sa.Column("transfer_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("requested_by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("decision_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('requested', 'approved', 'rejected', 'withdrawn')",
            name=op.f("ck_representative_transfers_state"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"],
            ["structures.structure_id"],
            name=op.f("fk_representative_transfers_structure_id_structures"),
        ),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_representative_transfers")),
    )
    op.create_index(
        "ix_representative_transfers_state", "representative_transfers", ["state", "transfer_id"], unique=False
    )
    op.create_index(
        "uq_representative_transfers_open",
        "representative_transfers",
        ["structure_id"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.create_table(
        "terminals",
        sa.Column("terminal_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("device", postgresql.JSONB(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("paired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_terminals_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("terminal_id", name=op.f("pk_terminals")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_terminals_token_hash")),
    )
    op.create_index("ix_terminals_structure", "terminals", ["structure_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_terminals_structure", table_name="terminals")
    op.drop_table("terminals")
    op.drop_index(
        "uq_representative_transfers_open",
        table_name="representative_transfers",
        postgresql_where=sa.text("state = 'requested'"),
    )
    op.drop_index("ix_representative_transfers_state", table_name="representative_transfers")
    op.drop_table("representative_transfers")
    op.drop_index("ix_pairings_structure", table_name="pairings")
    op.drop_table("pairings")
    op.drop_table("memberships")
    op.drop_index(
        "uq_delegations_representative",
        table_name="delegations",
        postgresql_where=sa.text("ended_at is null and role = 'legal_representative'"),
    )
    op.drop_index("uq_delegations_in_force", table_name="delegations", postgresql_where=sa.text("ended_at is null"))
    op.drop_index("ix_delegations_structure", table_name="delegations")
    op.drop_index("ix_delegations_ends_on", table_name="delegations", postgresql_where=sa.text("ended_at is null"))
    op.drop_table("delegations")
    op.drop_table("structures")
    op.drop_index("uq_sms_provider_id", table_name="sms")
    op.drop_index("ix_sms_account", table_name="sms")
    op.drop_table("sms")
    op.drop_table("sign_in_steps")
    op.drop_index("ix_sessions_open", table_name="sessions", postgresql_where=sa.text("closed_at is null"))
    op.drop_index(
        "ix_sessions_earlier_token", table_name="sessions", postgresql_where=sa.text("earlier_token_hash is not null")
    )
    op.drop_table("sessions")
    op.drop_table("reservations")
    op.drop_table("recovery_codes")
    op.drop_index("ix_mobile_codes_account", table_name="mobile_codes")
    op.drop_table("mobile_codes")
    op.drop_index("ix_links_account", table_name="links")
    op.drop_table("links")
    op.drop_index("ix_known_devices_account", table_name="known_devices")
    op.drop_table("known_devices")
    op.drop_index("uq_email_changes_open", table_name="email_changes", postgresql_where=sa.text("closed_at is null"))
    op.drop_table("email_changes")
    op.drop_index("ix_waiting_due_at", table_name="waiting")
    op.drop_table("waiting")
    op.drop_table("registrations")
    op.drop_index("ix_establishments_structure", table_name="establishments")
    op.drop_table("establishments")
    op.drop_index("ix_attempts_last_at", table_name="attempts")
    op.drop_table("attempts")
    op.drop_index("ix_accounts_mobile", table_name="accounts")
    op.drop_index("ix_accounts_agents", table_name="accounts", postgresql_where=sa.text("kind = 'agent'"))
    op.drop_table("accounts")
