"""Families' data: as a copy, and forgotten when its time is over."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.chassis import clock
from services.chassis.ids import new_id
from services.transactions import reconcile, seals
from services.transactions.domain import refusals
from services.transactions.handlers import families, forgetting, lists, scans
from tests.factories import transactions as make


@pytest.fixture
def db(database):
    return database("transactions")


def record(db, call, shown):
    with db.unit_of_work(call) as uow:
        given = {"idempotency_key": new_id(), "amount_cents": 1_000, "qr": shown["qr"]}
        return scans.record_transaction(uow, **given)["transaction"]


def state(db, call, number):
    with db.unit_of_work(call) as uow:
        return lists.own_transaction(uow, number=number)


def season_over_since(db, season_id, days):
    with db.unit_of_work() as uow:
        uow.connection.execute(
            text("UPDATE seasons SET starts_on = :on - 100, ends_on = :on WHERE season_id = :id"),
            {"on": clock.today() - timedelta(days=days), "id": season_id},
        )


def test_families_are_forgotten_two_years_after_their_last_season_and_the_books_stay(db):
    club, season_id = make.club(db), make.season(db)
    (shown,) = make.issue(db, season_id=season_id)
    made = record(db, club.person(), shown)
    with db.unit_of_work() as uow:
        (family,) = uow.connection.execute(text("SELECT family_id, link_version FROM families")).mappings()
        link = seals.family_link(str(family["family_id"]), family["link_version"])
        told = forgetting.export(uow, link)
    assert told["email"] == "famille1@example.org"
    assert told["children"][0]["first_name"]
    assert told["passes"][0]["transactions"][0]["number"] == made["number"]
    season_over_since(db, season_id, 731)
    with db.unit_of_work() as uow:
        assert forgetting.forget_old(uow) == 0
    season_over_since(db, season_id, 733)
    with db.unit_of_work() as uow:
        assert forgetting.forget_old(uow) == 1
        assert forgetting.forget_old(uow) == 0
    with db.unit_of_work() as uow:
        row = uow.connection.execute(text("SELECT * FROM families")).mappings().one()
        assert seals.open_email(row["email_sealed"], str(row["family_id"])) == ""
        child = uow.connection.execute(text("SELECT * FROM beneficiaries")).mappings().one()
        assert (child["last_name_print"], child["identity_print"]) == ("", "")
        assert seals.open_identity(child["identity_sealed"], str(child["beneficiary_id"])).last_name == ""
        with pytest.raises(refusals.LinkUnknown):
            families.page(uow, link)
    kept = state(db, club.person(), made["number"])
    assert (kept["amount_cents"], kept["beneficiary"]["last_name"]) == (1_000, "")
    with db.unit_of_work() as uow:
        assert not any(reconcile.disagreements(uow.connection).values())
