"""What a season weighs: a large import, lists of a partner with a million transactions, a scan above a large past."""

import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import text

from services.chassis.ids import new_id
from services.transactions.handlers import lists, scans
from tests.bench.results import Line, median
from tests.bench.stage import Stage
from tests.factories import transactions as make

CHILDREN = 100_000
SMALL, LARGE = 10_000, 10_000_000
SELDOM = 500_000
"""At one partner, somebody recorded one transaction among so many."""
SCANS, READINGS = 300, 15
PAGE, FAR_PAGE = 50, 1000

PAST = """
INSERT INTO transactions (transaction_id, number, pass_id, season_id, beneficiary_id, structure_id, amount_cents,
  balance_after_cents, state, origin, recorded_at, recorded_on, operator_id)
SELECT gen_random_uuid(), :prefix || n, p.pass_id, p.season_id, p.beneficiary_id,
  CASE WHEN n % 10 = 0 THEN CAST(:structure_id AS uuid) ELSE CAST(md5('partner ' || n % 1999) AS uuid) END,
  100, 0, 'paid', 'terminal', now() - n * interval '1 second',
  CAST((now() - n * interval '1 second') AT TIME ZONE 'Europe/Paris' AS date),
  CASE WHEN n % CAST(:seldom AS bigint) = 0 THEN CAST(:operator_id AS uuid) END
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) n
JOIN (SELECT *, row_number() OVER (ORDER BY pass_id) - 1 AS position FROM passes) p
  ON p.position = n % (SELECT count(*) FROM passes)
"""


def measure(stage: Stage) -> Iterator[Line]:
    """Without platform: what the service's own code and its database take."""
    children, large = stage.size(CHILDREN, 2_000), stage.size(LARGE, 30_000)
    season_id = make.season(stage.db, budget_cents=10**12)
    began = time.perf_counter()
    ended = make.import_file(stage.db, season_id, make.csv(*(make.line(n) for n in range(1, children + 1))))
    assert ended["created"] == children, ended
    yield Line("import", time.perf_counter() - began, "s", goal="<= 60")
    yield Line("import_memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB", goal="<= 256")
    club, operator_id = make.club(stage.db), new_id()
    _past(stage, 1, SMALL, club, operator_id)
    few = _scan(stage, club, 1)
    _past(stage, SMALL + 1, large, club, operator_id)
    many = _scan(stage, club, 2)
    yield Line("scan_at_10k", few * 1000, "ms")
    yield Line("scan_at_10m", many * 1000, "ms", "scan_at_10k", many / few, "<= 1.2")
    yield from _list_lines(stage, club, operator_id)


def _past(stage: Stage, first: int, last: int, club: make.Club, operator_id: str) -> None:
    """Transactions of former days; every tenth at this club, a few by this person, the others at two thousand more."""
    step = 500_000
    given = {"prefix": "H", "structure_id": club.structure_id, "operator_id": operator_id}
    for start in range(first, last + 1, step):
        with stage.db.unit_of_work() as uow:
            bounds = {"first": start, "last": min(last, start + step - 1)}
            uow.connection.execute(text(PAST), {**given, **bounds, "seldom": stage.size(SELDOM, 5_000)})
    with stage.db.unit_of_work() as uow:
        uow.connection.execute(text("SELECT count_anew()"))


def _scan(stage: Stage, club: make.Club, amount_cents: int) -> float:
    """Seconds of one scan in the service's process, with its commit."""
    from services.transactions.handlers.passes import told
    from services.transactions.repository import passes

    with stage.db.unit_of_work() as uow:
        ids = uow.connection.scalars(text("SELECT pass_id FROM passes ORDER BY random() LIMIT :n"), {"n": SCANS})
        shown = [told(passes.by_id(uow.connection, str(one)) or {}) for one in ids]
    return median([_timed(lambda one=one: _record(stage, club, one, amount_cents)) for one in shown])


def _record(stage: Stage, club: make.Club, shown: dict[str, Any], amount_cents: int) -> None:
    with stage.db.unit_of_work(club.terminal()) as uow:
        scans.record_transaction(uow, idempotency_key=new_id(), amount_cents=amount_cents, qr=shown["qr"])


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _list_lines(stage: Stage, club: make.Club, operator_id: str) -> Iterator[Line]:
    cursor = None
    person = club.person("accountant")
    first = median([_timed(lambda: _page(stage, person, None)) for _ in range(READINGS)])
    rare = median([_timed(lambda: _page(stage, person, None, operator_id=operator_id)) for _ in range(READINGS)])
    for _ in range(FAR_PAGE // 10):  # ten pages at a stride
        with stage.db.unit_of_work(person) as uow:
            cursor = lists.own_transactions(uow, cursor=cursor, limit=PAGE * 10)["next_cursor"]
    far = median([_timed(lambda: _page(stage, person, cursor)) for _ in range(READINGS)])
    yield Line("list_page", max(first, far) * 1000, "ms", goal="<= 50")
    yield Line("list_page_first", first * 1000, "ms")
    yield Line("list_page_1000th", far * 1000, "ms")
    yield Line("list_page_rare", rare * 1000, "ms", goal="<= 50")


def _page(stage: Stage, person: Any, cursor: str | None, **filters: Any) -> None:
    with stage.db.unit_of_work(person) as uow:
        lists.own_transactions(uow, cursor=cursor, limit=PAGE, **filters)
