"""Files of the store that hold families' names: put there with an end, and removed after it."""

from collections.abc import Callable
from datetime import timedelta

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.files import FileStore, Readable, StoredFile
from services.transactions.repository import files

AT_ONCE = 200


def put(uow: UnitOfWork, store: FileStore, make: Callable[[], Readable], keep: timedelta) -> StoredFile:
    """Put what `make` gives into the store for a time. If its predecessor is removed just now, it is made again."""
    stored = store.put(make())
    files.keep(uow.connection, stored.sha256, uow.now + keep)
    return stored if store.exists(stored.sha256) else store.put(make())


def forget_old(database: BoundDatabase, store: FileStore) -> int:
    """Remove files whose time is over, some hundred at once; returns how many. Whoever dies in between begins again."""
    with database.unit_of_work() as uow:
        old = files.over(uow.connection, uow.now, AT_ONCE)
        for sha256 in old:
            store.delete(sha256)
        files.forget(uow.connection, old)
        if old:
            uow.audit("retention:files", uow.service, files=len(old))
    return len(old)
