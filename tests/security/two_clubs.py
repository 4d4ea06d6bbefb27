"""Two clubs that both went all the way: one owns an object of each kind, people of the other knock at its doors."""

import itertools
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from deploy.driver import caf, documents, partner, people
from deploy.driver.browser import Browser
from deploy.driver.story import Story
from deploy.driver.terminal import Terminal
from tests.platform import Platform
from tests.security.conftest import OnTests, rows

DELEGATES = ("manager", "accountant", "cashier")
TIMEOUT_S = 30
_ADDRESSES = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in itertools.count(1))
_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass
class Caller:
    """Somebody at the gateway's doors: a browser or a terminal, and the keys that are their own."""

    base_url: str
    browser: Browser | None = None
    bearer: str = ""
    own: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def __post_init__(self) -> None:
        if self.browser:
            found = _CSRF.search(self.browser.open("/assistance/nouvelle").source)
            self.csrf = found[1] if found else ""

    def ask(self, method: str, path: str, form: dict[str, str]) -> requests.Response:
        """The answer as it comes: what it leads to is followed by who compares. Each question comes from an address of
        its own: who is slowed down for knocking too often sees the same page at every door."""
        url, headers = self.base_url + path, {"X-Forwarded-For": next(_ADDRESSES)}
        if self.browser is None:
            headers |= {"Authorization": f"Bearer {self.bearer}", "Idempotency-Key": str(uuid4())}
            return requests.request(method, url, json=form, headers=headers, timeout=TIMEOUT_S)
        data = {**form, "csrf_token": self.csrf} if method == "POST" else None
        return self.browser.answer(method, path, data, headers)


