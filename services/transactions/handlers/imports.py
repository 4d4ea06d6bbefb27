"""«Importer des pass»: take a file, look at it (dry run), issue the passes, report what was refused.

The work is done by a timer, some hundred lines per transaction; what is done is counted in the same transaction, so
that a killed process goes on where it stopped, and no line counts twice.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from services.chassis.database import BoundDatabase, Busy, UnitOfWork
from services.chassis.files import FileStore
from services.chassis.ids import new_id
from services.chassis.spreadsheets import harmless
from services.transactions.csvfile import NotACsv, inspect, read_lines
from services.transactions.domain import refusals, retention
from services.transactions.domain.rows import HeadingsWrong, read_headings
from services.transactions.domain.states import ImportState, SeasonState
from services.transactions.handlers.files import put
from services.transactions.handlers.issuing import Issuer, Line, Tally
from services.transactions.repository import files, imports, seasons

LINES_AT_ONCE = 500
_REPORT_LINES = 1000
_REPORT_HEADINGS = ("ligne", "motifs")

Aside = Callable[..., Any]
"""Runs a function with its arguments, in a thread of its own where a loop must not wait."""


def start(uow: UnitOfWork, *, season_id: str, sha256: str, filename: str) -> dict[str, Any]:
    """Begin the dry run of a file that the store keeps. Raises SeasonUnknown, SeasonClosed or ImportRunning."""
    season = seasons.by_id(uow.connection, season_id, lock=True)
    if season is None:
        raise refusals.SeasonUnknown
    if season["state"] == SeasonState.CLOSED:
        raise refusals.SeasonClosed
    if imports.open_one(uow.connection, season_id):
        raise refusals.ImportRunning
    import_id = new_id()
    row = {"import_id": import_id, "season_id": season_id, "filename": filename, "sha256": sha256}
    imports.add(uow.connection, row | {"state": ImportState.CHECKING, "started_at": uow.now})
    files.keep(uow.connection, sha256, uow.now + retention.IMPORTED_FILE)
    uow.audit("import:start", import_id, season_id=season_id, sha256=sha256)
    return progress(uow, import_id)


def progress(uow: UnitOfWork, import_id: str) -> dict[str, Any]:
    """Raises ImportUnknown."""
    return _told(_known(imports.by_id(uow.connection, import_id)))


def of_season(uow: UnitOfWork, season_id: str) -> list[dict[str, Any]]:
    return [_told(row) for row in imports.of_season(uow.connection, season_id)]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "sha256"}


def _known(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise refusals.ImportUnknown
    return row


def confirm(uow: UnitOfWork, import_id: str) -> dict[str, Any]:
    """Issue for real. Raises ImportUnknown or ImportNotChecked."""
    _checked(uow, import_id)
    nothing = dict.fromkeys(("rows_done", "created", "updated", "unchanged", "refused", "amount_cents"), 0)
    imports.change(uow.connection, import_id, state=ImportState.RUNNING, finished_at=None, **nothing)
    imports.forget_refusals(uow.connection, import_id)
    uow.audit("import:confirm", import_id)
    return progress(uow, import_id)


def abandon(uow: UnitOfWork, import_id: str) -> dict[str, Any]:
    """Raises ImportUnknown or ImportNotChecked."""
    _checked(uow, import_id)
    imports.change(uow.connection, import_id, state=ImportState.ABANDONED, finished_at=uow.now)
    uow.audit("import:abandon", import_id)
    return progress(uow, import_id)


def _checked(uow: UnitOfWork, import_id: str) -> None:
    if _known(imports.by_id(uow.connection, import_id, lock=True))["state"] != ImportState.CHECKED:
        raise refusals.ImportNotChecked


def work(database: BoundDatabase, store: FileStore) -> None:
    """Do what is left of every import. Raises Busy when another process is at it."""
    with database.unit_of_work() as uow:
        waiting = imports.working(uow.connection)
    for import_id in waiting:
        try:
            _work_on(database, store, import_id)
        except (NotACsv, HeadingsWrong) as fault:
            _fail(database, import_id, fault)


def _work_on(database: BoundDatabase, store: FileStore, import_id: str) -> None:
    """Raises NotACsv or HeadingsWrong."""
    job, columns = _begin(database, store, import_id)
    with store.open(job["sha256"]) as stream:
        lines = read_lines(stream, job["encoding"], job["delimiter"])
        lines_left = itertools.islice(lines, 1 + job["rows_done"], None)
        while chunk := list(itertools.islice(lines_left, LINES_AT_ONCE)):
            job = _do_chunk(database, job, columns, chunk)
    _finish(database, import_id)


def _begin(database: BoundDatabase, store: FileStore, import_id: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The job, and which column holds what; the first time, what the progress bar needs is counted."""
    with database.alone(f"import {import_id}") as uow:
        job = _known(imports.by_id(uow.connection, import_id))
        with store.open(job["sha256"]) as stream:
            seen = inspect(stream)
        columns = read_headings(seen.headings)
        found = {"encoding": seen.encoding, "delimiter": seen.delimiter, "rows": seen.rows}
        imports.change(uow.connection, import_id, **found)
    return job | found, columns


