"""«Assistance» and «Ressources»: who reaches what, and what a visitor must confirm."""

from datetime import timedelta

import pytest

from services.chassis.files import FileStore
from services.partners import secrets
from services.partners.domain.refusals import (
    RequestUnknown,
    ResourceUnknown,
    TooManyRequests,
    TransitionRefused,
    ValidationFailed,
)
from services.partners.handlers import assistance, requests_queue, resources
from services.partners.models import AssistanceRequest
from tests.integration.partners.life_factories import Call, actor, png

GIVEN = {
    "category": "account",
    "subject": "Je ne peux plus me connecter",
    "text": "Bonjour, que faire ?",
    "email": None,
}


@pytest.fixture
def partners(database):
    return database("partners")


@pytest.fixture
def visitor():
    return Call(actor("visitor", account_id=None))


def open_request(database, call, **given):
    store = FileStore()
    files = [{"incoming_id": store.incoming(png()), "filename": "capture.png"}] if given.pop("file", False) else []
    call.arguments = {**GIVEN, "attachments": files, **given}
    return assistance.open_request(database, call, store)


def person(structure_id="0199c0de-0000-7000-8000-000000000001", role="manager"):
    return Call(actor(role, structure_id=structure_id))


def agent():
    return Call(actor("agent", "instructor"))


def queue(database, **filters):
    wanted = {"state": None, "category": None, "assigned_to": None, "age": None, "cursor": None} | filters
    with database.unit_of_work(agent()) as uow:
        return requests_queue.queue(uow, **wanted)["items"]


def test_a_signed_in_persons_request_reaches_the_caf_at_once(partners):
    who = person()
    made = open_request(partners, who, file=True)
    assert made["state"] == "open"
    assert [item["subject"] for item in queue(partners)] == [GIVEN["subject"]]
    with partners.unit_of_work(who) as uow:
        thread = assistance.thread(uow, assistance.own(uow, made["request_id"]))
    assert [file["filename"] for file in thread["messages"][0]["attachments"]] == ["capture.png"]


def test_a_visitors_request_waits_for_the_mailed_link(partners, visitor):
    made = open_request(partners, visitor, email="parent@example.org")
    assert made["state"] == "unconfirmed"
    assert queue(partners) == []
    token = secrets.thread_token(made["request_id"])
    for _ in range(2):
        with partners.unit_of_work(visitor) as uow:
            assert assistance.confirm(uow, token)["state"] == "open"
    assert len(queue(partners)) == 1


def test_a_visitor_must_give_an_address(partners, visitor):
    with pytest.raises(ValidationFailed) as refused:
        open_request(partners, visitor, email="pas une adresse")
    assert list(refused.value.fields["errors"]) == ["email"]


def test_a_thread_goes_back_and_forth_and_can_be_taken_up_again(partners):
    who, caf = person(), agent()
    made = open_request(partners, who)
    with partners.unit_of_work(caf) as uow:
        assistance.answer(uow, assistance.any_request(uow, made["request_id"], lock=True), "Voici.", [])
    with partners.unit_of_work(caf) as uow:
        closed = assistance.close(uow, assistance.any_request(uow, made["request_id"], lock=True))
    assert (closed["state"], closed["assigned_to"]) == ("closed", caf.actor.account_id)
    with partners.unit_of_work(who) as uow:
        again = assistance.write(uow, assistance.own(uow, made["request_id"], lock=True), "Encore une question.", [])
    assert again["state"] == "open"
    assert [message["from_caf"] for message in again["messages"]] == [False, True, False]


def test_an_old_closed_thread_stays_closed(partners):
    who = person()
    made = open_request(partners, who)
    with partners.unit_of_work(agent()) as uow:
        assistance.close(uow, assistance.any_request(uow, made["request_id"], lock=True))
    with partners.unit_of_work() as uow:
        row = uow.session.get_one(AssistanceRequest, made["request_id"])
        row.updated_at = row.updated_at - timedelta(days=31)
    with partners.unit_of_work(who) as uow, pytest.raises(TransitionRefused):
        assistance.write(uow, assistance.own(uow, made["request_id"], lock=True), "Encore ?", [])


def test_a_foreign_request_is_an_unknown_one(partners, visitor):
    made = open_request(partners, person())
    stranger = person("0199c0de-0000-7000-8000-000000000002")
    with partners.unit_of_work(stranger) as uow, pytest.raises(RequestUnknown):
        assistance.own(uow, made["request_id"])
    for token in ("x" * 30, f"{made['request_id']}.{'0' * 64}", secrets.thread_token(made["request_id"])):
        with partners.unit_of_work(visitor) as uow, pytest.raises(RequestUnknown):
            assistance.by_token(uow, token)


