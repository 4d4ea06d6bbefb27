"""`python -m deploy reconcile` on real books: nothing differs, then one line does and is named."""

from typing import Any

import pytest

from deploy import reconcile
from deploy.local.waiting import wait_for
from services.chassis import config
from services.chassis.database import BoundDatabase
from services.chassis.ids import new_id
from tests.factories import transactions as make
from tests.platform import Platform


@pytest.fixture
def books(platform: Any, token: Any, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Two debits of a club, locked and known to payouts."""
    running: Platform = platform("transactions", "payouts")
    for name in ("TRANSACTIONS_DATABASE_URL", "PAYOUTS_DATABASE_URL", "AMQP_URI"):
        monkeypatch.setenv(name, running.environment[name])
    config.reset()
    database = BoundDatabase("transactions", running.environment["TRANSACTIONS_DATABASE_URL"], pool_size=2)
    club, shown = make.club(database), make.issue(database, 2)
    terminal = token("terminal", structure_id=club.structure_id, terminal_id=new_id())
    database.close()

    def record(which: int) -> None:
        asked = {"qr": shown[which]["qr"], "amount_cents": 500, "idempotency_key": new_id()}
        running.bus.call("transactions", "record_transaction", asked, token=terminal, deadline_s=10)

    record(0)
    record(1)
    running.move_clock("+1d")
    wait_for(lambda: reconcile.sums("payouts", reconcile.HELD), "the day is locked and announced", 30)
    return running


def test_a_difference_between_the_services_is_named_and_fails(
    books: Platform, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(reconcile.sums("payouts", reconcile.HELD).values()) == [1000]
    assert reconcile.reconcile() == 0
    told = capfd.readouterr().out
    assert told.count("everything adds up") == 2 and "ok  every movement sums to zero" in told

    stranger = new_id()
    with books.connect("payouts") as connection, connection.cursor() as cursor:  # a line that nobody announced
        cursor.execute(
            "INSERT INTO lines (line_id, kind, reference_id, transaction_id, structure_id, number, establishment_name,"
            " scheme, amount_cents, occurred_at) VALUES (gen_random_uuid(), 'correction', gen_random_uuid(),"
            " gen_random_uuid(), %s, 'T2600000042', 'Stade', 'pass', 4200, now())",
            (stranger,),
        )
    assert reconcile.settled_differences(within_s=1) == [f"owed_corrections: {stranger}: expected 0, found 4200"]
    monkeypatch.setattr(reconcile, "ON_THEIR_WAY_S", 1)
    assert reconcile.reconcile() == 1
    assert f"owed_corrections: {stranger}" in capfd.readouterr().out
