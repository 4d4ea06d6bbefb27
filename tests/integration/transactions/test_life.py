"""After the scan: midnight, payouts, contestations, corrections, the closing of a season; and the books."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.chassis import clock
from services.chassis.ids import new_id
from services.chassis.serializer import loads
from services.chassis.tables import outbox
from services.transactions import messages, reconcile
from services.transactions.domain import refusals
from services.transactions.handlers import (
    cancelling,
    contestations,
    facts,
    families,
    lists,
    locking,
    passes,
    scans,
    seasons,
)
from tests.factories import transactions as make


@pytest.fixture
def db(database):
    return database("transactions")


def record(db, call, shown, amount_cents=1_000, key=None):
    with db.unit_of_work(call) as uow:
        given = {"idempotency_key": key or new_id(), "amount_cents": amount_cents, "qr": shown["qr"]}
        return scans.record_transaction(uow, **given)["transaction"]


def yesterday(db):
    """All transactions so far were recorded a day earlier."""
    with db.unit_of_work() as uow:
        uow.connection.execute(
            text("UPDATE transactions SET recorded_at = recorded_at - interval '1 day', recorded_on = recorded_on - 1")
        )


def events(db, kind):
    with db.unit_of_work() as uow:
        rows = uow.connection.scalars(select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.id))
        return [loads(row)["data"] for row in rows]


def state(db, call, number):
    with db.unit_of_work(call) as uow:
        return lists.own_transaction(uow, number=number)


def cancel(db, call, number, key=None):
    with db.unit_of_work(call) as uow:
        return cancelling.cancel_transaction(uow, number=number, idempotency_key=key or new_id())


def assert_books_agree(db):
    with db.engine.connect() as connection:
        assert {name: found for name, found in reconcile.disagreements(connection).items() if found} == {}


def test_a_day_that_is_over_is_locked_and_announced_in_chunks(db, monkeypatch):
    monkeypatch.setattr(messages, "CHUNK_LINES", 2)
    club, shown = make.club(db), make.issue(db, 3)
    told = [record(db, club.terminal(), one, 1_000 + n) for n, one in enumerate(shown)]
    assert locking.lock_days(db) == 0
    yesterday(db)
    today = record(db, club.terminal(), shown[0], 50)
    assert locking.lock_days(db) == 3
    first, second = events(db, messages.TransactionsLocked)
    assert [(e["chunk"], e["chunks"], e["count"], e["total_cents"]) for e in (first, second)] == [
        (1, 2, 3, 3_003),
        (2, 2, 3, 3_003),
    ]
    assert [line["number"] for line in first["lines"] + second["lines"]] == [one["number"] for one in told]
    assert first["announcement_id"] == second["announcement_id"]
    assert first["partner_number"] == "93-000017"
    assert first["locked_on"] == (clock.today() - timedelta(days=1)).isoformat()
    person = club.person()
    assert state(db, person, told[0]["number"])["state"] == "locked"
    assert state(db, person, today["number"])["state"] == "recorded"
    with pytest.raises(refusals.CancelWindowClosed):
        cancel(db, person, told[0]["number"])
    assert locking.lock_days(db) == 0


def test_a_cancelled_transaction_gives_the_money_back_and_is_not_locked(db):
    club, (shown,) = make.club(db), make.issue(db)
    told = record(db, club.terminal(), shown)
    assert cancel(db, club.person(), told["number"])["transaction"]["balance_cents"] == 10_000
    yesterday(db)
    assert locking.lock_days(db) == 0
    assert_books_agree(db)


def locked(db, club, shown):
    told = record(db, club.terminal(), shown)
    yesterday(db)
    locking.lock_days(db)
    return told


def assigned(db, club, told, payout_id, slip="B-1"):
    with db.unit_of_work() as uow:
        facts.on_payout_lines_assigned(
            uow,
            payout_id=payout_id,
            slip_number=slip,
            structure_id=UUID(club.structure_id),
            transaction_ids=[UUID(told["transaction_id"])],
        )


def settled(db, club, told, payout_id, outcome):
    with db.unit_of_work() as uow:
        facts.on_payout_state_changed(
            uow,
            payout_id=payout_id,
            structure_id=UUID(club.structure_id),
            state=outcome,
            transaction_ids=[UUID(told["transaction_id"])],
        )


def test_a_returned_payout_is_taken_up_by_the_next_one(db):
    club, (shown,) = make.club(db), make.issue(db)
    told, person = locked(db, club, shown), club.person()
    first, second = UUID(new_id()), UUID(new_id())
    with pytest.raises(facts.TooEarly):
        settled(db, club, told, first, "paid")
    assigned(db, club, told, first)
    assert (state(db, person, told["number"])["state"], state(db, person, told["number"])["slip_number"]) == (
        "in_payout",
        "B-1",
    )
    settled(db, club, told, first, "paid")
    assert state(db, person, told["number"])["state"] == "paid"
    settled(db, club, told, first, "returned")
    assert state(db, person, told["number"])["state"] == "returned"
    with pytest.raises(facts.TooEarly):
        settled(db, club, told, second, "paid")
    assigned(db, club, told, second, "B-2")
    settled(db, club, told, first, "paid")  # late and about the old payout: it changes nothing
    assert state(db, person, told["number"])["state"] == "in_payout"
    settled(db, club, told, second, "paid")
    assert state(db, person, told["number"])["slip_number"] == "B-2"


def open_contestation(db, club, told):
    with db.unit_of_work(club.person()) as uow:
        contestations.contest_own(uow, number=told["number"], reason="Mme Diallo n'est pas venue")
    with db.unit_of_work(make.AGENT) as uow:
        return contestations.every(uow, state="open", cursor=None)["items"][-1]


def decide(db, found, **given):
    with db.unit_of_work(make.AGENT) as uow:
        return contestations.decide(
            uow,
            **(
                {
                    "contestation_id": found["contestation_id"],
                    "accepted": True,
                    "decision": "Vérifié",
                    "amount_cents": None,
                }
                | given
            ),
        )


def test_what_waits_for_a_decision_is_counted_and_listed_by_age(db):
    club, shown = make.club(db), make.issue(db, 3)
    found = [open_contestation(db, club, locked(db, club, one)) for one in shown]
    for one, days in zip(found, (0, 7, 40), strict=True):
        with db.unit_of_work() as uow:
            uow.connection.execute(
                text("UPDATE contestations SET opened_at = opened_at - make_interval(days => :days)"
                     " WHERE contestation_id = :one"),
                {"days": days, "one": one["contestation_id"]},
            )  # fmt: skip
    decide(db, found[2], accepted=False)
    with db.unit_of_work(make.AGENT) as uow:
        told = contestations.waiting(uow)
        counts = {band["code"]: band["count"] for band in told["ages"]}
        pages = {code: contestations.every(uow, state="open", age=code, cursor=None)["items"] for code in counts}
        assert told["since"] == contestations.one(uow, found[1]["contestation_id"])["opened_at"]
    assert (told["count"], counts) == (2, {"0-2": 1, "3-7": 1, "8-30": 0, "31-": 0})
    listed = {code: [one["contestation_id"] for one in page] for code, page in pages.items() if page}
    assert listed == {"0-2": [found[0]["contestation_id"]], "3-7": [found[1]["contestation_id"]]}


def test_an_accepted_contestation_becomes_a_correction(db):
    club, (shown,) = make.club(db), make.issue(db)
    told = locked(db, club, shown)
    found = open_contestation(db, club, told)
    assert found["reason"] == "Mme Diallo n'est pas venue"
    assert state(db, club.person(), told["number"])["contested"] is True
    decided = decide(db, found, amount_cents=400)
    assert (decided["state"], decided["correction_cents"]) == ("accepted", -400)
    (event,) = events(db, messages.CorrectionAccepted)
    assert (event["amount_cents"], event["number"]) == (-400, told["number"])
    with db.unit_of_work() as uow:
        assert passes.one(uow, shown["pass_id"])["balance_cents"] == 9_400
    with pytest.raises(refusals.AlreadyDecided):
        decide(db, found)
    assert_books_agree(db)


def contest_as_family(db, shown, told):
    """«ce n'est pas moi», which a family may say at once."""
    from services.transactions import seals

    with db.unit_of_work() as uow:
        row = passes.known(uow, shown["pass_id"])
        link = seals.family_link(row["family_id"], row["link_version"])
        families.contest(uow, link=link, number=told["number"], reason="Pas nous")
    with db.unit_of_work(make.AGENT) as uow:
        return contestations.every(uow, state="open", cursor=None)["items"][-1]


