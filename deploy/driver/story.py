"""The main job as a story of steps; each returns what was observed from outside, and raises if it was not."""

import json
from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import uuid4

import requests

from deploy.driver import caf, partner, passes, payments, people
from deploy.driver.browser import Browser
from deploy.driver.finance import Finance
from deploy.driver.outbox import Outbox
from deploy.driver.people import Agent
from deploy.driver.terminal import Problem, Terminal
from deploy.local.platform import Platform
from deploy.local.waiting import wait_for

AGENTS = {"instructor": "Bruno", "signatory": "Chloé", "preparer": "David", "releaser": "Élise"}
AMOUNT_CENTS = 2_500


class NotObserved(Exception):
    """A step's effect could not be seen; the message says what was seen instead."""


def see(condition: bool, otherwise: str) -> None:
    """Raise NotObserved unless the condition holds."""
    if not condition:
        raise NotObserved(otherwise)


class Story:
    """One club, one child, one payment."""

    def __init__(self, platform: Platform, kill: str | None = None, mark: str = "") -> None:
        self.platform, self._kill, self._mark = platform, kill, mark
        self.outbox = Outbox(platform.var)
        self.applicant = people.applicant(mark=mark)
        self.club = self._browser()
        self.agents: dict[str, Agent] = {}
        self.desks: dict[str, Browser] = {}
        self.terminal = Terminal(platform.base_url, "")
        self.child = passes.Pass("", "", 0)
        self.recorded: dict[str, Any] = {}
        self.finance = Finance(platform)

    def _browser(self) -> Browser:
        return Browser(self.platform.base_url)

    def steps(self) -> list[tuple[str, Callable[[], str]]]:
        """The whole story, in order."""
        return [
            ("agents of the Caf get their accounts", self.open_agents),
            ("a club applies in seven steps, with real files", self.apply),
            ("two mails leave", self.read_mails),
            ("the representative activates the account and chooses the structure", self.activate),
            ("the representative reads the convention and signs it with a code by SMS", self.sign),
            ("an instructor accepts every item and approves", self.instruct),
            ("a signatory counter-signs", self.countersign),
            ("the club is in the public directory", self.look_up),
            ("an administrator opens a season and imports children", self.open_season),
            ("a family gets its pass by mail", self.receive_pass),
            ("the representative pairs a terminal", self.pair),
            ("the terminal checks the pass, records, and cancels the same day", self.record_and_cancel),
            ("the terminal records another transaction", self.record),
            ("finance listens on its own queue", self.finance.listen),
            ("midnight passes and the transaction locks", self.pass_midnight),
            ("one agent prepares a batch, another releases it", self.pay),
            ("the bank file is valid and the slip names nobody", self.look_at_documents),
            ("finance received both events, once", self.finance_received),
        ]

    # ── the Caf's agents ─────────────────────────────────────────────────────────────────────────
    def open_agents(self) -> str:
        """The first administrator is made by an operator; the others by the administrator, on the pages."""
        self.agents["administrator"] = open_agent(self.platform, f"administrator{self._mark}@caf.example")
        for role, first_name in AGENTS.items():
            email = f"{role}{self._mark}@caf.example"
            caf.add_agent(self.desk("administrator"), role, first_name, email)
            self.desks[role] = self._browser()
            self.agents[role] = caf.first_sign_in(self.desks[role], self.outbox, email)
        return f"{len(self.agents)} agents signed in, each with an authenticator and a password of their own"

    def desk(self, role: str) -> Browser:
        """The agent's browser, signed in."""
        if role not in self.desks:
            self.desks[role] = self._browser()
            caf.sign_in(self.desks[role], self.agents[role])
        return self.desks[role]

    # ── the club ─────────────────────────────────────────────────────────────────────────────────
    def apply(self) -> str:
        return f"the last page says «{partner.apply(self.club, self.applicant).heading()}»"

    def read_mails(self) -> str:
        to_structure = self.outbox.wait_for_mail(self.applicant.structure_email, "Bienvenue")
        to_person = self.outbox.wait_for_mail(self.applicant.email, "Mot de passe")
        return f"«{to_structure.subject}» to the structure, «{to_person.subject}» to the person"

    def activate(self) -> str:
        page = partner.activate(self.club, self.outbox, self.applicant)
        return f"the dashboard of «{page.heading()}»"

    def sign(self) -> str:
        read = partner.sign_convention(self.club, self.outbox, self.applicant)
        see(read.startswith(b"%PDF"), "the convention is not a PDF")
        mail = self.outbox.wait_for_mail(self.applicant.email, "signé électroniquement")
        return f"a PDF of {len(read) // 1024} kB, a six-digit SMS, the mail «{mail.subject}»"

    def instruct(self) -> str:
        page = caf.instruct(self.desk("instructor"), self.applicant.structure)
        self.applicant.partner_number = caf.partner_number_on(page)
        return f"partner number {self.applicant.partner_number}"

    def countersign(self) -> str:
        caf.countersign(self.desk("signatory"), self.applicant.structure)
        mail = self.outbox.wait_for_mail(self.applicant.email, "Félicitations")
        return f"the mail «{mail.subject}»"

    def look_up(self) -> str:
        def listed() -> bool:
            return self.applicant.structure in self._browser().open("/partenaires").text

        wait_for(listed, "the club shows in /partenaires", 20, every_s=0.3)
        return f"/partenaires shows «{self.applicant.structure}»"

    # ── the pass ─────────────────────────────────────────────────────────────────────────────────
    def open_season(self) -> str:
        children = passes.beneficiaries(24, caf.first_birth_year(), self._mark)
        return caf.open_season(self.desk("administrator"), children, self._mark)

    def pass_of(self, index: int, within_s: float = 40) -> passes.Pass:
        """What the mail to the index-th family brought."""
        address = passes.family_email(index, self._mark)
        return passes.pass_in(self.outbox.wait_for_mail(address, passes.MAIL_SAYS, within_s))

    def receive_pass(self) -> str:
        self.child = self.pass_of(0)
        return f"a code, a QR that a camera reads, {self.child.balance_cents / 100:.2f} €"

    def pair(self) -> str:
        code = partner.pairing_code(self.club, "Accueil")

        def paired() -> Terminal | None:
            try:
                return Terminal.pair(self.platform.base_url, code, "Accueil")
            except Problem as problem:
                if problem.status == 503:
                    return None
                raise

        self.terminal = wait_for(paired, "the terminal is paired", 10) or self.terminal
        return f"terminal {self.terminal.terminal_id}"

    def record_and_cancel(self) -> str:
        checked = self.until_active(lambda: self.terminal.check(qr=self.child.qr))
        see(checked["usable"] and checked["balance_cents"] == self.child.balance_cents, f"the check says {checked}")
        first = self.terminal.record(1_000, qr=self.child.qr)
        cancelled = self.terminal.cancel(first["number"])
        see(cancelled["state"] == "cancelled", f"the transaction is {cancelled['state']}")
        see(self._balance() == self.child.balance_cents, "the balance did not come back")
        return f"{first['number']} cancelled, the balance is back"

    def until_active(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What the call answers; the platform may still be telling its services that the partner is active."""
        found: dict[str, Any] = {}

        def answered() -> bool:
            try:
                found.update(call())
            except Problem as problem:
                if problem.code not in ("partner_inactive", "unavailable"):
                    raise
            return bool(found)

        wait_for(answered, "the partner may record", 20, every_s=0.2)
        return found

    def _balance(self) -> int:
        return int(self.terminal.check(qr=self.child.qr)["balance_cents"])

    def record(self) -> str:
        key = str(uuid4())
        self.recorded = self._record_whatever_happens(key)
        again = self.terminal.record(AMOUNT_CENTS, key, qr=self.child.qr)
        see(again["number"] == self.recorded["number"], "the same key made a second transaction")
        numbers = [one["number"] for one in self.terminal.transactions() if one["state"] == "recorded"]
        see(numbers == [self.recorded["number"]], f"the list shows {numbers}")
        see(self._balance() == self.child.balance_cents - AMOUNT_CENTS, "the balance was not debited once")
        killed = f"; {self._kill} was killed in the middle, the transaction is there once" if self._kill else ""
        return f"{self.recorded['number']} of {AMOUNT_CENTS / 100:.2f} €, replayed to the same answer{killed}"

    def _record_whatever_happens(self, key: str) -> dict[str, Any]:
        """Record; with --kill, kill -9 meanwhile, and repeat with the same key until there is an answer."""
        killer = Thread(target=self.platform.kill, args=(self._kill,)) if self._kill else None
        if killer:
            killer.start()
        found: dict[str, Any] = {}

        def answered() -> bool:
            try:
                found.update(self.terminal.record(AMOUNT_CENTS, key, qr=self.child.qr))
            except (requests.RequestException, Problem) as fault:
                if isinstance(fault, Problem) and fault.status < 500 and fault.code != "idempotency_in_progress":
                    raise
            return bool(found)

        wait_for(answered, "the transaction is recorded", 60, every_s=0.2)
        if killer:
            killer.join()
        return found

    # ── the money ────────────────────────────────────────────────────────────────────────────────
    def pass_midnight(self) -> str:
        (self.platform.var / "clock").write_text("+1d", encoding="ascii")
        number = self.recorded["number"]
        wait_for(lambda: partner.is_locked(self.club, number), f"{number} is locked", 30, every_s=0.3)
        return f"«Mes transactions» shows {number} as «À rembourser»"

    def pay(self) -> str:
        return caf.pay(self.desk("preparer"), self.desk("releaser"), self.agents["releaser"])

    def look_at_documents(self) -> str:
        amounts = payments.amounts_in(caf.bank_file(self.desk("releaser")))
        see(amounts == [AMOUNT_CENTS], f"the bank file pays {amounts}")
        slip = payments.text_of(partner.slip(self.club))
        named = [word for words in passes.CHILDREN for word in words if word in slip]
        see(not named, f"the slip names {named}")
        see(self.recorded["number"] in slip, "the slip does not name the transaction")
        return f"pain.001.001.09 of {amounts[0] / 100:.2f} €; a slip with {self.recorded['number']} and no name"

    def finance_received(self) -> str:
        return self.finance.received(self.applicant.partner_number, AMOUNT_CENTS)


def open_agent(platform: Platform, email: str) -> Agent:
    """The administrator that an operator's command makes, ready to sign in."""
    names = ["--first-name", "Anne", "--last-name", "Administrator", "--roles", "administrator"]
    printed = platform.run("-m", "services.identity", "create-agent", "--email", email, *names, "--ready")
    found = json.loads(printed.splitlines()[-1])
    return Agent(found["login"], found["password"], found["totp_secret"])
