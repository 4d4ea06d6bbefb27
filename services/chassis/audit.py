"""The journal: who did what, append-only, chained so that nobody rewrites it unnoticed.

`UnitOfWork.audit` inserts an entry with the change that it tells of. Shortly after, one sealer at a time
(advisory lock, in the relay process) gives each entry a sequence number and chains it: SHA-256 of the link
before it and of the entry's canonical JSON. The head of the chain is signed (Ed25519, key ring ``(service,
"audit")``) and written outside the database: ``<var>/audit/<service>/latest.json`` after each sealing, and one
file per day that stays, quiet days included. Keep these files elsewhere too: together they betray a change, a
deletion, a reordering and a cut end. A head that no longer fits the journal is never written over: it stays as
``contradicted-<sequence>.json``, and each check tells of it.

    python -m services.chassis.audit verify transactions [FOLDER]    # of signed heads; default: <var>/audit/<service>
"""

import hashlib
import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from sqlalchemy import Connection, Row, bindparam, insert, select, text
from sqlalchemy.engine import Engine

from services.chassis import keys
from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.tables import audit, audit_chain

BATCH = 2000
_NO_LINK = b"\0" * 32
_FIELDS = frozenset(audit.c.keys())
_LATE_BY = timedelta(minutes=2)  # a transaction may commit an entry this long after the entry got its id
_LOOK_EVERYWHERE_EVERY_S = 3600.0
_UNSEALED_TOO_LONG = timedelta(minutes=10)
_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit-seal', 0))")
_log = logging.getLogger(__name__)

_LAST = select(audit_chain.c.sequence, audit_chain.c.hash).order_by(audit_chain.c.sequence.desc()).limit(1)
_UNSEALED = (
    select(audit)
    .where(audit.c.id > bindparam("after"))
    .where(~select(audit_chain.c.entry_id).where(audit_chain.c.entry_id == audit.c.id).exists())
    .order_by(audit.c.id)
    .limit(BATCH)
)
_LAST_ENTRY = select(audit_chain.c.entry_id).order_by(audit_chain.c.entry_id.desc()).limit(1)


def canonical(sequence: int, entry: Row[Any]) -> bytes:
    """One spelling of an entry: JSON with sorted names, instants in UTC to the microsecond."""
    fields = {name: _spelled(value) for name, value in entry._mapping.items() if name in _FIELDS}
    return json.dumps([sequence, fields], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _spelled(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def link(before: bytes, sequence: int, entry: Row[Any]) -> bytes:
    """The entry's link of the chain, 32 bytes."""
    return hashlib.sha256(before + canonical(sequence, entry)).digest()


@dataclass(frozen=True)
class Head:
    """The end of a chain as it was signed: ``sequence`` entries, the last one's ``hash`` (hexadecimal)."""

    service: str
    sequence: int
    hash: str
    signed_at: str
    kid: str = ""
    signature: str = ""

    def text(self) -> bytes:
        """What is signed."""
        return f"{self.service}\n{self.sequence}\n{self.hash}\n{self.signed_at}".encode()


def sign_head(service: str, sequence: int, digest: bytes) -> Head:
    """The head, signed with the service's current key."""
    key = keys.keyring(service, "audit").current
    head = Head(service, sequence, digest.hex(), datetime.now(UTC).isoformat(timespec="seconds"))
    return Head(**{**asdict(head), "kid": key.kid, "signature": keys.encode(key.signer().sign(head.text()))})


def genuine(head: Head) -> bool:
    """Whether the service's key signed this head."""
    try:
        known = keys.public_key("audit", head.service, head.kid)
        if known is None:
            return False
        known.verify(keys.decode(head.signature), head.text())
    except (ValueError, InvalidSignature):
        return False
    return True


def heads_folder(service: str) -> Path:
    """Where a service's signed heads are written."""
    return settings().var / "audit" / service


def export_head(head: Head) -> None:
    """Write the head as the latest one and, if it is the first of its day (UTC), as the day's. A file appears
    whole."""
    folder = heads_folder(head.service)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "latest.json", head)
    of_day = folder / f"{head.signed_at[:10]}.json"
    if not of_day.exists():
        _write(of_day, head)


def _keep_if_contradicted(connection: Connection, service: str) -> None:
    """Set the latest head aside if the journal no longer holds what it signed: its end was cut, or written anew."""
    latest = heads_folder(service) / "latest.json"
    if not latest.exists():
        return
    signed = Head(**json.loads(latest.read_text()))
    held = connection.scalar(select(audit_chain.c.hash).where(audit_chain.c.sequence == signed.sequence))
    if held is None or bytes(held).hex() != signed.hash:
        os.replace(latest, latest.with_name(f"contradicted-{signed.sequence}.json"))
        _log.error("the journal of %s contradicts its signed head %d", service, signed.sequence)


def _write(path: Path, head: Head) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(head), indent=1))
    os.replace(part, path)


def exported_heads(folder: Path) -> Iterator[Head]:
    """Every head in a folder. Raises ValueError or TypeError for a file that is none."""
    for path in sorted(folder.glob("*.json")):
        yield Head(**json.loads(path.read_text()))