def test_what_the_caf_has_taken_back_the_same_day_is_not_cancelled_besides(db):
    club, (shown,) = make.club(db), make.issue(db)
    told, second = record(db, club.terminal(), shown, 1_000), record(db, club.terminal(), shown, 2_000)
    decide(db, contest_as_family(db, shown, told))
    with pytest.raises(refusals.CancelWindowClosed):
        cancel(db, club.person(), told["number"])
    with db.unit_of_work() as uow:
        assert passes.one(uow, shown["pass_id"])["balance_cents"] == 8_000
    assert cancel(db, club.person(), second["number"])["transaction"]["balance_cents"] == 10_000
    assert_books_agree(db)


def test_a_contestation_ends_well_when_the_club_cancels_itself(db):
    club, (shown,) = make.club(db), make.issue(db)
    told = record(db, club.terminal(), shown)
    found = contest_as_family(db, shown, told)
    cancel(db, club.person(), told["number"])
    with db.unit_of_work(make.AGENT) as uow:
        stands = contestations.one(uow, found["contestation_id"])
    assert (stands["state"], stands["correction_cents"]) == ("accepted", None)
    assert state(db, club.person(), told["number"])["contested"] is False
    assert_books_agree(db)


def test_what_is_cancelled_on_a_withdrawn_pass_goes_back_to_the_budget(db):
    season_id = make.season(db)
    club, (shown,) = make.club(db), make.issue(db, season_id=season_id)
    told = record(db, club.terminal(), shown, 4_000)
    with db.unit_of_work(make.AGENT) as uow:
        passes.cancel(uow, pass_id=shown["pass_id"], reason="Doublon")
    assert cancel(db, club.person(), told["number"])["transaction"]["balance_cents"] == 0
    with db.unit_of_work(make.AGENT) as uow:
        assert passes.one(uow, shown["pass_id"])["balance_cents"] == 0
        assert seasons.one(uow, season_id)["figures"]["committed_cents"] == 0
    assert_books_agree(db)