class TwoClubs(Story):
    """The main job for the first club; the second one is labelled beside it and has people of every role."""

    def __init__(self, running: Platform) -> None:
        super().__init__(OnTests(running))  # type: ignore[arg-type]
        self.running = running
        self.other = people.applicant(1)
        self.their_club = self._browser()
        self.drafting = self._browser()

    def play(self) -> None:
        """Both clubs' stories, in one day; then the first one is paid."""
        for title, step in self.steps():
            if title.startswith("midnight"):
                self.label_the_other()
            if "finance" not in title:
                step()

    def label_the_other(self) -> None:
        partner.apply(self.their_club, self.other)
        partner.activate(self.their_club, self.outbox, self.other)
        partner.sign_convention(self.their_club, self.outbox, self.other)
        page = caf.instruct(self.desk("instructor"), self.other.structure)
        self.other.partner_number = caf.partner_number_on(page)
        caf.countersign(self.desk("signatory"), self.other.structure)

    # ── what the first club has ──────────────────────────────────────────────────────────────────
    def leave_traces(self, bus: Any, token: str) -> None:
        """What the story itself leaves out: a delegate, a thread with a file, a change of representative, a draft."""
        person = {"first_name": "Ada", "last_name": "Byron", "email": "ada@delegate.example"}
        account_id = add_delegate(self, bus, token, person)
        bus.call("identity", "grant_delegation", {"account_id": account_id, "role": "accountant"}, token=token)
        successor = {
            "civility": "Mme", "first_name": "Ida", "last_name": "Rolland", "position": "Présidente",
            "email": "ida@successor.example", "mobile": "0612345678", "reason": "Fin de mandat",
            "password": self.applicant.password,
        }  # fmt: skip
        bus.call("identity", "request_transfer", successor, token=token)
        asked = {"Votre question porte sur": "Autre question", "Objet": "Question", "Votre message": "Bonjour"}
        form = self.club.open("/assistance/nouvelle")
        form.press("Envoyer", asked, upload={"Pièces jointes": documents.png("Pièce jointe")})
        partner.begin(self.drafting, people.applicant(2))
        self.terminal.record(100, qr=self.child.qr)  # a terminal sees its own day only, and that of the story is over

    def belongings(self, structure_id: str, account_id: str) -> dict[str, str]:
        """One object of the first club for each name that the matrix uses."""
        mine = f"structure_id = '{structure_id}'"
        delegate = f"account_id <> '{account_id}' AND {mine}"
        thread = "assistance_attachments a JOIN assistance_messages USING (message_id)"
        papers = "documents d JOIN applications a USING (application_id)"
        found = {
            "pairing": ("identity", "pairing_id", f"pairings WHERE {mine}"),
            "terminal": ("identity", "terminal_id", f"terminals WHERE {mine}"),
            "delegate": ("identity", "account_id", f"memberships WHERE {delegate}"),
            "delegation": ("identity", "delegation_id", f"delegations WHERE {delegate}"),
            "agent": ("identity", "account_id", "accounts WHERE kind = 'agent'"),
            "structure's account": ("identity", "account_id", "accounts WHERE kind = 'structure'"),
            "session": ("identity", "session_id", f"sessions WHERE account_id = '{account_id}' AND closed_at IS NULL"),
            "transfer": ("identity", "transfer_id", f"representative_transfers WHERE {mine}"),
            "establishment": ("partners", "establishment_id", f"establishments WHERE {mine}"),
            "document": ("partners", "document_id", f"{papers} WHERE {mine} AND d.removed_at IS NULL"),
            "draft document": ("partners", "document_id", f"{papers} WHERE a.state = 'draft'"),
            "application": ("partners", "application_id", f"applications WHERE {mine}"),
            "request": ("partners", "request_id", f"assistance_requests WHERE {mine}"),
            "attachment": ("partners", "attachment_id", thread),
            "transaction": ("transactions", "number", f"transactions WHERE payout_id IS NOT NULL AND {mine}"),
            "today's transaction": ("transactions", "number", f"transactions WHERE state = 'recorded' AND {mine}"),
            "key": ("transactions", "key", f"idempotency_keys WHERE act = 'record' AND {mine} ORDER BY at DESC"),
            "pass": ("transactions", "pass_id", "passes JOIN transactions USING (pass_id)"),
            "payout": ("payouts", "payout_id", f"payouts WHERE {mine}"),
            "slip": ("payouts", "slip_number", f"payouts WHERE {mine}"),
        }
        objects = {name: self._one(*place) for name, place in found.items()}
        return {**objects, "structure": structure_id, "account": account_id, "partner": self.applicant.partner_number}

    def _one(self, service: str, column: str, table: str) -> str:
        return str(rows(self.running, service, f"SELECT {column} FROM {table} LIMIT 1")[0][0])

    def link_of_family(self, number: int) -> str:
        """The token of a family's mailed link."""
        mail = self.outbox.wait_for_mail(f"famille{number:02d}@famille.example", "/pass/")
        return mail.first_link("/pass/").rsplit("/", 1)[-1]

    # ── people ───────────────────────────────────────────────────────────────────────────────────
    def signed_in(self, login: str, password: str, structure: str | None) -> Browser:
        """A browser of that person, after choosing the structure (or not)."""
        browser = self._browser()
        page = partner.sign_in(browser, login, password)
        if structure:
            partner.choose_structure(page, structure)
        return browser

    def delegate_of_the_other(self, bus: Any, token: str, role: str) -> Browser:
        """Somebody with that role in the second club, signed in for the first time."""
        email = f"{role}@delegate.example"
        account_id = add_delegate(self, bus, token, {"first_name": "Lou", "last_name": role, "email": email})
        bus.call("identity", "grant_delegation", {"account_id": account_id, "role": role}, token=token)
        newcomer = people.applicant(1)
        newcomer.email = email
        browser = self._browser()
        partner.activate(browser, self.outbox, newcomer)
        return browser

    def terminal_of_the_other(self) -> Terminal:
        code = partner.pairing_code(self.their_club, "Entrée")
        return Terminal.pair(self.platform.base_url, code, "Entrée")


def add_delegate(clubs: TwoClubs, bus: Any, token: str, person: dict[str, str]) -> str:
    """«Ajouter» … «Terminer»; returns the account's id."""
    bus.call("identity", "add_delegate", person, token=token)
    listed = bus.call("identity", "delegates", {}, token=token)["items"]
    return str(next(each["account_id"] for each in listed if each["email"] == person["email"]))
