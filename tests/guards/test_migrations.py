"""The migrations make exactly the tables that the models say."""

import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from services.chassis import migrate
from tests.guards import house


def ours(service):
    own = set(migrate.metadata_of(service).tables)
    return lambda _, name, kind, *__: kind != "table" or name in own


@pytest.mark.parametrize("service", ["chassis", *house.services()])
def test_a_fresh_database_has_what_the_models_say(infra, service):
    real = house.services()[0] if service == "chassis" and house.services() else service
    name = infra.create_database("echo" if service == "chassis" else real)
    url = infra.database_urls(real, name)[f"{real.upper()}_DATABASE_OWNER_URL"]
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            found = MigrationContext.configure(connection, opts={"include_object": ours(service)})
            missing = produce_migrations(found, migrate.metadata_of(service)).upgrade_ops
    finally:
        engine.dispose()
        infra.drop_database(name)
    assert missing.is_empty(), render_python_code(missing)
