"""A folder in which the bank's gateway leaves its reports: each is imported once and put aside."""

import logging
from pathlib import Path

from services.chassis.config import settings
from services.chassis.database import BoundDatabase
from services.chassis.files import FileStore
from services.payouts.domain.refusals import Refusal
from services.payouts.handlers import reports

_log = logging.getLogger(__name__)


def import_all(database: BoundDatabase, store: FileStore) -> None:
    """Import every ``*.xml`` of ``PSL_BANK_REPORTS``, in the order of names; read ones go to ``done/``, those that
    are no report to ``refused/``. Whoever writes there gives a file its ``.xml`` name when it is complete."""
    if not settings().bank_reports:
        return
    folder = Path(settings().bank_reports)
    for path in sorted(folder.glob("*.xml")):
        _put_aside(path, _import_one(database, store, path))


def _import_one(database: BoundDatabase, store: FileStore, path: Path) -> str:
    try:
        report_id, known = reports.import_report(database, store, None, path.read_bytes(), path.name)
    except Refusal as refusal:
        _log.warning("%s refused: %s", path.name, refusal.code)
        return "refused"
    _log.info("%s imported as %s%s", path.name, report_id, ", known already" if known else "")
    return "done"


def _put_aside(path: Path, where: str) -> None:
    target = path.parent / where
    target.mkdir(exist_ok=True)
    path.replace(target / path.name)
