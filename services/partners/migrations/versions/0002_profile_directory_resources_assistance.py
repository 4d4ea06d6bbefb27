"""profile directory resources assistance

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_table(
        "assistance_requests",
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("email_sealed", sa.Text(), nullable=True),
        sa.Column("email_fingerprint", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("subject_sealed", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("assigned_to", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('unconfirmed', 'open', 'answered', 'closed')", name=op.f("ck_assistance_requests_state")
        ),
        sa.CheckConstraint(
            "(account_id is null) <> (email_sealed is null)", name=op.f("ck_assistance_requests_one_origin")
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_assistance_requests")),
        sa.UniqueConstraint("reference", name=op.f("uq_assistance_requests_reference")),
    )
    op.create_index("ix_assistance_account", "assistance_requests", ["account_id"], unique=False)
    op.create_index("ix_assistance_email", "assistance_requests", ["email_fingerprint"], unique=False)
    op.create_index("ix_assistance_queue", "assistance_requests", ["state", "updated_at"], unique=False)
    op.create_index("ix_assistance_structure", "assistance_requests", ["structure_id"], unique=False)
    op.create_table(
        "resources",
        sa.Column("resource_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("audience in ('public', 'partners')", name=op.f("ck_resources_audience")),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_resources")),
    )
    op.create_table(
        "assistance_messages",
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("request_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("from_caf", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("text_sealed", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["assistance_requests.request_id"],
            name=op.f("fk_assistance_messages_request_id_assistance_requests"),
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_assistance_messages")),
    )
    op.create_index("ix_assistance_messages_request", "assistance_messages", ["request_id", "posted_at"], unique=False)
    op.create_table(
        "directory_entries",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sort_name", sa.Text(), nullable=False),
        sa.Column("searchable", sa.Text(), nullable=False),
        sa.Column("activities", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("commune_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("age_min", sa.Integer(), nullable=False),
        sa.Column("age_max", sa.Integer(), nullable=False),
        sa.Column("accessible", sa.Boolean(), nullable=False),
        sa.Column("card", postgresql.JSONB(), nullable=False),
        sa.Column("active_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_directory_entries_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_directory_entries")),
    )
    op.create_index(
        "ix_directory_activities", "directory_entries", ["activities"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_directory_communes", "directory_entries", ["commune_codes"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_directory_name", "directory_entries", ["sort_name", "structure_id"], unique=False)
    op.create_index(
        "ix_directory_searchable",
        "directory_entries",
        ["searchable"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"searchable": "gin_trgm_ops"},
    )
    op.create_table(
        "profiles",
        sa.Column("structure_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("age_min", sa.Integer(), nullable=True),
        sa.Column("age_max", sa.Integer(), nullable=True),
        sa.Column("opening_hours", postgresql.JSONB(), nullable=False),
        sa.Column("links", postgresql.JSONB(), nullable=False),
        sa.Column("logo_sha256", sa.Text(), nullable=True),
        sa.Column("logo_media_type", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.structure_id"], name=op.f("fk_profiles_structure_id_structures")
        ),
        sa.PrimaryKeyConstraint("structure_id", name=op.f("pk_profiles")),
    )
    op.create_table(
        "assistance_attachments",
        sa.Column("attachment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("message_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"],
            ["assistance_messages.message_id"],
            name=op.f("fk_assistance_attachments_message_id_assistance_messages"),
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f("pk_assistance_attachments")),
    )
    op.create_index("ix_assistance_attachments_message", "assistance_attachments", ["message_id"], unique=False)
    op.add_column("bank_accounts", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("bank_accounts", sa.Column("rib_sha256", sa.Text(), nullable=True))
    op.add_column("bank_accounts", sa.Column("rib_filename", sa.Text(), nullable=True))
    op.add_column("bank_accounts", sa.Column("rib_media_type", sa.Text(), nullable=True))
    op.add_column("establishments", sa.Column("activities", sa.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column("establishments", sa.Column("age_min", sa.Integer(), nullable=True))
    op.add_column("establishments", sa.Column("age_max", sa.Integer(), nullable=True))
    op.add_column(
        "establishments", sa.Column("accessible", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("establishments", sa.Column("accessibility_note", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("establishments", "accessibility_note")
    op.drop_column("establishments", "accessible")
    op.drop_column("establishments", "age_max")
    op.drop_column("establishments", "age_min")
    op.drop_column("establishments", "activities")
    op.drop_column("bank_accounts", "rib_media_type")
    op.drop_column("bank_accounts", "rib_filename")
    op.drop_column("bank_accounts", "rib_sha256")
    op.drop_column("bank_accounts", "reason")
    op.drop_index("ix_assistance_attachments_message", table_name="assistance_attachments")
    op.drop_table("assistance_attachments")
    op.drop_table("profiles")
    op.drop_index(
        "ix_directory_searchable",
        table_name="directory_entries",
        postgresql_using="gin",
        postgresql_ops={"searchable": "gin_trgm_ops"},
    )
    op.drop_index("ix_directory_name", table_name="directory_entries")
    op.drop_index("ix_directory_communes", table_name="directory_entries", postgresql_using="gin")
    op.drop_index("ix_directory_activities", table_name="directory_entries", postgresql_using="gin")
    op.drop_table("directory_entries")
    op.drop_index("ix_assistance_messages_request", table_name="assistance_messages")
    op.drop_table("assistance_messages")
    op.drop_table("resources")
    op.drop_index("ix_assistance_structure", table_name="assistance_requests")
    op.drop_index("ix_assistance_queue", table_name="assistance_requests")
    op.drop_index("ix_assistance_email", table_name="assistance_requests")
    op.drop_index("ix_assistance_account", table_name="assistance_requests")
    op.drop_table("assistance_requests")
