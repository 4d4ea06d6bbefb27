"""Every method × every role, straight over the bus: the gateway isn't the only thing there, so each service
checks the actor itself."""

import json
import time

import pytest

from deploy.local.waiting import wait_for
from services.chassis import actor, keys, serializer
from services.chassis.config import SERVICES
from services.chassis.refusals import Refused, Unavailable
from services.chassis.rpc import ANYONE
from tests.guards import house
from tests.security.conftest import AGENT_ROLES, STRUCTURE_ROLES

ROLES = ("visitor", "person", "unpersonalised", "family", *STRUCTURE_ROLES, "terminal", *AGENT_ROLES)
STRUCTURE_ID = "00000000-0000-7000-8000-000000000001"
ACCOUNT_ID = "00000000-0000-7000-8000-000000000002"


@pytest.fixture(params=house.services())
def service(request, running):
    """One service's name, and the bus."""
    return request.param, running.bus


def outcome(bus, service, method, token, arguments=None, deadline_s=5.0):
    try:
        bus.call(service, method, arguments or {}, token=token, deadline_s=deadline_s)
    except Refused as refused:
        return refused.code
    except Unavailable as unavailable:
        return f"unavailable: {unavailable}"
    return "ok"


def token_of(token, role):
    if role == "visitor":
        return token("visitor")
    scope = {"session_id": "00000000-0000-7000-8000-000000000004"}
    if role in STRUCTURE_ROLES or role == "terminal":
        scope["structure_id"] = STRUCTURE_ID
    if role == "terminal":
        scope |= {"terminal_id": "00000000-0000-7000-8000-000000000003"}
    return token(role, account_id=ACCOUNT_ID, **scope)


def demanded(service):
    return {
        name: None if entrypoint.demands is ANYONE else set(entrypoint.demands)
        for name, entrypoint in house.rpc_methods(service).items()
    }


def test_a_role_that_is_not_demanded_is_refused(service, token):
    name, bus = service
    wrong = [
        f"{method} by {role}: {found}"
        for method, roles in demanded(name).items()
        for role in ROLES
        if roles is not None
        and role not in roles
        and (found := outcome(bus, name, method, token_of(token, role))) != "not_allowed"
    ]
    assert wrong == []


def test_another_service_is_refused_what_it_is_not_entitled_to(service, token):
    name, bus = service
    wrong = [
        f"{method} by {other}: {found}"
        for method, roles in demanded(name).items()
        for other in SERVICES
        if roles is not None
        and f"service:{other}" not in roles
        and (found := outcome(bus, name, method, token(f"service:{other}"))) != "not_allowed"
    ]
    assert wrong == []


def test_a_role_that_is_demanded_gets_an_answer_and_no_fault(service, token):
    """With empty arguments: an answer, or a refusal that says what is missing; never an unforeseen fault."""
    name, bus = service
    wrong = [
        f"{method} by {role}: {found}"
        for method, roles in demanded(name).items()
        for role in ROLES
        if (roles is None or role in roles)
        and (found := outcome(bus, name, method, token_of(token, role)))
        in ("not_allowed", "unavailable: internal_error")
    ]
    assert wrong == []


def forged():
    """Tokens that must open nothing."""
    stranger = keys.Key("20990101-1", b"\1" * 32)
    payload = {"roles": ["administrator"], "acc": ACCOUNT_ID, "scope": {}, "jti": "x", "exp": time.time() + 60}
    body = keys.encode(serializer.dumps({**payload, "iss": "identity", "kid": stranger.kid}).encode())
    good = actor.sign(payload, issuer="identity")
    expired = actor.sign({**payload, "exp": time.time() - 1}, issuer="identity")
    half, _, signature = good.partition(".")
    return {
        "none": "",
        "nonsense": "nonsense",
        "unsigned": f"{half}.",
        "other signature": f"{half}.{keys.encode(b'0' * 64)}",
        "unknown key": f"{body}.{keys.encode(stranger.signer().sign(body.encode()))}",
        "expired": expired,
        "a service that plays a person": actor.sign(payload, issuer="payouts"),
        "the gateway that plays an administrator": actor.sign(payload, issuer="gateway"),
        "a proof instead of an actor": actor.issue_proof(ACCOUNT_ID, "batch:release"),
        "changed payload": f"{half[:-2]}{'A' if half[-2] != 'A' else 'B'}{half[-1]}.{signature}",
    }


def test_no_method_answers_a_forged_token(service):
    name, bus = service
    answered = [
        f"{method} with {kind}: {found}"
        for kind, made in forged().items()
        for method in house.rpc_methods(name)
        if (found := outcome(bus, name, method, made)) != "actor_invalid"
    ]
    assert answered == []


def test_what_was_refused_stands_in_the_log(running, token):
    """Who tried what, by id (ASVS 16.3.2)."""
    made = token("manager", account_id=ACCOUNT_ID, structure_id=STRUCTURE_ID)
    assert outcome(running.bus, "payouts", "release_batch", made) == "not_allowed"
    assert outcome(running.bus, "payouts", "release_batch", "nonsense") == "actor_invalid"
    log = running.processes["payouts"].log
    wanted = [("not_allowed", ACCOUNT_ID), ("actor_invalid", "unknown")]

    def told():
        lines = [json.loads(line) for line in log.read_text().splitlines() if '"call refused"' in line]
        return {(line["code"], line["actor"]) for line in lines if line["method"] == "release_batch"}

    wait_for(lambda: set(wanted) <= told(), "the log tells both", 10)
    assert set(wanted) <= told()


def test_an_unknown_method_is_named_so(service, token):
    name, bus = service
    assert outcome(bus, name, "no_such_method", token("administrator", account_id=ACCOUNT_ID)) == "unknown_method"