def test_more_than_the_transaction_is_not_taken_back(db):
    club, (shown,) = make.club(db), make.issue(db)
    found = open_contestation(db, club, locked(db, club, shown))
    with pytest.raises(refusals.ValidationFailed):
        decide(db, found, amount_cents=1_001)


def test_today_a_club_cancels_instead_of_contesting(db):
    club, (shown,) = make.club(db), make.issue(db)
    told = record(db, club.terminal(), shown)
    with pytest.raises(refusals.ContestNotOpen), db.unit_of_work(club.person()) as uow:
        contestations.contest_own(uow, number=told["number"], reason="x")


def test_a_closed_season_takes_no_debit_and_gives_back_what_is_left(db):
    season_id = make.season(db)
    club, shown = make.club(db), make.issue(db, 2, season_id=season_id)
    told = locked(db, club, shown[0])
    with db.unit_of_work(make.AGENT) as uow:
        seasons.close_season(uow, season_id)
    with pytest.raises(refusals.SeasonClosed):
        record(db, club.terminal(), shown[1])
    seasons.expire_passes(db)
    with db.unit_of_work(make.AGENT) as uow:
        assert seasons.one(uow, season_id)["figures"]["committed_cents"] == 1_000
    decide(db, open_contestation(db, club, told))
    with db.unit_of_work(make.AGENT) as uow:
        assert seasons.one(uow, season_id)["figures"]["committed_cents"] == 0
    assert_books_agree(db)


def test_a_lost_qr_is_replaced_a_few_times_a_day(db):
    from services.transactions import seals

    club, (shown,) = make.club(db), make.issue(db)
    with db.unit_of_work() as uow:
        row = passes.known(uow, shown["pass_id"])
        link = seals.family_link(row["family_id"], row["link_version"])
    for _ in range(passes.RENEWALS_PER_DAY):
        with db.unit_of_work() as uow:
            newest = families.renew_pass(uow, link=link, pass_id=shown["pass_id"])
    with pytest.raises(refusals.RenewedTooOften), db.unit_of_work() as uow:
        families.renew_pass(uow, link=link, pass_id=shown["pass_id"])
    with pytest.raises(refusals.PassRevoked):
        record(db, club.terminal(), shown)
    with pytest.raises(refusals.PassRevoked), db.unit_of_work(club.terminal()) as uow:
        scans.record_transaction(uow, idempotency_key="c", amount_cents=1, code=shown["code"])
    assert record(db, club.terminal(), newest)["state"] == "recorded"