def _do_chunk(
    database: BoundDatabase, job: dict[str, Any], columns: dict[str, int], chunk: list[Line]
) -> dict[str, Any]:
    """Judge and write some lines, and count them, in one transaction; returns the job as it stands then."""
    with database.alone(f"import {job['import_id']}") as uow:
        stands = _known(imports.by_id(uow.connection, job["import_id"], lock=True))
        if (stands["rows_done"], stands["state"]) != (job["rows_done"], job["state"]):
            raise Busy
        season = seasons.by_id(uow.connection, job["season_id"], lock=True)
        assert season is not None
        dry = job["state"] == ImportState.CHECKING
        tally = Issuer(uow, season, columns, dry=dry).issue(chunk, stands["amount_cents"] if dry else 0)
        if not dry:
            seasons.commit_budget(uow.connection, job["season_id"], tally.amount_cents)
        _remember_refused(uow, job["import_id"], tally)
        counted = _counted(stands, tally, len(chunk))
        imports.change(uow.connection, job["import_id"], **counted)
    return stands | counted


def _counted(stands: dict[str, Any], tally: Tally, lines: int) -> dict[str, int]:
    return {
        "rows_done": stands["rows_done"] + lines,
        "created": stands["created"] + tally.created,
        "updated": stands["updated"] + tally.updated,
        "unchanged": stands["unchanged"] + tally.unchanged,
        "refused": stands["refused"] + len(tally.refused),
        "amount_cents": stands["amount_cents"] + tally.amount_cents,
    }


def _remember_refused(uow: UnitOfWork, import_id: str, tally: Tally) -> None:
    rows = [{"import_id": import_id, "line": line, "reasons": reasons} for line, reasons in tally.refused]
    imports.add_refusals(uow.connection, rows)


_AFTER = {ImportState.CHECKING: ImportState.CHECKED, ImportState.RUNNING: ImportState.DONE}


def _finish(database: BoundDatabase, import_id: str) -> None:
    with database.unit_of_work() as uow:
        job = _known(imports.by_id(uow.connection, import_id, lock=True))
        if job["state"] in _AFTER and job["rows_done"] >= job["rows"]:
            imports.change(uow.connection, import_id, state=_AFTER[job["state"]], finished_at=uow.now)
            uow.audit(f"import:{_AFTER[job['state']]}", import_id, created=job["created"], refused=job["refused"])


def _fail(database: BoundDatabase, import_id: str, fault: NotACsv | HeadingsWrong) -> None:
    failure = str(fault)
    if isinstance(fault, HeadingsWrong):
        failure = f"Colonnes manquantes : {fault}."
    with database.unit_of_work() as uow:
        imports.change(uow.connection, import_id, state=ImportState.FAILED, failure=failure, finished_at=uow.now)
        uow.audit("import:failed", import_id)


def _at_once(work: Callable[..., Any], *arguments: Any) -> Any:
    return work(*arguments)


def report(database: BoundDatabase, store: FileStore, import_id: str, aside: Aside = _at_once) -> dict[str, Any]:
    """The refused lines as a CSV that spreadsheets open, in the store: number, reasons, and the cells as they came, so
    that what is corrected in it can be imported as it is. Raises ImportUnknown, and FileUnknown once the import's file
    is no longer kept."""
    with database.unit_of_work() as uow:
        job = _known(imports.by_id(uow.connection, import_id))
        stored = put(uow, store, lambda: _Pieces(_report(uow, store, job, aside)), retention.REPORT)
    name = job["filename"].rsplit(".", 1)[0]
    return {"sha256": stored.sha256, "filename": f"refus-{name}.csv", "media_type": "text/csv; charset=utf-8"}


def _report(uow: UnitOfWork, store: FileStore, job: dict[str, Any], aside: Aside) -> Iterator[bytes]:
    with store.open(job["sha256"]) as stream:
        lines = read_lines(stream, job["encoding"], job["delimiter"])
        _, headings = next(lines)
        yield "\ufeff".encode() + _csv([[*_REPORT_HEADINGS, *headings]])
        yield from _refused(uow, job["import_id"], lines, aside)


def _refused(uow: UnitOfWork, import_id: str, lines: Iterator[Line], aside: Aside) -> Iterator[bytes]:
    after = 0
    while refused := imports.refusals(uow.connection, import_id, after, _REPORT_LINES):
        cells = aside(_cells_of, lines, [line for line, _ in refused])
        yield _csv([[line, " / ".join(reasons), *cells[line]] for line, reasons in refused])
        after = refused[-1][0]


def _cells_of(lines: Iterator[Line], wanted: Sequence[int]) -> dict[int, list[str]]:
    """The cells of some lines, which are further on in the file and in its order."""
    found: dict[int, list[str]] = {}
    for number, cells in lines:
        if number == wanted[len(found)]:
            found[number] = cells
            if len(found) == len(wanted):
                break
    return found


def _csv(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


class _Pieces:
    """An iterator of bytes as a stream to read."""

    def __init__(self, pieces: Iterator[bytes]):
        self._pieces, self._held = pieces, b""

    def read(self, size: int, /) -> bytes:
        while len(self._held) < size and (piece := next(self._pieces, b"")):
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given
