"""Until when files of the store are kept."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.transactions.models import Import, TransientFile

OPEN = ("checking", "checked", "running")
"""Imports whose file is still needed, however long somebody thinks about it."""


def keep(connection: Connection, sha256: str, until: datetime) -> None:
    """Keep a file at least until then. Waits for who is just about to remove it."""
    row = upsert(TransientFile).values(sha256=sha256, kept_until=until)
    later = func.greatest(TransientFile.kept_until, row.excluded.kept_until)
    connection.execute(row.on_conflict_do_update(index_elements=["sha256"], set_={"kept_until": later}))


def over(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Files whose time is over, locked; never that of an open import."""
    needed = select(Import.import_id).where(Import.sha256 == TransientFile.sha256, Import.state.in_(OPEN))
    found = select(TransientFile.sha256).where(TransientFile.kept_until < now, ~needed.exists())
    return list(connection.scalars(found.limit(limit).with_for_update(skip_locked=True)))


def forget(connection: Connection, sha256s: Iterable[str]) -> None:
    connection.execute(delete(TransientFile).where(TransientFile.sha256.in_(list(sha256s))))