def test_a_cashier_sees_their_own_requests_and_not_the_structures(partners):
    made = open_request(partners, person())
    cashier = person(role="cashier")
    with partners.unit_of_work(cashier) as uow, pytest.raises(RequestUnknown):
        assistance.own(uow, made["request_id"])
    own = open_request(partners, cashier)
    with partners.unit_of_work(cashier) as uow:
        assert [item["request_id"] for item in assistance.own_requests(uow)["items"]] == [own["request_id"]]


def test_too_many_waiting_requests_of_one_address_are_refused(partners, visitor):
    for _ in range(5):
        open_request(partners, visitor, email="parent@example.org")
    with pytest.raises(TooManyRequests):
        open_request(partners, visitor, email="PARENT@example.org")


def test_what_nobody_confirmed_is_forgotten_after_three_days(partners, visitor):
    made = open_request(partners, visitor, email="parent@example.org", file=True)
    with partners.unit_of_work() as uow:
        row = uow.session.get_one(AssistanceRequest, made["request_id"])
        row.created_at = row.created_at - timedelta(days=4)
    with partners.unit_of_work() as uow:
        assert assistance.forget_unconfirmed(uow) == 1
    with partners.unit_of_work() as uow:
        assert uow.session.get(AssistanceRequest, made["request_id"]) is None


def test_a_closed_thread_is_deleted_after_two_years(partners):
    who, caf = person(), agent()
    old, kept = (open_request(partners, who)["request_id"] for _ in range(2))
    with partners.unit_of_work(caf) as uow:
        for request_id in (old, kept):
            assistance.close(uow, assistance.any_request(uow, request_id, lock=True))
        uow.session.get_one(AssistanceRequest, old).updated_at -= timedelta(days=731)
    with partners.unit_of_work() as uow:
        assert assistance.forget_closed(uow) == 1
    with partners.unit_of_work() as uow:
        assert uow.session.get(AssistanceRequest, old) is None
        assert uow.session.get(AssistanceRequest, kept) is not None


def publish(database, audience, title="Guide"):
    store = FileStore()
    given = {
        "resource_id": None,
        "version": 0,
        "category": "Guides",
        "title": title,
        "description": "",
        "audience": audience,
        "position": 0,
        "incoming_id": store.incoming(png()),
        "filename": "guide.png",
    }
    return resources.save(database, Call(actor("agent", "administrator"), given), store)


def test_resources_for_partners_are_not_shown_to_visitors(partners, visitor):
    public, confidential = publish(partners, "public"), publish(partners, "partners", "Pour les clubs")
    with partners.unit_of_work(visitor) as uow:
        assert [item["title"] for item in resources.listed(uow)["items"]] == ["Guide"]
        assert resources.file(uow, public["resource_id"])["filename"] == "guide.png"
        with pytest.raises(ResourceUnknown):
            resources.file(uow, confidential["resource_id"])
    with partners.unit_of_work(person()) as uow:
        assert len(resources.listed(uow)["items"]) == 2


def test_a_withdrawn_resource_can_be_put_back(partners, visitor):
    made = publish(partners, "public")
    with partners.unit_of_work(Call(actor("agent", "administrator"))) as uow:
        resources.withdraw(uow, made["resource_id"])
    with partners.unit_of_work(visitor) as uow, pytest.raises(ResourceUnknown):
        resources.file(uow, made["resource_id"])
    with partners.unit_of_work(Call(actor("agent", "administrator"))) as uow:
        resources.restore(uow, made["resource_id"])
    with partners.unit_of_work(visitor) as uow:
        assert len(resources.listed(uow)["items"]) == 1


def test_what_waits_for_an_agents_answer_is_counted_and_listed_by_age(partners):
    me, colleague = agent(), agent()
    for days, taken_by in ((0, None), (3, me), (31, colleague)):
        made = open_request(partners, person())
        with partners.unit_of_work(taken_by or me) as uow:
            request = assistance.any_request(uow, made["request_id"], lock=True)
            if taken_by:
                assistance.assign(uow, request, to_me=True)
            request.updated_at = uow.now - timedelta(days=days)

    def told(who):
        with partners.unit_of_work(who) as uow:
            found = requests_queue.waiting(uow)
        assert found["count"] == sum(band["count"] for band in found["ages"])
        return {band["code"]: band["count"] for band in found["ages"]}

    def listed(who, age):
        with partners.unit_of_work(who) as uow:
            return len(requests_queue.queue(uow, "open", None, "me_or_nobody", age, None)["items"])

    assert told(me) == {"0-2": 1, "3-7": 1, "8-30": 0, "31-": 0}
    assert told(colleague) == {"0-2": 1, "3-7": 0, "8-30": 0, "31-": 1}
    for who in (me, colleague):
        assert {code: listed(who, code) for code in told(who)} == told(who)
