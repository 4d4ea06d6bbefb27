"""Every method that takes an id × an object of somebody else: it answers as for one that doesn't exist.

The objects are real: a club that went all the way (`story`). The stranger is another club's representative,
straight on the bus. That the club itself gets another answer shows that the object was there to be found.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from deploy.driver.story import Story
from services.chassis.refusals import Refused, Unavailable
from tests.guards import house
from tests.platform import Platform
from tests.security.conftest import STRUCTURE_ROLES, rows

Found = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One method, the argument that names the object, how to find one of the club's, and what else to say."""

    method: str
    name: str
    object: str
    extra: Found = field(default_factory=dict)
    own_differs: bool = True

    @property
    def service(self) -> str:
        return self.method.partition(".")[0]


KEY = {"idempotency_key": "a fresh one each time"}
SCAN = {**KEY, "amount_cents": 100, "code": "AAAABBBBCCCC"}
SEEN = {"ip": "127.0.0.1", "user_agent": "tests"}
PLACE = {"name": "Salle", "address_line1": "1 rue", "postcode": "93000", "commune_name": "Bobigny", "version": 1}
CASES = [
    Case("identity.pairing", "pairing_id", "pairing"),
    Case("identity.limit_terminal", "terminal_id", "terminal"),
    Case("identity.rename_terminal", "terminal_id", "terminal", {"name": "Autre"}),
    Case("identity.revoke_terminal", "terminal_id", "terminal"),
    Case("identity.create_pairing", "establishment_id", "establishment", {"name": "Porte"}),
    Case("identity.persons", "account_ids", "accounts"),
    Case("identity.close_session", "session_id", "session", own_differs=False),
    Case("identity.choose_structure", "structure_id", "structure", own_differs=False),
    Case("identity.grant_delegation", "account_id", "delegate", {"role": "manager"}),
    Case("identity.revoke_delegation", "delegation_id", "delegation"),
    Case("identity.remove_delegate", "account_id", "delegate"),
    Case("partners.own_document", "document_id", "document"),
    Case("partners.own_request", "request_id", "request"),
    Case("partners.write_in_request", "request_id", "request", {"text": "Encore une question"}),
    Case("partners.close_establishment", "establishment_id", "establishment"),
    Case("partners.reopen_establishment", "establishment_id", "establishment"),
    Case("partners.save_establishment", "establishment_id", "establishment", PLACE),
    Case("partners.remove_correction_document", "document_id", "document", own_differs=False),
    Case("conventions.confirm_reading", "document_sha256", "convention", {**SEEN, "how": "end"}, own_differs=False),
    Case("conventions.request_signing_code", "document_sha256", "convention", SEEN, own_differs=False),
    Case("conventions.sign_convention", "document_sha256", "convention", {**SEEN, "code": "123456"}, own_differs=False),
    Case("transactions.transaction", "number", "transaction"),
    Case("transactions.contest_transaction", "number", "transaction", {"reason": "Erreur de montant"}),
    Case("transactions.cancel_transaction", "number", "transaction", KEY),
    Case("transactions.transactions", "number", "transaction"),
    Case("transactions.totals", "number", "transaction"),
    Case("transactions.own_totals_by_establishment", "number", "transaction"),
    Case("transactions.transactions", "terminal_id", "terminal"),
    Case("transactions.transactions", "slip_number", "slip"),
    Case("transactions.record_transaction", "establishment_id", "establishment", SCAN, own_differs=False),
    Case("payouts.own_payout_lines", "payout_id", "payout"),
    Case("payouts.own_document", "payout_id", "payout", {"kind": "pdf"}),
    Case("payouts.own_slip", "slip_number", "slip"),
    Case("payouts.own_story", "reference", "transaction"),
]  # fmt: skip
ELSEWHERE = {
    # public, or held by a secret in the arguments themselves: a draft's token, an incoming file's random id
    "partners.partner", "partners.structures", "partners.resource_file", "partners.attachment",
    "partners.draft_document", "partners.remove_document", "partners.add_document",
    "partners.add_correction_document", "partners.set_logo", "partners.submit_bank_account",
    "transactions.family_contest", "transactions.pass_document", "transactions.renew_pass",  # the family's link, below
    "identity.withdraw_transfer",  # tests/integration/identity/test_rights.py
}  # fmt: skip