def test_a_family_s_link_opens_its_own_passes_only(db):
    from services.transactions import seals

    make.club(db)
    mine, theirs = make.issue(db, 2)
    with db.unit_of_work() as uow:
        row = passes.known(uow, mine["pass_id"])
        link = seals.family_link(row["family_id"], row["link_version"])
        assert [one["pass_id"] for one in families.page(uow, link)["passes"]] == [mine["pass_id"]]
        with pytest.raises(refusals.PassUnknown):
            families.renew_pass(uow, link=link, pass_id=theirs["pass_id"])
        for wrong in (link[:-1] + ("A" if link[-1] != "A" else "B"), seals.family_link(row["family_id"], 2), "x"):
            with pytest.raises(refusals.LinkUnknown):
                families.page(uow, wrong)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE ledger_entries SET amount_cents = 1", "DELETE FROM ledger_entries", "TRUNCATE ledger_entries"],
)
def test_the_service_s_role_cannot_change_the_ledger(db, statement):
    make.issue(db)
    with pytest.raises(DBAPIError), db.unit_of_work() as uow:
        uow.connection.execute(text(statement))


def test_a_movement_that_does_not_sum_to_zero_is_refused_at_commit(db):
    entry = (
        "INSERT INTO ledger_entries (movement_id, kind, account, account_id, amount_cents, subject_id, at) "
        "VALUES (:movement, 'debit', 'pass', :movement, :cents, :movement, now())"
    )
    with pytest.raises(DBAPIError, match="does not sum to zero"), db.unit_of_work() as uow:
        uow.connection.execute(text(entry), {"movement": new_id(), "cents": -5})


def test_the_database_itself_refuses_a_negative_balance(db):
    (shown,) = make.issue(db)
    with pytest.raises(DBAPIError, match="balance_not_negative"), db.unit_of_work() as uow:
        uow.connection.execute(
            text("UPDATE passes SET balance_cents = -1 WHERE pass_id = :id"), {"id": shown["pass_id"]}
        )


def test_reconciling_finds_a_balance_that_was_tampered_with(db, capsys):
    (shown,) = make.issue(db)
    assert reconcile.main(db) == 0
    with db.unit_of_work() as uow:
        uow.connection.execute(
            text("UPDATE passes SET balance_cents = 1 WHERE pass_id = :id"), {"id": shown["pass_id"]}
        )
    assert reconcile.main(db) == 1
    assert f"{shown['pass_id']}: 1 instead of 10000" in capsys.readouterr().out


def test_a_cashier_sees_today_only(db):
    club, (shown,) = make.club(db), make.issue(db)
    old = locked(db, club, shown)
    new = record(db, club.terminal(), shown, 7)
    with db.unit_of_work(club.person("cashier")) as uow:
        items = lists.own_transactions(uow, cursor=None, limit=10)["items"]
        assert [one["number"] for one in items] == [new["number"]]
        with pytest.raises(refusals.TransactionUnknown):
            lists.own_transaction(uow, number=old["number"])
    with db.unit_of_work(club.person("accountant")) as uow:
        assert lists.own_totals(uow) == {"count": 2, "amount_cents": 1_007, "cancelled_count": 0}
        only = lists.own_transactions(uow, cursor=None, limit=10, state="locked")["items"]
        assert [one["number"] for one in only] == [old["number"]]


def test_the_caf_finds_a_partner_s_transactions_by_its_number(db):
    club, (shown,) = make.club(db), make.issue(db)
    told = record(db, club.terminal(), shown)
    with db.unit_of_work(make.AGENT) as uow:
        for number, found in (("93-000017", [told["number"]]), ("93-000018", [])):
            page = lists.all_transactions(uow, cursor=None, limit=10, partner_number=number)
            assert [one["number"] for one in page["items"]] == found
        assert seasons.schemes(uow) == [make.SCHEME]
