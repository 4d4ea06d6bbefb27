"""Every page × every role: whoever isn't allowed is led elsewhere, and nothing of theirs reaches a
service."""

import re
from collections.abc import Iterator

import pytest

from deploy.access import allowed_roles
from gateway.app import create_app
from services.chassis.refusals import Refused
from tests.security.conftest import AGENT_ROLES, ROLES, STRUCTURE_ROLES

_ARGUMENT = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?\w+>")
_VALUES = {"int": "1", "uuid": "00000000-0000-7000-8000-000000000001", "path": "x"}
_API = "/api/"


def path_of(rule: str) -> str:
    return _ARGUMENT.sub(lambda found: _VALUES.get(found[1] or "", "x"), rule)


def doors(app) -> Iterator[tuple[str, str, set[str]]]:
    """(path, method, roles) of every page; the terminals' API has tokens of its own."""
    for rule in app.url_map.iter_rules():
        roles = set(allowed_roles(app.view_functions[rule.endpoint]))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            if not rule.rule.startswith(_API):
                yield path_of(rule.rule), method, roles


def held(role: str) -> set[str]:
    """The roles that a session of that role has."""
    extra = {"agent"} if role in AGENT_ROLES else {"person"} if role in STRUCTURE_ROLES else set()
    return {role, *extra}


def asked_by_any_page(client, guests) -> set[str]:
    """What the frame of every page asks for the viewer's own menu: an error page has that frame too."""
    guests.reached.clear()
    assert client.get("/no-such-page").status_code == 404
    return set(guests.reached)


@pytest.mark.parametrize("role", ROLES)
def test_who_is_not_allowed_is_led_elsewhere_and_reaches_no_service(role, app_without_csrf, guests, signed_in):
    client = signed_in(app_without_csrf, role)
    wrong, frame = [], asked_by_any_page(client, guests)
    for path, method, roles in doors(app_without_csrf):
        if "visitor" in roles or held(role) & roles:
            continue
        guests.reached.clear()
        answer = client.open(path, method=method)
        if answer.status_code not in (302, 303, 403) or set(guests.reached) - frame:
            wrong.append(f"{method} {path}: {answer.status_code} {guests.reached}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_who_is_allowed_is_not_turned_away(role, app, guests, signed_in):
    client = signed_in(app, role)
    turned_away = []
    for path, method, roles in doors(app):
        if method != "GET" or not (held(role) & roles) or path.startswith(("/static", "/login")):
            continue
        try:
            answer = client.open(path, method=method)
        except Refused:  # a download that had begun when the bus refused: the door was open
            continue
        to_sign_in = answer.status_code in (302, 303) and "/login" in answer.headers.get("Location", "")
        if answer.status_code == 403 or to_sign_in:
            turned_away.append(f"{path}: {answer.status_code}")
    assert turned_away == []


WITHOUT_FORM = {"/webhooks", "/api/"}


def test_every_form_wants_its_csrf_token(app, guests, signed_in):
    """Without it nothing reaches a service, whoever is signed in. (Webhooks are signed by their sender
    instead.)"""
    open_doors = []
    for role in ("visitor", "legal_representative", "administrator"):
        client = signed_in(app, role)
        frame = asked_by_any_page(client, guests)
        for path, method, roles in doors(app):
            if method == "GET" or any(path.startswith(start) for start in WITHOUT_FORM):
                continue
            if not ("visitor" in roles or held(role) & roles):
                continue
            guests.reached.clear()
            answer = client.open(path, method=method, data={"x": "y"})
            if not 400 <= answer.status_code < 500 or set(guests.reached) - frame:
                open_doors.append(f"{role} {method} {path}: {answer.status_code} {guests.reached}")
    assert open_doors == []


def test_without_that_wall_forms_would_reach_the_services(app_without_csrf, guests, signed_in):
    """The test above finds what it is for."""
    guests.reached.clear()
    signed_in(app_without_csrf, "visitor").post("/login/partner", data={"login": "a@example.org", "password": "x" * 12})
    assert guests.reached


def test_every_page_has_the_headers(app, signed_in):
    client = signed_in(app, "visitor")
    bare = []
    for path, method, roles in doors(app):
        if method == "GET" and "visitor" in roles:
            headers = client.get(path).headers
            policy = headers.get("Content-Security-Policy", "")
            strict = (
                "default-src 'none'" in policy
                and "unsafe-inline" not in policy
                and "unsafe-eval'" not in policy.replace("wasm-unsafe-eval", "")
            )
            if headers.get("X-Content-Type-Options") != "nosniff" or not strict:
                bare.append(f"{path}: {policy}")
    assert bare == []


def test_a_new_route_without_roles_would_be_found():
    """The matrix finds what it is for: a route that states nothing."""
    made = create_app(bus=object(), TESTING=True)
    made.view_functions.pop("home.index")
    made.view_functions["home.index"] = lambda: "open"
    assert ("/", "GET", set()) in list(doors(made))
