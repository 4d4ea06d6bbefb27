"""Totals and figures through a transaction's life: counted days and today's work are what a count of everything is."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from services.chassis import clock
from services.chassis.ids import new_id
from services.transactions import reconcile
from services.transactions.domain.states import TransactionState
from services.transactions.handlers import activity, cancelling, lists, locking, scans, seasons
from tests.factories import transactions as make

EVERYTHING = """
SELECT count(*) FILTER (WHERE state <> 'cancelled') AS count,
  coalesce(sum(amount_cents) FILTER (WHERE state <> 'cancelled'), 0) AS amount_cents,
  count(*) FILTER (WHERE state = 'cancelled') AS cancelled_count
FROM transactions WHERE (CAST(:structure_id AS uuid) IS NULL OR structure_id = :structure_id)
  AND (CAST(:establishment_id AS uuid) IS NULL OR establishment_id = :establishment_id)
  AND (CAST(:terminal_id AS uuid) IS NULL OR terminal_id = :terminal_id)
  AND (CAST(:operator_id AS uuid) IS NULL OR operator_id = :operator_id)
  AND (CAST(:from_on AS date) IS NULL OR recorded_on >= :from_on)
  AND (CAST(:to_on AS date) IS NULL OR recorded_on <= :to_on)
  AND (CAST(:state AS text) IS NULL OR state = :state)
