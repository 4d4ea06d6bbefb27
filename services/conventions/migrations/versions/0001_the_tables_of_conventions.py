"""the tables of conventions

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql  # noqa: F401

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "convention",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("code_blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_document_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("countersigned_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("sealed_sha256", sa.Text(), nullable=True),
        sa.Column("sealed_size", sa.Integer(), nullable=True),
        sa.Column("sealed_pages", sa.Integer(), nullable=True),
        sa.Column("replaced_by_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("chain_length", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("chain_head", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('initial', 'amendment', 'renewal')", name=op.f("ck_convention_kind_known")),
        sa.CheckConstraint(
            "state <> 'active' OR (sealed_sha256 IS NOT NULL AND activated_at IS NOT NULL AND effective_on IS NOT NULL AND partner_number IS NOT NULL)",
            name=op.f("ck_convention_active_is_sealed"),
        ),
        sa.CheckConstraint(
            "state <> 'signed_by_partner' OR (signed_at IS NOT NULL AND signed_document_id IS NOT NULL)",
            name=op.f("ck_convention_signed_has_document"),
        ),
        sa.CheckConstraint(
            "state <> 'terminated' OR terminated_on IS NOT NULL", name=op.f("ck_convention_terminated_has_a_day")
        ),
        sa.CheckConstraint(
            "state IN ('prepared', 'signed_by_partner', 'active', 'refused', 'terminated')",
            name=op.f("ck_convention_state_known"),
        ),
        sa.CheckConstraint("code_failures BETWEEN 0 AND 5", name=op.f("ck_convention_code_failures_bounded")),
        sa.ForeignKeyConstraint(["replaces_id"], ["convention.id"], name=op.f("fk_convention_replaces_id_convention")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_convention")),
    )
    op.create_index(
        "ix_convention_state_waiting_since_id", "convention", ["state", "waiting_since", "id"], unique=False
    )
    op.create_index(
        "ix_convention_structure_id_prepared_at", "convention", ["structure_id", "prepared_at"], unique=False
    )
    op.create_index("ix_convention_waiting_since_id", "convention", ["waiting_since", "id"], unique=False)
    op.create_index(
        "uq_convention_initial_per_application",
        "convention",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'initial'"),
    )
    op.create_index(
        "uq_convention_open_per_structure",
        "convention",
        ["structure_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('prepared', 'signed_by_partner')"),
    )
    op.create_table(
        "countersign_job",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("origin_sealed", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_countersign_job")),
    )
    op.create_table(
        "structure",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("partner_number", sa.Text(), nullable=True),
        sa.Column("commune_name", sa.Text(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_structure")),
    )
    op.create_table(
        "countersign_item",
        sa.Column("job_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("convention_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'signed', 'already_signed', 'failed')", name=op.f("ck_countersign_item_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["countersign_job.id"], name=op.f("fk_countersign_item_job_id_countersign_job")
        ),
        sa.PrimaryKeyConstraint("job_id", "convention_id", name=op.f("pk_countersign_item")),
    )
    op.create_index("ix_countersign_item_convention_id", "countersign_item", ["convention_id"], unique=False)
    op.create_index(
        "ix_countersign_item_waiting",
        "countersign_item",
        ["job_id", "position"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("convention_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("text_version", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("facts_sealed", sa.Text(), nullable=False),
        sa.Column("facts_sha256", sa.Text(), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["convention_id"], ["convention.id"], name=op.f("fk_document_convention_id_convention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        info={"append_only": True},
    )
    op.create_index("ix_document_convention_id", "document", ["convention_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("convention_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("facts_sealed", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_evidence_sequence_positive")),
        sa.ForeignKeyConstraint(
            ["convention_id"], ["convention.id"], name=op.f("fk_evidence_convention_id_convention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("convention_id", "sequence", name=op.f("uq_evidence_convention_id_sequence")),
        info={"append_only": True},
    )
    op.create_table(
        "signing_code",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("convention_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("document_sha256", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("masked_phone", sa.Text(), nullable=True),
        sa.Column("delivery_state", sa.Text(), nullable=True),
        sa.Column("delivery_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'sent', 'not_sent', 'used', 'spent')", name=op.f("ck_signing_code_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["convention_id"], ["convention.id"], name=op.f("fk_signing_code_convention_id_convention")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_code")),
    )
    op.create_index(
        "ix_signing_code_convention_id_requested_at", "signing_code", ["convention_id", "requested_at"], unique=False
    )
    op.create_index(
        "uq_signing_code_provider_message",
        "signing_code",
        ["provider", "provider_id"],
        unique=True,
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_signing_code_provider_message",
        table_name="signing_code",
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.drop_index("ix_signing_code_convention_id_requested_at", table_name="signing_code")
    op.drop_table("signing_code")
    op.drop_table("evidence")
    op.drop_index("ix_document_convention_id", table_name="document")
    op.drop_table("document")
    op.drop_index(
        "ix_countersign_item_waiting", table_name="countersign_item", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index("ix_countersign_item_convention_id", table_name="countersign_item")
    op.drop_table("countersign_item")
    op.drop_table("structure")
    op.drop_table("countersign_job")
    op.drop_index(
        "uq_convention_open_per_structure",
        table_name="convention",
        postgresql_where=sa.text("state IN ('prepared', 'signed_by_partner')"),
    )
    op.drop_index(
        "uq_convention_initial_per_application", table_name="convention", postgresql_where=sa.text("kind = 'initial'")
    )
    op.drop_index("ix_convention_waiting_since_id", table_name="convention")
    op.drop_index("ix_convention_structure_id_prepared_at", table_name="convention")
    op.drop_index("ix_convention_state_waiting_since_id", table_name="convention")
    op.drop_table("convention")