NAMING = ("_id", "_ids", "number", "reference", "sha256")
"""How the arguments that name an object end."""


@pytest.fixture(scope="module")
def club(running: Platform, story: Story) -> Found:
    """The club that went all the way: its structure, its account, one of each of its objects."""
    structure_id, account_id = rows(running, "identity", "SELECT structure_id, account_id FROM delegations LIMIT 1")[0]
    return {"structure_id": str(structure_id), "account_id": str(account_id)}


def ask(running: Platform, made: str, case: Case, value: Any) -> Any:
    """The answer, or the refusal's code and fields, without the value itself."""
    method = case.method.partition(".")[2]
    arguments = {**case.extra, case.name: value}
    if "idempotency_key" in arguments:
        arguments["idempotency_key"] = str(uuid4())
    try:
        answer = running.bus.call(case.service, method, arguments, token=made, deadline_s=10)
    except Refused as refused:
        answer = [refused.code, refused.fields]
    except Unavailable as unavailable:
        answer = f"unavailable: {unavailable}"
    return without(answer, value)


def without(answer: Any, value: Any) -> Any:
    """The same answer whichever id was asked for."""
    if isinstance(answer, dict):
        return {without(k, value): without(v, value) for k, v in answer.items()}
    if isinstance(answer, list):
        return [without(each, value) for each in answer]
    return "<asked>" if answer == value and isinstance(value, str) else answer


@pytest.fixture(scope="module")
def owner(club: Found, token: Callable[..., str]) -> str:
    scope = {"structure_id": club["structure_id"], "session_id": str(uuid4())}
    return token("legal_representative", "person", account_id=club["account_id"], **scope)


@pytest.fixture(scope="module")
def stranger(running: Platform, club: Found, token: Callable[..., str]) -> str:
    """A genuine representative of another structure: the account exists, the structure is only theirs."""
    (account_id,) = rows(running, "identity", "SELECT account_id FROM accounts WHERE kind = 'agent' LIMIT 1")[0]
    scope = {"structure_id": str(uuid4()), "session_id": str(uuid4())}
    return token("legal_representative", "person", account_id=str(account_id), **scope)


@pytest.fixture(scope="module")
def objects(running: Platform, club: Found, owner: str) -> Found:
    """One real object of the club for each name that the cases use."""
    bus, mine = running.bus, club["structure_id"]
    person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@delegate.example"}
    bus.call("identity", "add_delegate", person, token=owner)
    others = "SELECT account_id FROM memberships WHERE structure_id = %s AND account_id <> %s"
    delegate = str(rows(running, "identity", others, mine, club["account_id"])[0][0])
    bus.call("identity", "grant_delegation", {"account_id": delegate, "role": "accountant"}, token=owner)
    bus.call("partners", "open_request", {"category": "other", "subject": "Question", "text": "Bonjour"}, token=owner)
    documents = "SELECT * FROM documents JOIN applications USING (application_id) WHERE removed_at IS NULL"
    one = {
        "pairing": ("identity", "pairing_id", "pairings"),
        "terminal": ("identity", "terminal_id", "terminals"),
        "delegation": ("identity", "delegation_id", f"(SELECT * FROM delegations WHERE account_id = '{delegate}') d"),
        "establishment": ("partners", "establishment_id", "establishments"),
        "document": ("partners", "document_id", f"({documents}) d"),
        "request": ("partners", "request_id", "assistance_requests"),
        "convention": ("conventions", "sha256", "document d JOIN convention c ON c.document_id = d.id"),
        "transaction": ("transactions", "number", "(SELECT * FROM transactions WHERE state <> 'cancelled') t"),
        "payout": ("payouts", "payout_id", "payouts"),
        "slip": ("payouts", "slip_number", "payouts"),
    }

    def first(service: str, column: str, table: str, owner_column: str = "structure_id", whose: str = mine) -> str:
        query = f"SELECT {column} FROM {table} WHERE {owner_column} = %s LIMIT 1"
        return str(rows(running, service, query, whose)[0][0])

    found: Found = {name: first(*place) for name, place in one.items()}
    session = first("identity", "session_id", "sessions", "account_id", club["account_id"])
    return {**found, "delegate": delegate, "structure": mine, "accounts": [club["account_id"]], "session": session}