"""
FILTERS = ("structure_id", "establishment_id", "terminal_id", "operator_id", "from_on", "to_on", "state")


@pytest.fixture
def db(database):
    return database("transactions")


def record(db, call, shown, amount_cents):
    with db.unit_of_work(call) as uow:
        given = {"idempotency_key": new_id(), "amount_cents": amount_cents, "qr": shown["qr"]}
        return scans.record_transaction(uow, **given)["transaction"]


def cancel(db, call, number):
    with db.unit_of_work(call) as uow:
        cancelling.cancel_transaction(uow, number=number, idempotency_key=new_id())


def change(db, statement, **given):
    with db.unit_of_work() as uow:
        uow.connection.execute(text(statement), given)


def counted(db, **filters):
    """What a look at every transaction says."""
    with db.unit_of_work() as uow:
        row = uow.connection.execute(text(EVERYTHING), dict.fromkeys(FILTERS) | filters).mappings().one()
        return {name: int(value) for name, value in row.items()}


def all_totals(db, **filters):
    with db.unit_of_work(make.AGENT) as uow:
        return lists.all_totals(uow, **filters)


def disagreements(db):
    with db.engine.connect() as connection:
        return {name: found for name, found in reconcile.disagreements(connection).items() if found}


def a_past(db):
    """Two clubs, a terminal and a person, a day that is over and in every state, and today."""
    clubs, shown = [make.club(db), make.club(db)], make.issue(db, 6)
    desks = [(club, call) for club in clubs for call in (club.terminal(), club.person("manager"))]
    amounts = itertools.count(101)
    told = [record(db, call, one, next(amounts)) for one in shown for _, call in desks]
    for _, call in desks:
        cancel(db, call, record(db, call, shown[0], next(amounts))["number"])
    change(db, "UPDATE transactions SET recorded_at = recorded_at - interval '1 day', recorded_on = recorded_on - 1")
    assert locking.lock_days(db) == len(told)
    for position, state in enumerate(("in_payout", "paid", "returned")):
        ids = [one["transaction_id"] for one in told[position::4]]
        moved = "UPDATE transactions SET state = :state WHERE transaction_id::text = ANY(:ids)"
        change(db, moved, state=state, ids=ids)
    for _, call in desks:
        record(db, call, shown[1], next(amounts))
        cancel(db, call, record(db, call, shown[2], next(amounts))["number"])
    return desks


def desk_of(call):
    """The filter that finds what this person or terminal recorded."""
    actor = call.actor
    return {"operator_id": actor.account_id} if actor.account_id else {"terminal_id": actor.scope["terminal_id"]}


def test_totals_are_what_a_count_of_everything_says(db):
    desks = a_past(db)
    today = clock.today()
    for state in (None, *TransactionState):
        given = {"state": state} if state else {}
        assert all_totals(db, **given) == counted(db, **given)
        for days in ({"from_on": today}, {"to_on": today - timedelta(days=1)}):
            assert all_totals(db, **given, **days) == counted(db, **given, **days)
        for club, call in desks:
            own, desk = {"structure_id": club.structure_id}, desk_of(call)
            with db.unit_of_work(club.person("accountant")) as uow:
                assert lists.own_totals(uow, **given) == counted(db, **given, **own)
                assert lists.own_totals(uow, **given, **desk) == counted(db, **given, **own, **desk)
            place = {"establishment_id": club.establishment_id}
            assert all_totals(db, **given, **place) == counted(db, **given, **place)
    assert disagreements(db) == {}


def periods():
    """Every state, on each side of midnight and over all."""
    today = clock.today()
    for state in (None, "contested", *TransactionState):
        for days in ({}, {"from_on": today}, {"to_on": today - timedelta(days=1)}):
            yield ({"state": state} if state else {}) | days


def walked(db, call, page, **filters):
    """The numbers on all pages of a list, in their order."""
    numbers, cursor = [], None
    while True:
        with db.unit_of_work(call) as uow:
            told = page(uow, cursor=cursor, limit=5, **filters)
        numbers += [one["number"] for one in told["items"]]
        cursor = told["next_cursor"]
        if cursor is None:
            return numbers


def newest_first(db):
    """Every transaction, as a look at the table finds them."""
    with db.unit_of_work() as uow:
        rows = uow.connection.execute(text("SELECT * FROM transactions ORDER BY recorded_at DESC, transaction_id DESC"))
        return [dict(row) for row in rows.mappings()]


def fits(row, *, from_on=None, to_on=None, state=None, **equal):
    """Whether a transaction is what the filters ask for."""
    in_state = state is None or (row["contested"] if state == "contested" else row["state"] == state)
    in_time = (from_on or row["recorded_on"]) <= row["recorded_on"] <= (to_on or row["recorded_on"])
    return in_state and in_time and all(str(row[name]) == value for name, value in equal.items())


def test_all_pages_together_are_the_whole_list_in_its_order(db):
    [(club, terminal), (_, person), *_] = a_past(db)
    change(db, "UPDATE transactions SET contested = true WHERE number = (SELECT max(number) FROM transactions)")
    past, own = newest_first(db), {"structure_id": club.structure_id}
    narrowed = [desk_of(terminal), desk_of(person), {"establishment_id": club.establishment_id}]
    for given in periods():
        wanted = [row["number"] for row in past if fits(row, **given)]
        assert walked(db, make.AGENT, lists.all_transactions, **given) == wanted
        assert walked(db, make.AGENT, lists.all_transactions, scheme=make.SCHEME, **given) == wanted
        for one in narrowed:
            wanted = [row["number"] for row in past if fits(row, **given, **own, **one)]
            assert walked(db, club.person("accountant"), lists.own_transactions, **given, **one) == wanted


def test_days_at_the_ends_of_the_calendar_are_days(db):
    [(club, _), *_] = a_past(db)
    for call, page in ((make.AGENT, lists.all_transactions), (club.person("accountant"), lists.own_transactions)):
        for from_on, to_on in itertools.product((None, date.min, date.max), repeat=2):
            given = {"from_on": from_on, "to_on": to_on}
            found = bool(walked(db, call, page, **given)) and bool(walked(db, call, page, scheme=make.SCHEME, **given))
            assert found == (from_on != date.max and to_on != date.min)


def test_figures_of_a_season_follow_every_step(db):
    a_past(db)
    with db.unit_of_work(make.AGENT) as uow:
        [season] = seasons.every(uow)
    everything = counted(db)
    assert season["figures"] == {
        "pass_count": 6,
        "committed_cents": 60_000,
        "transaction_count": everything["count"],
        "spent_cents": everything["amount_cents"],
    }


def test_plots_draw_what_a_count_of_everything_says(db):
    [(club, _), *_] = a_past(db)
    today = clock.today()
    with db.unit_of_work(make.AGENT) as uow:
        days = {one["day"]: one for one in activity.all_activity(uow)["days"]}
    with db.unit_of_work(club.person("accountant")) as uow:
        months = activity.own_activity(uow)["months"]
    assert (len(days), max(days), len(months)) == (activity.DAYS, today, activity.MONTHS)
    for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
        whole = counted(db, from_on=day, to_on=day)
        assert {name: days[day][name] for name in ("count", "amount_cents")} == without_cancelled(whole)
    own = counted(db, structure_id=club.structure_id)
    drawn = {name: sum(month[name] for month in months) for name in ("count", "amount_cents")}
    assert drawn == without_cancelled(own)


def without_cancelled(figures):
    return {name: value for name, value in figures.items() if name != "cancelled_count"}


def figures(row):
    return {name: row[name] for name in ("count", "amount_cents", "cancelled_count")}


def test_places_of_a_partner_add_up_to_its_totals_under_every_filter(db):
    [(club, call), *_] = a_past(db)
    record(db, call, make.issue(db, first=50)[0], 5)
    change(db, "UPDATE transactions SET establishment_id = NULL WHERE amount_cents = 5")
    for given in periods():
        with db.unit_of_work(make.AGENT) as uow:
            told = lists.all_totals_by_establishment(uow, structure_id=club.structure_id, **given)
            seat = lists.all_totals(uow, establishment_id=club.establishment_id, **given)
            whole = lists.all_totals(uow, structure_id=club.structure_id, **given)
        with db.unit_of_work(club.person("accountant")) as uow:
            assert lists.own_totals_by_establishment(uow, **given) == told
        of_seat = [figures(one) for one in told if one["establishment_id"] == club.establishment_id]
        assert of_seat == ([seat] if any(seat.values()) else [])
        assert whole == {name: sum(one[name] for one in told) for name in whole}
    with db.unit_of_work(make.AGENT) as uow:
        told = lists.all_totals_by_establishment(uow, structure_id=club.structure_id)
    named = {one["name"]: one["count"] for one in told}
    assert named[None] == 1 and set(named) == {None, "Siège"}


def test_partners_add_up_to_the_caf_s_totals_under_every_filter(db):
    clubs = {club.structure_id for club, _ in a_past(db)}
    for given in periods():
        with db.unit_of_work(make.AGENT) as uow:
            told = lists.all_totals_by_partner(uow, cursor=None, limit=50, **given)["items"]
            for one in told:
                assert figures(one) == lists.all_totals(uow, structure_id=one["structure_id"], **given)
            whole = lists.all_totals(uow, **given)
        assert {one["structure_id"] for one in told} <= clubs
        assert [one["amount_cents"] for one in told] == sorted((one["amount_cents"] for one in told), reverse=True)
        assert whole == {name: sum(one[name] for one in told) for name in whole}


def test_partners_are_shown_page_by_page_with_their_names(db):
    clubs = [make.club(db, name=f"Club {number}") for number in range(5)]
    shown = make.issue(db, 5)
    for number, club in enumerate(clubs):
        record(db, club.terminal(), shown[number], 100 * (1 + number // 2))
    names, cursor = [], None
    for size in (2, 2, 1):
        with db.unit_of_work(make.AGENT) as uow:
            page = lists.all_totals_by_partner(uow, cursor=cursor, limit=2)
        assert len(page["items"]) == size
        names += [(one["name"], one["partner_number"], one["amount_cents"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert sorted(names) == [(f"Club {number}", "93-000017", 100 * (1 + number // 2)) for number in range(5)]
    assert [amount for *_, amount in names] == [300, 200, 200, 100, 100]


def test_a_partner_sees_its_own_days_only(db):
    [(club, _), *_] = a_past(db)
    with db.unit_of_work(club.person("accountant")) as uow:
        seen = uow.connection.scalars(text("SELECT DISTINCT structure_id::text FROM structure_days")).all()
    assert seen == [club.structure_id]


def test_cancelling_at_many_desks_at_once_counts_each(db):
    clubs, shown = [make.club(db) for _ in range(8)], make.issue(db, 8)
    calls = [club.terminal() for club in clubs]
    told = [record(db, call, one, 100) for call, one in zip(calls, shown, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda pair: cancel(db, pair[0], pair[1]["number"]), zip(calls, told, strict=True)))
    assert all_totals(db) == {"count": 0, "amount_cents": 0, "cancelled_count": 8}
    assert disagreements(db) == {}


def test_figures_that_were_tampered_with_are_found_and_counted_anew(db):
    a_past(db)
    change(db, "UPDATE season_days SET amount_cents = amount_cents + 1")
    change(db, "UPDATE structure_days SET cancelled_count = 9")
    change(db, "UPDATE seasons SET pass_count = 7")
    assert set(disagreements(db)) == {
        "every day of a partner is counted as it was",
        "every day of a season is counted as it was",
        "every season has as many passes as it counts",
    }
    change(db, "SELECT count_anew()")
    assert disagreements(db) == {}
