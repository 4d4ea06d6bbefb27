"""Lists and totals above a large past: whatever the filter, an index leads to what is shown.

The past is made by one statement. What is rare lies here and there and at the far end, where a list that looks through
its neighbours would come last; the large club has half of everything.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text

from services.chassis import clock
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from services.transactions import reconcile
from services.transactions.domain.states import TransactionState
from services.transactions.handlers import activity, lists, seasons
from tests.factories import transactions as make

ROWS = 100_000
PAGES_READ = 600
"""Of 8 KiB, for one page of a list, of which most are the names beside its fifty lines. The club's own index alone has
twice as many, reading every transaction through it takes a hundred times as many."""
TOTALS_READ = 200
COUNTED_DAYS = 1_000
"""What the days of two hundred partners take; the transactions themselves take several times as many."""

PAST = """
INSERT INTO transactions (transaction_id, number, pass_id, season_id, beneficiary_id, structure_id, establishment_id,
  operator_id, terminal_id, amount_cents, balance_after_cents, state, contested, cancelled_at, origin, recorded_at,
  recorded_on, slip_number, payout_id)
SELECT gen_random_uuid(), 'P' || n, pass_id,
  CASE WHEN rare THEN CAST(:old_season AS uuid) ELSE season_id END, beneficiary_id,
  CASE WHEN n % 2 = 0 THEN CAST(:structure_id AS uuid) ELSE CAST(md5('partner ' || n % 199) AS uuid) END,
  CASE WHEN rare THEN CAST(:rare_place AS uuid) ELSE CAST(:place AS uuid) END,
  CASE WHEN rare THEN CAST(:operator_id AS uuid) END,
  CASE WHEN NOT rare THEN CAST(:terminal_id AS uuid) END,
  100, 0, state, n % 20000 IN (0, 1), CASE WHEN state = 'cancelled' THEN at END, 'terminal', at,
  CAST(at AT TIME ZONE 'Europe/Paris' AS date),
  CASE WHEN state IN ('paid', 'in_payout') THEN 'B' || n / 100 END,
  CASE WHEN state IN ('paid', 'in_payout') THEN gen_random_uuid() END
FROM (
  SELECT n, CAST(:start AS timestamptz) - n * interval '2 minutes' AS at, n > :rows - 20 OR n % 16000 = 2 AS rare, CASE
    WHEN n % 10000 IN (6, 7) THEN 'returned' WHEN n % 200 IN (10, 11) THEN 'cancelled' WHEN n < 400 THEN 'locked'
    WHEN n < 800 THEN 'in_payout' ELSE 'paid' END AS state
  FROM generate_series(1, :rows) n
) past, (SELECT pass_id, season_id, beneficiary_id FROM passes LIMIT 1) p
"""


@dataclass(frozen=True)
class Past:
    """A large past, and the ids of what is rare in it."""

    db: BoundDatabase
    club: make.Club
    operator_id: str
    terminal_id: str
    rare_place: str
    unknown: str
    oldest: date


@pytest.fixture(scope="module")
def past(infra) -> Iterator[Past]:
    name = infra.create_database("transactions")
    urls = infra.database_urls("transactions", name)
    db = BoundDatabase("transactions", urls["TRANSACTIONS_DATABASE_URL"])
    club, [shown] = make.club(db), make.issue(db)
    made = Past(db, club, new_id(), new_id(), new_id(), new_id(), clock.today() - timedelta(days=135))
    assert shown
    with db.unit_of_work() as uow:
        given = {
            "rows": ROWS,
            "structure_id": club.structure_id,
            "place": club.establishment_id,
            "rare_place": made.rare_place,
            "operator_id": made.operator_id,
            "terminal_id": made.terminal_id,
            "old_season": make.season(db, scheme="Ancien dispositif"),
            "start": clock.day_start(clock.today()),
        }
        uow.connection.execute(text(PAST), given)
        uow.connection.execute(text("SELECT count_anew()"))
    _vacuum(urls["TRANSACTIONS_DATABASE_OWNER_URL"])
    yield made
    db.close()
    infra.drop_database(name)


def _vacuum(owner_url: str) -> None:
    """As a database that has been running for a while would have done by itself."""
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()


@dataclass(frozen=True)
class Plan:
    """What a statement did: tables that were read from end to end, and 8 KiB pages looked at."""

    read_through: set[str]
    pages: int


def plans(past: Past, call: Any, ask: Any) -> tuple[Any, list[Plan]]:
    """The answer of a use case, and how the database came to it."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement.rpartition("psl.reach")[2].partition("; ")[2] or statement, parameters))

    with past.db.unit_of_work(call) as uow:
        event.listen(past.db.engine, "before_cursor_execute", note)
        try:
            answer = ask(uow)
        finally:
            event.remove(past.db.engine, "before_cursor_execute", note)
    with past.db.unit_of_work(call) as uow:
        explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
        told = [uow.connection.exec_driver_sql(explain + one, given).scalar_one() for one, given in seen]
    return answer, [_plan(one if isinstance(one, list) else json.loads(one)) for one in told]