def unknown_like(value: Any) -> Any:
    """A value of the same form that names nothing."""
    if isinstance(value, list):
        return [str(uuid4())]
    if len(value) == 36 and value.count("-") == 4:
        return str(uuid4())
    return "".join("0" if sign.isdigit() else sign for sign in value)


def test_a_stranger_gets_the_answer_of_an_unknown_object(running: Platform, objects: Found, stranger: str) -> None:
    told_apart = {}
    for case in CASES:
        real = objects[case.object]
        foreign, unknown = ask(running, stranger, case, real), ask(running, stranger, case, unknown_like(real))
        if foreign != unknown or "unavailable" in str(foreign) or "not_allowed" in str(foreign):
            told_apart[f"{case.method}({case.name})"] = (foreign, unknown)
    assert told_apart == {}


def test_afterwards_its_owner_still_finds_it(running: Platform, objects: Found, owner: str) -> None:
    """Nothing was changed by the stranger, and the object was there to be found."""
    vacuous = {}
    for case in CASES:
        if case.own_differs:
            mine, unknown = (
                ask(running, owner, case, objects[case.object]),
                ask(running, owner, case, unknown_like(objects[case.object])),
            )
            if mine == unknown:
                vacuous[f"{case.method}({case.name})"] = mine
    assert vacuous == {}


def test_every_method_that_names_an_object_is_tried() -> None:
    """A new method with an id among its arguments fails here until it has its case."""
    partner_roles = {*STRUCTURE_ROLES, "terminal", "person"}
    named = {
        f"{service}.{name}"
        for service in house.services()
        for name, entrypoint in house.rpc_methods(service).items()
        if not entrypoint.demands or set(entrypoint.demands) & partner_roles
        if any(field.endswith(NAMING) for field in entrypoint.arguments().fields)
    }
    tried = {case.method for case in CASES} | ELSEWHERE
    assert named - tried == set()
    assert tried - named == set()


@pytest.mark.parametrize(
    ("method", "extra"),
    [("pass_document", {"kind": "pdf"}), ("renew_pass", {}), ("family", None), ("export_family", None)],
)
def test_a_family_reaches_its_own_passes_only(
    running: Platform, story: Story, token: Callable[..., str], method: str, extra: Found | None
) -> None:
    """With the link of one family, another family's pass is an unknown pass; without a link there is
    nothing."""
    link = story.outbox.wait_for_mail("famille00@famille.example", "/pass/").first_link("/pass/").rsplit("/", 1)[-1]
    bus, visitor = running.bus, token("visitor")

    def outcome(arguments: Found) -> Any:
        try:
            return bus.call("transactions", method, arguments, token=visitor)
        except Refused as refused:
            return refused.code

    made_up = outcome({"link": link[:-4] + "AAAA", **({"pass_id": str(uuid4()), **extra} if extra is not None else {})})
    assert isinstance(made_up, str)
    if extra is None:
        assert isinstance(outcome({"link": link}), dict)
        return
    own = bus.call("transactions", "family", {"link": link}, token=visitor)
    ids = [str(row[0]) for row in rows(running, "transactions", "SELECT pass_id FROM passes")]
    mine = [each for each in ids if each in str(own)]
    foreign = next(each for each in ids if each not in mine)
    assert mine
    assert (
        outcome({"link": link, "pass_id": foreign, **extra})
        == outcome({"link": link, "pass_id": str(uuid4()), **extra})
        == "pass_unknown"
    )
