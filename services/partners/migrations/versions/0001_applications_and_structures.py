"""applications and structures

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
    op.execute(sa.schema.CreateSequence(sa.Sequence("application_references")))
    op.create_table(
        "applications",
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("step_versions", postgresql.JSONB(), nullable=False),
        sa.Column("structure_type", sa.Text(), nullable=True),
        sa.Column("structure", postgresql.JSONB(), nullable=False),
        sa.Column("activities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("federation", sa.Text(), nullable=True),
        sa.Column("registration_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("person_email_fingerprint", sa.Text(), nullable=True),
        sa.Column("mobile_fingerprint", sa.Text(), nullable=True),
        sa.Column("iban_sealed", sa.Text(), nullable=True),
        sa.Column("iban_fingerprint", sa.Text(), nullable=True),
        sa.Column("iban_masked", sa.Text(), nullable=True),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("bank_name", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state <> 'draft' or expires_on is not null", name=op.f("ck_applications_draft_expires")),
        sa.CheckConstraint(
            "state = 'draft' or reference is not null", name=op.f("ck_applications_submitted_has_reference")
        ),
        sa.CheckConstraint(
            "state in ('draft', 'submitted', 'in_review', 'correction_requested', 'approved', 'rejected')",
            name=op.f("ck_applications_state"),
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_applications")),
        sa.UniqueConstraint("reference", name=op.f("uq_applications_reference")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_applications_registration_id")),
        sa.UniqueConstraint("structure_id", name=op.f("uq_applications_structure_id")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_applications_token_digest")),
    )
    op.create_index(
        "ix_applications_assigned",
        "applications",
        ["assigned_to", "state"],
        unique=False,
        postgresql_where="assigned_to is not null",
    )
    op.create_index(
        "ix_applications_expiry", "applications", ["expires_on"], unique=False, postgresql_where="state = 'draft'"
    )
    op.create_index("ix_applications_iban", "applications", ["iban_fingerprint"], unique=False)
    op.create_index("ix_applications_mobile", "applications", ["mobile_fingerprint"], unique=False)
    op.create_index("ix_applications_person_email", "applications", ["person_email_fingerprint"], unique=False)
    op.create_index(
        "ix_applications_queue",
        "applications",
        ["state", "waiting_since", "application_id"],
        unique=False,
        postgresql_where="state <> 'draft'",
    )
    op.create_index("ix_applications_siret", "applications", [sa.literal_column("(structure->>'siret')")], unique=False)
    op.create_index(
        "ix_applications_structure_email",
        "applications",
        [sa.literal_column("lower(structure->>'email')")],
        unique=False,
    )
    op.create_table(
        "partner_number_counter",
        sa.Column("counter_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_rank", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("counter_id = 1", name=op.f("ck_partner_number_counter_one_row")),
        sa.PrimaryKeyConstraint("counter_id", name=op.f("pk_partner_number_counter")),
    )
    op.create_table(
        "structures",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("structure_type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("siret", sa.Text(), nullable=False),
        sa.Column("rna", sa.Text(), nullable=True),
        sa.Column("naf", sa.Text(), nullable=True),
        sa.Column("address_line1", sa.Text(), nullable=False),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("commune_name", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column("activities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("federation", sa.Text(), nullable=True),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_structures")),
        sa.UniqueConstraint("partner_number", name=op.f("uq_structures_partner_number")),
    )
    op.create_index(
        "ix_structures_active",
        "structures",
        ["name", "structure_id"],
        unique=False,
        postgresql_where="active_since is not null",
    )
    op.create_index("ix_structures_activities", "structures", ["activities"], unique=False, postgresql_using="gin")
    op.create_index("ix_structures_siret", "structures", ["siret"], unique=False)
    op.create_table(
        "application_history",
        sa.Column("entry_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("by_caf", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.application_id"],
            name=op.f("fk_application_history_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_application_history")),
        info={"append_only": True},
    )
    op.create_index("ix_application_history_application", "application_history", ["application_id", "at"], unique=False)
    op.create_table(
        "application_notes",
        sa.Column("note_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.application_id"],
            name=op.f("fk_application_notes_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_application_notes")),
        info={"append_only": True},
    )
    op.create_index("ix_application_notes_application", "application_notes", ["application_id", "at"], unique=False)
    op.create_table(
        "bank_accounts",
        sa.Column("bank_account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("iban_sealed", sa.Text(), nullable=False),
        sa.Column("iban_fingerprint", sa.Text(), nullable=False),
        sa.Column("iban_masked", sa.Text(), nullable=False),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("bank_name", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint(
            "state in ('submitted', 'verified', 'rejected', 'suspended', 'replaced')",
            name=op.f("ck_bank_accounts_state"),
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_bank_accounts_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("bank_account_id", name=op.f("pk_bank_accounts")),
        sa.UniqueConstraint("structure_id", "version", name=op.f("uq_bank_accounts_structure_id_version")),
    )
    op.create_index("ix_bank_accounts_iban", "bank_accounts", ["iban_fingerprint"], unique=False)
    op.create_index(
        "uq_bank_accounts_verified",
        "bank_accounts",
        ["structure_id"],
        unique=True,
        postgresql_where=sa.text("state = 'verified'"),
    )
    op.create_table(
        "documents",
        sa.Column("document_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("preview_sha256", sa.Text(), nullable=True),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_documents_application_id_applications")
        ),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_documents")),
    )
    op.create_index(
        "ix_documents_present",
        "documents",
        ["application_id", "kind"],
        unique=False,
        postgresql_where="removed_at is null",
    )
    op.create_index("ix_documents_preview_sha256", "documents", ["preview_sha256"], unique=False)
    op.create_index("ix_documents_sha256", "documents", ["sha256"], unique=False)
    op.create_index(
        "ix_documents_to_purge",
        "documents",
        ["removed_at"],
        unique=False,
        postgresql_where="removed_at is not null and purged_at is null",
    )
    op.create_table(
        "draft_links",
        sa.Column("link_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_draft_links_application_id_applications")
        ),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_draft_links")),
    )
    op.create_index("ix_draft_links_application", "draft_links", ["application_id", "sent_at"], unique=False)
    op.create_table(
        "establishments",
        sa.Column("establishment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_seat", sa.Boolean(), nullable=False),
        sa.Column("address_line1", sa.Text(), nullable=False),
        sa.Column("address_line2", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("commune_name", sa.Text(), nullable=False),
        sa.Column("commune_code", sa.Text(), nullable=True),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_establishments_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("establishment_id", name=op.f("pk_establishments")),
    )
    op.create_index("ix_establishments_structure", "establishments", ["structure_id"], unique=False)
    op.create_index(
        "uq_establishments_seat", "establishments", ["structure_id"], unique=True, postgresql_where=sa.text("is_seat")
    )
    op.create_table(
        "partner_numbers",
        sa.Column("rank", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_partner_numbers_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("rank", name=op.f("pk_partner_numbers")),
        sa.UniqueConstraint("number", name=op.f("uq_partner_numbers_number")),
        sa.UniqueConstraint("structure_id", name=op.f("uq_partner_numbers_structure_id")),
        info={"append_only": True},
    )
    op.create_table(
        "review_items",
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("decided_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("verdict in ('pending', 'accepted', 'refused')", name=op.f("ck_review_items_verdict")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["applications.application_id"],
            name=op.f("fk_review_items_application_id_applications"),
        ),
        sa.PrimaryKeyConstraint("application_id", "item", name=op.f("pk_review_items")),
    )
    op.create_table(
        "revisions",
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.application_id"], name=op.f("fk_revisions_application_id_applications")
        ),
        sa.PrimaryKeyConstraint("application_id", "round", "item", name=op.f("pk_revisions")),
        info={"append_only": True},
    )
    op.execute("INSERT INTO partner_number_counter (counter_id, last_rank) VALUES (1, 0)")


def downgrade() -> None:
    op.drop_table("revisions")
    op.drop_table("review_items")
    op.drop_table("partner_numbers")
    op.drop_index("uq_establishments_seat", table_name="establishments", postgresql_where=sa.text("is_seat"))
    op.drop_index("ix_establishments_structure", table_name="establishments")
    op.drop_table("establishments")
    op.drop_index("ix_draft_links_application", table_name="draft_links")
    op.drop_table("draft_links")
    op.drop_index(
        "ix_documents_to_purge", table_name="documents", postgresql_where="removed_at is not null and purged_at is null"
    )
    op.drop_index("ix_documents_sha256", table_name="documents")
    op.drop_index("ix_documents_preview_sha256", table_name="documents")
    op.drop_index("ix_documents_present", table_name="documents", postgresql_where="removed_at is null")
    op.drop_table("documents")
    op.drop_index(
        "uq_bank_accounts_verified", table_name="bank_accounts", postgresql_where=sa.text("state = 'verified'")
    )
    op.drop_index("ix_bank_accounts_iban", table_name="bank_accounts")
    op.drop_table("bank_accounts")
    op.drop_index("ix_application_notes_application", table_name="application_notes")
    op.drop_table("application_notes")
    op.drop_index("ix_application_history_application", table_name="application_history")
    op.drop_table("application_history")
    op.drop_index("ix_structures_siret", table_name="structures")
    op.drop_index("ix_structures_activities", table_name="structures", postgresql_using="gin")
    op.drop_index("ix_structures_active", table_name="structures", postgresql_where="active_since is not null")
    op.drop_table("structures")
    op.drop_table("partner_number_counter")
    op.drop_index("ix_applications_structure_email", table_name="applications")
    op.drop_index("ix_applications_siret", table_name="applications")
    op.drop_index("ix_applications_queue", table_name="applications", postgresql_where="state <> 'draft'")
    op.drop_index("ix_applications_person_email", table_name="applications")
    op.drop_index("ix_applications_mobile", table_name="applications")
    op.drop_index("ix_applications_iban", table_name="applications")
    op.drop_index("ix_applications_expiry", table_name="applications", postgresql_where="state = 'draft'")
    op.drop_index("ix_applications_assigned", table_name="applications", postgresql_where="assigned_to is not null")
    op.drop_table("applications")
    op.execute(sa.schema.DropSequence(sa.Sequence("application_references")))