def _plan(told: list[dict[str, Any]]) -> Plan:
    top, through, nodes = told[0]["Plan"], set(), [told[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", ())
        if node["Node Type"].endswith("Seq Scan"):
            through.add(node["Relation Name"])
    return Plan(through, top["Shared Hit Blocks"] + top["Shared Read Blocks"])


OWN = {
    "everything": {},
    "a person": {"operator_id": "operator_id"},
    "a person and a state": {"operator_id": "operator_id", "state": "paid"},
    "a person, cancelled": {"operator_id": "operator_id", "state": "cancelled"},
    "a person, contested": {"operator_id": "operator_id", "state": "contested"},
    "a person, until long ago": {"operator_id": "operator_id", "to_on": "oldest"},
    "an unknown person": {"operator_id": "unknown"},
    "a terminal": {"terminal_id": "terminal_id"},
    "a terminal, returned": {"terminal_id": "terminal_id", "state": "returned"},
    "an unknown terminal": {"terminal_id": "unknown"},
    "establishment": {"establishment_id": "rare_place"},
    "the usual establishment": {"establishment_id": "place"},
    "establishment, contested": {"establishment_id": "rare_place", "state": "contested"},
    "establishment and scheme": {"establishment_id": "place", "scheme": "Ancien dispositif"},
    "an unknown establishment": {"establishment_id": "unknown"},
}
BOTH: dict[str, dict[str, Any]] = {
    **{state: {"state": state} for state in (*TransactionState, "contested")},
    "an old scheme": {"scheme": "Ancien dispositif"},
    "an old scheme, contested": {"scheme": "Ancien dispositif", "state": "contested"},
    "the scheme of today": {"scheme": make.SCHEME},
    "the scheme of today, returned": {"scheme": make.SCHEME, "state": "returned"},
    "an old scheme, returned": {"scheme": "Ancien dispositif", "state": "returned"},
    "an old scheme, cancelled": {"scheme": "Ancien dispositif", "state": "cancelled"},
    "an old scheme, paid": {"scheme": "Ancien dispositif", "state": "paid"},
    "an old scheme, recorded": {"scheme": "Ancien dispositif", "state": "recorded"},
    "an unknown scheme": {"scheme": "Autre"},
    "until long ago": {"to_on": "oldest"},
    "number": {"number": "P99990"},
    "slip": {"slip_number": "B1000"},
    "slip, contested": {"slip_number": "B1000", "state": "contested"},
}
ALL = {
    "everything": {},
    "structure": {"structure_id": "structure_id"},
    "partner number": {"partner_number": "93-000017"},
    "an unknown partner number": {"partner_number": "93-999999"},
    "establishment": {"establishment_id": "place"},
    "partner number and returned": {"partner_number": "93-000017", "state": "returned"},
}


def given(past: Past, filters: dict[str, Any]) -> dict[str, Any]:
    """The filters with the ids of this past."""
    known = {
        "operator_id": past.operator_id,
        "terminal_id": past.terminal_id,
        "unknown": past.unknown,
        "rare_place": past.rare_place,
        "structure_id": past.club.structure_id,
        "place": past.club.establishment_id,
        "oldest": past.oldest,
    }
    return {name: known.get(value, value) for name, value in filters.items()}


def check(past: Past, call: Any, page: Any, totals: Any, filters: dict[str, Any]) -> None:
    """Both answers come by an index, and say the same as all pages together."""
    asked = given(past, filters)
    shown, listing = plans(past, call, lambda uow: page(uow, cursor=None, limit=50, **asked))
    summed, summing = plans(past, call, lambda uow: totals(uow, **asked))
    for plan in (*listing, *summing):
        assert "transactions" not in plan.read_through
    assert sum(plan.pages for plan in listing) < PAGES_READ, listing
    assert sum(plan.pages for plan in summing) < TOTALS_READ, summing
    if shown["next_cursor"] is None:
        standing = [one for one in shown["items"] if one["state"] != "cancelled"]
        assert summed["count"] == len(standing)
        assert summed["amount_cents"] == sum(one["amount_cents"] for one in standing)


@pytest.mark.parametrize("filters", (OWN | BOTH).values(), ids=(OWN | BOTH).keys())
def test_no_filter_of_a_club_s_list_reads_everything(past, filters):
    check(past, past.club.person("accountant"), lists.own_transactions, lists.own_totals, filters)


@pytest.mark.parametrize("filters", (ALL | BOTH).values(), ids=(ALL | BOTH).keys())
def test_no_filter_of_the_caf_s_list_reads_everything(past, filters):
    check(past, make.AGENT, lists.all_transactions, lists.all_totals, filters)


def test_seasons_are_shown_without_looking_at_their_transactions(past):
    told, [*read] = plans(past, make.AGENT, seasons.every)
    assert {one["scheme"]: one["figures"]["transaction_count"] > 0 for one in told} == {
        "Ancien dispositif": True,
        make.SCHEME: True,
    }
    assert all(not plan.read_through & {"transactions", "passes"} for plan in read)
    assert sum(plan.pages for plan in read) < TOTALS_READ


@pytest.mark.parametrize("filters", [{}, {"state": "cancelled"}, {"scheme": make.SCHEME}, {"to_on": "oldest"}])
def test_places_and_partners_are_added_up_without_looking_at_their_transactions(past, filters):
    asked = given(past, filters)
    for ask in (
        lambda uow: lists.all_totals_by_establishment(uow, structure_id=past.club.structure_id, **asked),
        lambda uow: lists.all_totals_by_partner(uow, cursor=None, limit=50, **asked),
    ):
        _, read = plans(past, make.AGENT, ask)
        assert not {"transactions"} & {name for plan in read for name in plan.read_through}
        assert sum(plan.pages for plan in read) < COUNTED_DAYS


def test_six_months_of_a_club_are_drawn_without_looking_at_their_transactions(past):
    told, [read] = plans(past, past.club.person("accountant"), activity.own_activity)
    assert sum(month["count"] for month in told["months"]) > ROWS / 4
    assert not read.read_through & {"transactions"}
    assert read.pages < TOTALS_READ


def test_what_was_counted_is_what_is_there(past):
    with past.db.engine.connect() as connection:
        found = reconcile.disagreements(connection)
    assert not [name for name in found if "counted" in name and found[name]]
