"""Every route that takes an object's id × every role that is entitled to such objects but not to this one: what it
answers for somebody else's object is what it answers for one that doesn't exist, to the byte.

The routes come from the application: one with an argument that stands in none of the lists below fails the build.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from deploy.access import allowed_roles
from deploy.driver.browser import Browser
from services.chassis.config import SERVICES
from tests.security.conftest import AGENT_ROLES, rows
from tests.security.foreign_routes import KEYS, NO_OBJECT, OBJECTS, OF_ALL_AGENTS, Door
from tests.security.two_clubs import DELEGATES, Caller, TwoClubs

pytestmark = pytest.mark.timeout(300)
Callers = dict[str, Caller]
_ARGUMENT = re.compile(r"<(?:[^<>]*:)?(\w+)>")
_OWN_OF_EACH_ANSWER = (
    re.compile(r'name="csrf_token"[^>]*>'),
    re.compile(r'nonce="[^"]*"|"nonce-[^"]*"'),
    re.compile(r'"trace_id": ?"[^"]*"'),
)
"""What differs from one answer to the next, whatever was asked for."""


@dataclass
class Found:
    """What the two clubs made: their callers, and one object of the first club for each name."""

    owners: Callers = field(default_factory=dict)
    strangers: Callers = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def found(platform: Any, token: Any) -> Found:
    """Both clubs, their people signed in, and what the first one has."""
    running = platform(*SERVICES, gateway=True, PSL_TRUSTED_PROXIES="1")
    clubs = TwoClubs(running)
    clubs.play()

    def of(applicant: Any) -> dict[str, str]:
        query = "SELECT structure_id, name FROM structures"
        (structure_id,) = [str(row[0]) for row in rows(running, "identity", query) if row[1] == applicant.structure]
        right = "SELECT account_id FROM delegations WHERE structure_id = %s AND role = 'legal_representative'"
        account_id = str(rows(running, "identity", right, structure_id)[0][0])
        application = "SELECT application_id FROM applications WHERE structure_id = %s"
        application_id = str(rows(running, "partners", application, structure_id)[0][0])
        return {"structure": structure_id, "account": account_id, "application": application_id}

    def representative(whose: dict[str, str]) -> str:
        scope = {"structure_id": whose["structure"], "session_id": str(uuid4())}
        return str(token("legal_representative", "person", account_id=whose["account"], **scope))

    first, second = of(clubs.applicant), of(clubs.other)
    clubs.leave_traces(running.bus, representative(first))
    made = Found(objects=clubs.belongings(first["structure"], first["account"]))
    made.owners, made.strangers = _owners(clubs, first), _strangers(clubs, second, representative(second))
    return made


def _owners(clubs: TwoClubs, first: dict[str, str]) -> Callers:
    base, login = clubs.platform.base_url, clubs.applicant
    drafting = Caller(base, clubs.drafting, own={"link": clubs.link_of_family(0)})
    signed_in = clubs.signed_in(login.email, login.password, login.structure)
    return {
        "legal_representative": Caller(base, signed_in),
        "visitor": drafting,
        "terminal": Caller(base, bearer=clubs.terminal.token),
        "instructor": Caller(base, clubs.desk("instructor"), own={"application": first["application"]}),
    }


def _strangers(clubs: TwoClubs, second: dict[str, str], token: str) -> Callers:
    base, bus, login = clubs.platform.base_url, clubs.running.bus, clubs.other
    delegates = {role: Caller(base, clubs.delegate_of_the_other(bus, token, role)) for role in DELEGATES}
    agents = {role: Caller(base, clubs.desk(role), own={"application": second["application"]}) for role in AGENT_ROLES}
    chosen = clubs.signed_in(login.email, login.password, login.structure)
    return {
        "visitor": Caller(base, Browser(base), own={"link": clubs.link_of_family(1)}),
        "person": Caller(base, clubs.signed_in(login.email, login.password, None)),
        "legal_representative": Caller(base, chosen),
        "terminal": Caller(base, bearer=clubs.terminal_of_the_other().token),
        **delegates,
        **agents,
    }


def unknown_like(value: str) -> str:
    """A value of the same form that names nothing."""
    if len(value) == 36 and value.count("-") == 4:
        return str(uuid4())
    return "".join("0" if sign.isdigit() else sign for sign in value)


def address(door: Door, caller: Caller, value: str) -> str:
    """The door's path with the object's id and what else the caller has to say."""
    said = {**{name: caller.own.get(own, own) for name, own in door.beside.items()}, door.argument: value}
    path = _ARGUMENT.sub(lambda argument: said[argument[1]], door.rule)
    return path + (f"?{door.query}" if door.query else "")


def seen(caller: Caller, method: str, door: Door, value: str) -> list[Any]:
    """Status, where it leads and what is written there, without the id itself and what is new in each answer."""
    told = []
    answer = caller.ask(method, address(door, caller, value), door.form)
    assert answer.status_code != 429, "an answer that every door gives compares nothing"
    for _ in range(4):
        body = answer.text if "text" in (kind := answer.headers.get("Content-Type", "")) or "json" in kind else kind
        told += [answer.status_code, neutral(answer.headers.get("Location", ""), value), neutral(body, value)]
        if answer.status_code not in (301, 302, 303) or caller.browser is None:
            break
        answer = caller.browser.answer("GET", answer.headers["Location"])
    return told


def neutral(text: str, value: str) -> str:
    text = text.replace(value, "<asked>")
    for own in _OWN_OF_EACH_ANSWER:
        text = own.sub("", text)
    return text


@pytest.fixture(scope="module")
def app(_surroundings: Any) -> Flask:
    from gateway.app import create_app

    return create_app(bus=object(), TESTING=True)


def routes(app: Flask) -> Iterator[tuple[str, str, set[str]]]:
    """(rule, method, roles) of every route with an argument."""
    for rule in app.url_map.iter_rules():
        if rule.arguments:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule.rule, method, set(allowed_roles(app.view_functions[rule.endpoint]))


def knocks(app: Flask, callers: Callers) -> Iterator[tuple[Door, str, str]]:
    """(door, method, role) of all who are entitled to such an object; what is open to visitors is open to all."""
    for door in OBJECTS:
        for rule, method, roles in routes(app):
            if rule == door.rule and method in door.methods:
                yield from ((door, method, role) for role in callers if {role, "visitor"} & roles)


def test_a_foreign_object_is_an_unknown_one_to_every_role(app: Flask, found: Found) -> None:
    told_apart = {}
    for door, method, role in knocks(app, found.strangers):
        if role in door.shared_by:
            continue
        caller, real = found.strangers[role], found.objects[door.object]
        foreign, unknown = seen(caller, method, door, real), seen(caller, method, door, unknown_like(real))
        if foreign != unknown or foreign[0] >= 500:
            told_apart[f"{method} {door.rule} by {role}"] = difference(foreign, unknown)
    assert told_apart == {}


def difference(foreign: list[Any], unknown: list[Any]) -> Any:
    """Where two answers part, short enough to read."""
    for one, other in zip(foreign, unknown, strict=False):
        if one != other:
            lines = [(a, b) for a, b in zip(str(one).splitlines(), str(other).splitlines(), strict=False) if a != b]
            return lines[:2] or (one, other)
    return foreign[0], len(foreign), len(unknown)


def test_afterwards_its_owner_still_finds_it(app: Flask, found: Found) -> None:
    """No stranger changed it, and it was there to be found: the matrix compares two different things."""
    vacuous = {}
    for door, method, role in knocks(app, {door.owner: found.owners[door.owner] for door in OBJECTS}):
        if role != door.owner or not door.own_differs:
            continue
        caller, real = found.owners[role], found.objects[door.object]
        mine, unknown = seen(caller, method, door, real), seen(caller, method, door, unknown_like(real))
        if mine == unknown or mine[0] in (403, 404):
            vacuous[f"{method} {door.rule} by {role}"] = mine[:2]
    assert vacuous == {}


def test_every_route_with_an_argument_is_in_the_matrix(app: Flask) -> None:
    """A new route fails here until it has its door, or stands among those that name no object of somebody's."""
    known = {door.rule for door in OBJECTS} | OF_ALL_AGENTS | KEYS | NO_OBJECT
    there = {rule for rule, _, _ in routes(app)}
    assert there - known == set()
    assert known - there == set()
    methods = {(door.rule, method) for door in OBJECTS for method in door.methods}
    assert {(r, m) for r, m, _ in routes(app) if r in {door.rule for door in OBJECTS}} == methods


def test_what_all_agents_share_is_open_to_agents_only(app: Flask) -> None:
    """No role of a partner, family or terminal reaches the list of what has no owner among its callers."""
    assert {rule for rule, _, roles in routes(app) if rule in OF_ALL_AGENTS and roles - set(AGENT_ROLES)} == set()


def test_an_unknown_object_is_no_fault_and_no_page_to_agents(app: Flask, found: Found) -> None:
    """404, or back to the list with a sentence: never a page about nothing, never a fault."""
    wrong = []
    for rule, method, roles in routes(app):
        if rule in OF_ALL_AGENTS:
            path = _ARGUMENT.sub(lambda argument: str(uuid4()) if argument[1].endswith("_id") else "0", rule)
            for role in sorted(roles & set(found.strangers)):
                answer = found.strangers[role].ask(method, path, {})
                if answer.status_code < 300 or answer.status_code >= 500:
                    wrong.append(f"{method} {path} by {role}: {answer.status_code}")
    assert wrong == []
