"""Database migrations, with alembic, one history for the chassis' tables and one per service.

    python -m services.chassis.migrate up identity partners       # to the newest version, and set rights
    python -m services.chassis.migrate new transactions "add pass rotation"   # write one from the models

Migrations run with the role that owns the tables (``<SERVICE>_DATABASE_OWNER_URL``). The service's everyday
role then gets what it needs and no more: tables marked ``info={"append_only": True}`` can't be changed or
deleted from, neither by right nor, second wall, by trigger.
Tables marked ``info={"rows_of": column}`` get row-level security (reach.py).
"""

import argparse
import importlib
import re
import threading
from pathlib import Path
from typing import Any

import alembic.command
from alembic import context
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.engine import make_url

from services.chassis import reach, tables
from services.chassis.config import settings

SERVICES = Path(__file__).resolve().parent.parent
CHASSIS = "chassis"
_LOCK = 7_216_001  # any number: two migration runs at once wait for each other
_LOOK_AGAIN_S = 0.1

_FORBID_CHANGE = """
CREATE OR REPLACE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""  # noqa: E501


def run_here() -> None:
    """What each ``migrations/env.py`` calls: run on the connection that `upgrade` gives."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes["metadata"],
        version_table=attributes["version_table"],
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def metadata_of(service: str) -> MetaData:
    """The tables of a service's models."""
    if service == CHASSIS:
        return tables.metadata
    return importlib.import_module(f"services.{service}.models").Base.metadata


def _config(service: str, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SERVICES / service / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata_of(service)
    config.attributes["version_table"] = f"alembic_version_{service}"
    return config


def upgrade(service: str, owner_url: str | None = None, role: str | None = None) -> None:
    """Bring a service's database to the newest version and set the rights of its everyday ``role``."""
    url = owner_url or settings().database_url(service, owner=True)
    role = role or make_url(settings().database_url(service)).username or ""
    engine = create_engine(url)
    with engine.connect() as connection:
        _wait_to_be_alone(connection)
        for part in dict.fromkeys((CHASSIS, service)):
            alembic.command.upgrade(_config(part, connection), "head")
            connection.commit()
        _set_rights(connection, service, role)
        connection.commit()
    engine.dispose()


def _wait_to_be_alone(connection: Connection) -> None:
    """Two runs at once wait for each other; without a transaction that stays open, for which an index that is made
    beside the writers (``CONCURRENTLY``) would wait in turn."""
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK}):
        connection.rollback()
        threading.Event().wait(_LOOK_AGAIN_S)
    connection.commit()


def _append_only(service: str) -> list[str]:
    every = [*tables.metadata.sorted_tables, *metadata_of(service).sorted_tables]
    return [table.name for table in every if table.info.get("append_only")]


def _set_rights(connection: Connection, service: str, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    owner = connection.scalar(text("SELECT current_user"))
    connection.execute(text(_FORBID_CHANGE))
    for table in _append_only(service):
        connection.execute(text(f"DROP TRIGGER IF EXISTS append_only ON {table}"))
        connection.execute(
            text(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()"
            )
        )
    reach.protect(connection, reach.belonging(metadata_of(service)))
    if role == owner:
        return
    for right in (
        "USAGE ON SCHEMA public",
        "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
        "USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public",
        "EXECUTE ON ALL FUNCTIONS IN SCHEMA public",
    ):
        connection.execute(text(f"GRANT {right} TO {quoted}"))
    for table in _append_only(service):
        connection.execute(text(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {quoted}"))


_REVISION = '''"""{message}

Revision ID: {revision}
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql  # noqa: F401

revision = "{revision}"
down_revision = {down_revision!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
{upgrade}


def downgrade() -> None:
{downgrade}
'''


def new_revision(service: str, message: str, owner_url: str | None = None) -> Path:
    """Write a revision with what the models have and the (upgraded) database lacks; look it over before
    committing."""
    engine = create_engine(owner_url or settings().database_url(service, owner=True))
    with engine.connect() as connection:
        scripts = ScriptDirectory.from_config(_config(service, connection))
        head = scripts.get_current_head()
        own = set(metadata_of(service).tables)
        migration = MigrationContext.configure(
            connection,
            opts={"include_object": lambda _, name, kind, *__: kind != "table" or name in own},
        )
        found = produce_migrations(migration, metadata_of(service))
    number = f"{len(list(scripts.walk_revisions())) + 1:04d}"
    path = Path(scripts.versions) / f"{number}_{re.sub('[^a-z0-9]+', '_', message.lower()).strip('_')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _REVISION.format(
            message=message,
            revision=number,
            down_revision=head,
            upgrade=_code(found.upgrade_ops),
            downgrade=_code(found.downgrade_ops),
        )
    )
    return path


def _code(operations: Any) -> str:
    """Python text of the operations, without alembic's remarks."""
    written = (
        render_python_code(operations)
        .replace("JSONB(astext_type=Text())", "JSONB()")
        .replace("(Text())", "(sa.Text())")
    )
    lines = [line for line in written.splitlines() if not line.strip().startswith("###") and "# ###" not in line]
    return "\n".join(lines).rstrip() or "    pass"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="migrate the databases of these services")
    up.add_argument("services", nargs="+")
    new = commands.add_parser("new", help="write a revision from the models")
    new.add_argument("service")
    new.add_argument("message")
    asked = parser.parse_args()
    if asked.command == "new":
        print(new_revision(asked.service, asked.message))
        return
    for service in asked.services:
        upgrade(service)
        print(f"{service}: migrated")


if __name__ == "__main__":
    main()