class Sealer:
    """Chains one service's new entries."""

    def __init__(self, database: BoundDatabase):
        self._database = database
        self._looked_everywhere_at = float("-inf")

    def seal_new(self) -> int:
        """Chain what is new and export the head; returns how many entries were chained. When another process
        is at it, nothing is done."""
        sealed = 0
        while (count := self._seal_batch()) == BATCH:
            sealed += count
        return sealed + count

    def _seal_batch(self) -> int:
        with self._database.engine.begin() as connection:
            if not connection.scalar(_LOCK):
                return 0
            entries = connection.execute(_UNSEALED, {"after": self._after(connection)}).all()
            _keep_if_contradicted(connection, self._database.service)
            last = connection.execute(_LAST).one_or_none()
            if not entries:
                self._sign_on_a_quiet_day(last)
                return 0
            sequence, before = (last.sequence, last.hash) if last else (0, _NO_LINK)
            links = list(_chained(sequence, before, entries))
            connection.execute(insert(audit_chain), links)
        head = links[-1]
        export_head(sign_head(self._database.service, head["sequence"], head["hash"]))
        return len(entries)

    def _sign_on_a_quiet_day(self, last: Any) -> None:
        """Each day has its signed head, so that a day on which nothing happened isn't taken for one that was cut."""
        today = datetime.now(UTC).date().isoformat()
        if last and not (heads_folder(self._database.service) / f"{today}.json").exists():
            export_head(sign_head(self._database.service, last.sequence, bytes(last.hash)))

    def _after(self, connection: Connection) -> str:
        """Ids begin with their time, so only the end of the table is searched; all of it now and then."""
        if time.monotonic() - self._looked_everywhere_at > _LOOK_EVERYWHERE_EVERY_S:
            self._looked_everywhere_at = time.monotonic()
            return _id_at(0)
        last = connection.scalar(_LAST_ENTRY)
        return _id_at(_time_ms(last) - int(_LATE_BY.total_seconds() * 1000)) if last else _id_at(0)


def _time_ms(entry_id: str) -> int:
    """When a UUIDv7 was made, in Unix milliseconds."""
    return int(entry_id.replace("-", "")[:12], 16)


def _id_at(time_ms: int) -> str:
    """The smallest id of that time."""
    digits = f"{max(0, time_ms):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def _chained(sequence: int, before: bytes, entries: Any) -> Iterator[dict[str, Any]]:
    for entry in sorted(entries, key=lambda each: (each.at, each.id)):
        sequence += 1
        before = link(before, sequence, entry)
        yield {"sequence": sequence, "entry_id": entry.id, "hash": before}


@dataclass(frozen=True)
class Verification:
    """What a check of the whole journal found; ``problems`` is empty if all is well."""

    entries: int
    problems: tuple[str, ...]


_CHAIN = (
    select(audit_chain.c.sequence, audit_chain.c.hash, audit_chain.c.entry_id, audit)
    .join_from(audit_chain, audit, audit.c.id == audit_chain.c.entry_id, isouter=True)
    .order_by(audit_chain.c.sequence)
)
_LOST = (
    select(audit.c.id)
    .where(~select(audit_chain.c.entry_id).where(audit_chain.c.entry_id == audit.c.id).exists())
    .where(audit.c.id < bindparam("before"))
    .limit(10)
)


def verify(engine: Engine, heads: list[Head]) -> Verification:
    """Compute the chain again and compare it with itself and with the exported heads."""
    problems: list[str] = []
    wanted = {head.sequence: head for head in heads}
    problems += [f"head of {head.signed_at}: not signed by the service" for head in heads if not genuine(head)]
    expected, before = 0, _NO_LINK
    with engine.connect() as connection:
        for row in connection.execution_options(yield_per=BATCH).execute(_CHAIN):
            expected += 1
            problems += _problems_of(row, expected, before)
            head = wanted.pop(row.sequence, None)
            if head and head.hash != bytes(row.hash).hex():
                problems.append(f"entry {row.sequence}: not what was signed on {head.signed_at}")
            expected, before = row.sequence, bytes(row.hash)
        problems += _unsealed(connection)
    problems += [
        f"head of {head.signed_at}: its entry {head.sequence} is missing, the end was cut" for head in wanted.values()
    ]
    return Verification(expected, tuple(problems))


def _problems_of(row: Row[Any], expected: int, before: bytes) -> list[str]:
    if row.sequence != expected:
        return [f"entries {expected} to {row.sequence - 1}: missing from the chain"]
    if row.id is None:
        return [f"entry {row.sequence}: deleted"]
    if link(before, row.sequence, row) != bytes(row.hash):
        return [f"entry {row.sequence}: changed or moved"]
    return []


def _unsealed(connection: Connection) -> list[str]:
    """Entries that the sealer should have chained long ago."""
    limit = int((datetime.now(UTC) - _UNSEALED_TOO_LONG).timestamp() * 1000)
    return [f"entry {row.id}: never chained" for row in connection.execute(_LOST, {"before": _id_at(limit)})]


def main(arguments: list[str]) -> int:
    """``verify <service> [folder of heads]``: exit status 0 if all is well, 1 if not, 2 for a wrong
    command."""
    if arguments in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    if len(arguments) not in (2, 3) or arguments[0] != "verify":
        print(__doc__, file=sys.stderr)
        return 2
    service = arguments[1]
    folder = Path(arguments[2]) if len(arguments) == 3 else heads_folder(service)
    database = BoundDatabase(service, pool_size=1)
    found = verify(database.engine, list(exported_heads(folder)))
    for problem in found.problems:
        print(problem)
    print(f"{service}: {found.entries} entries, {len(found.problems)} problems")
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
