"""Everything that identity writes to somebody about happens once: in an application, to accounts, to what others
announce. What each mail must say, and what it may keep to itself, is written down beside what causes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from uuid import uuid4

from deploy.local.waiting import wait_for
from services.chassis import clock
from tests.integration.identity.test_rights import PERSON
from tests.integration.identity.test_second_factor import Phone, puts_on
from tests.integration.identity.test_sign_in import enrolled_agent
from tests.integration.identity.world import PASSWORD, World, link_in, now, password_in

CLUB = "L'Étoile de l'Est <Judo> & Fils"
LATE = "Club du Soir"
WHY = "Activité <hors champ> & périmée"
INSTRUCTOR, SIGNATORY = "ines@caf.example", "sam@caf.example"
AGENTS = {INSTRUCTOR, SIGNATORY, "boss@caf.example"}


@dataclass
class Expected:
    """One template: who gets it, and what it names."""

    to: set[str]
    says: tuple[str, ...]


@dataclass
class Story:
    """What was caused, and the secrets that came up: each belongs into the mails of some templates alone."""

    world: World
    expected: dict[str, Expected] = field(default_factory=dict)
    secrets: dict[str, set[str]] = field(default_factory=dict)

    def expect(self, template: str, to: str | Iterable[str], *says: str) -> None:
        self.expected[template] = Expected({to} if isinstance(to, str) else set(to), says)

    def hide(self, *secrets: str, but_in: Iterable[str] = ()) -> None:
        self.secrets |= {secret: set(but_in) for secret in secrets}

    def not_for(self, template: str) -> list[str]:
        """The secrets that a mail of this template must not hold."""
        return [secret for secret, held_by in self.secrets.items() if template not in held_by]

    def tell(self) -> "Story":
        """Make it all happen."""
        self._the_caf_has_agents()
        self._a_club_applies()
        self._things_wait_too_long()
        self._another_acts_for_it()
        self._its_account_changes()
        self._the_representative_changes()
        self._others_announce()
        return self

    # -- people -------------------------------------------------------------------------------------------------------

    def _the_caf_has_agents(self) -> None:
        administrator = self.world.call_as("administrator", "agent")
        for address, role in ((INSTRUCTOR, "instructor"), (SIGNATORY, "signatory")):
            administrator("add_agent", first_name="Dominique", last_name="Caf", email=address, roles=[role])
        boss = enrolled_agent(self.world, "boss", "administrator")
        self.world.rows("UPDATE accounts SET state = 'active' WHERE kind = 'agent'")
        self.boss, self.boss_phone = boss["session_token"], Phone(self.world, boss["secret"], [])
        self.hide(boss["secret"], *boss["recovery_codes"])
        self.hide(*(self.world.agent_password(agent) for agent in AGENTS), but_in={"agent_activation"})
        self.expect("agent_activation", AGENTS)

    def _administrator(self, method: str, **arguments: str) -> None:
        self.world.call(method, token=self.world.viewer(self.boss)["actor_token"], **arguments)

    def _a_club_applies(self) -> None:
        self.partner = self.world.representative(CLUB)
        self.both = {self.partner.email, self.partner.structure_email}
        self.hide(PASSWORD, "612345678", "06 12 34 56 78", self.partner.session)
        self.hide(self.partner.provisional_password, but_in={"activation"})
        self.expect("structure_information", self.partner.structure_email)
        self.expect("activation", self.partner.email, CLUB, self.partner.email, self.partner.provisional_password)

    def _things_wait_too_long(self) -> None:
        """The service's own timer recalls them while the story goes on."""
        late = self.world.apply(LATE)
        self.hide(late.provisional_password, but_in={"activation"})
        told, fresh = {"structure_id": late.structure_id}, lambda: str(uuid4())
        corrected = {"application_id": fresh(), "round": 1, "items": [], "message": ""}
        account = {"bank_account_id": fresh(), "version": 2, "in_force_not_before": None}
        renewed = {"kind": "renewal", "current_ends_on": "2027-01-02"}
        for offered in ({"kind": "initial"}, renewed):
            self.world.announce("conventions", "convention_prepared.v1", convention_id=fresh(), **offered, **told)
        for structure_id in (late.structure_id, self.partner.structure_id):
            ready = {"convention_id": fresh(), "structure_id": structure_id, "kind": "initial"}
            self.world.announce("conventions", "convention_countersignable.v1", **ready, current_ends_on=None)
        self.world.announce("partners", "application_resubmitted.v1", application_id=fresh(), round=2, **told)
        self.world.announce("partners", "application_correction_requested.v1", **corrected, **told)
        self.world.announce("partners", "bank_account_submitted.v1", **account, **told)
        wait_for(lambda: self._waiting() == (7, 2), "every kind of thing waits, two conventions among them", 20)
        self.world.rows("UPDATE waiting SET due_at = now() - interval '1 minute'")
        self.expect("convention_countersignable", SIGNATORY)
        self.expect("reminder_activation", late.email, LATE, late.email)
        self.expect("reminder_signature", late.email, LATE)
        self.expect("reminder_renewal", late.email, LATE, "2 janvier 2027")
        self.expect("reminder_correction", late.email, LATE)
        self.expect("reminder_review", INSTRUCTOR, LATE)
        self.expect("reminder_bank_account", INSTRUCTOR, LATE)
        self.expect("reminder_counter_signature", SIGNATORY, LATE, CLUB)

    def _waiting(self) -> tuple[int, int]:
        conventions = "count(*) FILTER (WHERE kind = 'counter_signature')"
        return self.world.rows(f"SELECT count(DISTINCT kind), {conventions} FROM waiting")[0]

    def _another_acts_for_it(self) -> None:
        address = "zoe.story@exemple.fr"
        person = {"first_name": "Zoé", "last_name": "Benali", "email": address}
        account_id = self.partner.call("add_delegate", **person)["account_id"]
        self.hide(password_in(self.world.mail(address, "compte personnel")), but_in={"activation"})
        ends_on = clock.today()
        granted = self.partner.call("grant_delegation", account_id=account_id, role="cashier", ends_on=str(ends_on))
        self.expect("delegation_granted", address, CLUB, "encaisseur")
        self.partner.call("revoke_delegation", delegation_id=granted["delegation_id"])
        self.expect("delegation_ended", address, CLUB)
        self.partner.call("remove_delegate", account_id=account_id)
        self.partner.call("add_delegate", **person)
        self.expect("delegate_added", address, CLUB)

    # -- accounts -----------------------------------------------------------------------------------------------------

    def _its_account_changes(self) -> None:
        address = self.partner.email
        self._another_password(address)
        self.partner.activate_again(PASSWORD)
        self.partner.choose()
        self._another_mobile(address)
        self._a_second_factor(address)
        self._another_address()

    def _another_password(self, address: str) -> None:
        self.world.call("request_password_reset", email=address)
        link = self.world.reset_link(address, 1)
        self.expect("password_reset", address)
        self.hide(link, but_in={"password_reset"})
        self.world.call("reset_password", link_token=link, password=PASSWORD)
        self.expect("password_changed", address)

    def _another_mobile(self, address: str) -> None:
        mobile = "+33698765432"
        self.partner.call("request_mobile_change", mobile=mobile, password=PASSWORD)
        sent = wait_for(
            lambda: [sms for sms in self.world.running.text_messages() if sms["to"] == mobile], "the code", 20
        )
        code = re.search(r"\d{6}", sent[-1]["body"])[0]
        self.partner.call("confirm_mobile_change", code=code)
        self.expect("mobile_changed", address, "32")
        self.hide(code, mobile, "698765432", "06 98 76 54 32")

    def _a_second_factor(self, address: str) -> None:
        phone = puts_on(self.world, self.partner)
        self.expect("second_factor_on", address)
        self.hide(*phone.recovery_codes)
        self.partner.call("take_off_second_factor", password=PASSWORD, code=phone.code())
        self.expect("second_factor_off", address)
        puts_on(self.world, self.partner)
        account_id = self.partner.viewer["account_id"]
        asked = {"account_id": account_id, "checked": "called_back", "code": self.boss_phone.code()}
        self._administrator("reset_second_factor", **asked)
        self.expect("second_factor_reset", address)
        self._sign_in_again()
        self._administrator("end_sessions", account_id=account_id)
        self.expect("sessions_ended", address)
        self._sign_in_again()

    def _sign_in_again(self) -> None:
        self.partner.activate_again(PASSWORD)
        self.partner.choose()

    def _another_address(self) -> None:
        old, fresh = self.partner.email, "ada.fresh@exemple.fr"
        self.partner.call("request_email_change", email=fresh, password=PASSWORD)
        self.expect("email_change", (old, fresh), fresh)
        for address in (old, fresh):
            token = link_in(self.world.mail(address, "Confirmez le changement"), "/compte/adresse")
            self.hide(token, but_in={"email_change"})
            self.world.call("confirm_email_change", link_token=token)
        self.expect("email_changed", (old, fresh), fresh)
        self.partner.email = fresh
        self.both = {fresh, self.partner.structure_email}

    def _the_representative_changes(self) -> None:
        caf = self.world.call_as("instructor", "agent")
        asked = self.partner.call("request_transfer", email="linh.story@exemple.fr", **PERSON)["transfer_id"]
        self.expect("transfer_requested", self.both, CLUB, "Linh Nguyen")
        self.expect("transfer_to_decide", INSTRUCTOR, CLUB)
        caf("decide_transfer", transfer_id=asked, accepted=False, reason=WHY)
        self.expect("transfer_rejected", self.partner.email, CLUB, WHY)
        asked = self.partner.call("request_transfer", email="linh.story@exemple.fr", **PERSON)["transfer_id"]
        caf("decide_transfer", transfer_id=asked, accepted=True)
        here = "linh.story@exemple.fr"
        self.expect("representative_changed", {self.partner.email, here, self.partner.structure_email}, CLUB, "Linh")
        self.hide(password_in(self.world.mail(here, "compte personnel")), but_in={"activation"})
        self.representative, self.both = here, {here, self.partner.structure_email}

    # -- what others announce -----------------------------------------------------------------------------------------

    def _announced(self, publisher: str, event: str, **data: object) -> None:
        self.world.announce(publisher, event, structure_id=self.partner.structure_id, **data)

    def _others_announce(self) -> None:
        self._an_application_goes_on()
        self._a_convention_goes_on()
        self._a_convention_is_followed()
        self._money_goes_on()
        self._somebody_asks()

    def _an_application_goes_on(self) -> None:
        corrected = {"items": [{"kind": "rib", "label": "RIB", "reason": WHY}], "message": "Une photo suffit."}
        self._announced(
            "partners", "application_correction_requested.v1", application_id=str(uuid4()), round=1, **corrected
        )
        self.expect("correction_requested", self.representative, CLUB, "RIB", WHY, "Une photo suffit.")
        self._announced("partners", "application_rejected.v1", application_id=str(uuid4()), reason=WHY)
        self.expect("application_rejected", self.representative, CLUB, WHY)

    def _a_convention_goes_on(self) -> None:
        ids = {"convention_id": str(uuid4())}
        self._announced("conventions", "convention_signed.v1", **ids, signed_at=now(), document_sha256="0" * 64)
        self.expect("convention_received", self.representative)
        self.expect("convention_to_sign", SIGNATORY, CLUB)
        self._announced(
            "conventions", "convention_activated.v1", **ids, partner_number="93-000017", activated_at=now()
        )
        self.expect("congratulations", self.representative, "93-000017")
        self._announced("conventions", "convention_refused.v1", **ids, reason=WHY, cause="decision")
        self.expect("convention_refused", self.representative, CLUB, WHY)
        self._announced("conventions", "convention_replaced.v1", **ids, effective_on="2027-01-02")
        self.expect("convention_replaced", self.representative, CLUB, "2 janvier 2027")
        ended = {**ids, "effective_on": "2027-01-02", "reason": WHY}
        self._announced("conventions", "convention_terminated.v1", **ended)
        self.expect("convention_terminated", self.both, CLUB, "2 janvier 2027", WHY)
        self._announced("conventions", "convention_terminated.v1", **ended, cause="term", renewal="prepared")
        self.expect("convention_not_renewed", self.both, CLUB, "1er janvier 2027")
        self._announced("conventions", "convention_termination_withdrawn.v1", **ended)
        self.expect("convention_termination_withdrawn", self.both, CLUB, "2 janvier 2027", WHY)

    def _a_convention_is_followed(self) -> None:
        for kind, ends_on, template in (
            ("renewal", "2027-01-02", "renewal_offered"),
            ("amendment", "2027-01-02", "amendment_offered"),
            ("initial", None, "convention_offered"),
        ):
            follows = {"kind": kind, "replaces_id": str(uuid4()), "current_ends_on": ends_on}
            self._announced("conventions", "convention_prepared.v1", convention_id=str(uuid4()), **follows)
            self.expect(template, self.both, CLUB, *(["2 janvier 2027"] if ends_on else []))

    def _money_goes_on(self) -> None:
        for what, more, *says in (
            ("submitted", {"in_force_not_before": "2026-03-03T09:00:00+00:00"}, "3 mars 2026"),
            ("verified", {"iban_masked": "FR76 •••• 1234"}, "FR76 •••• 1234"),
            ("rejected", {"reason": WHY}, WHY),
        ):
            self._announced("partners", f"bank_account_{what}.v1", bank_account_id=str(uuid4()), version=2, **more)
            self.expect(f"bank_account_{what}", self.both, CLUB, *says)
        payout = {"payout_id": str(uuid4()), "slip_number": "B-2026-0007"}
        self._announced("payouts", "payout_state_changed.v1", **payout, state="paid", reason=None)
        self.expect("payout_paid", self.representative, CLUB, "B-2026-0007")
        self._announced("payouts", "payout_state_changed.v1", **payout, state="returned", reason="AC04")
        self.expect("payout_returned", self.representative, CLUB, "B-2026-0007", "AC04")
        self._announced("payouts", "payout_held.v1", reason="account_missing", amount_cents=123_450)
        self.expect("payout_held", self.representative, CLUB, "1 234,50 €")

    def _somebody_asks(self) -> None:
        contested = {"contestation_id": str(uuid4()), "number": "T2600000042", "opened_by": "family"}
        self._announced("transactions", "contestation_opened.v1", **contested)
        self.expect("contestation_opened", self.representative, CLUB, "T2600000042")
        self.expect("contestation_to_decide", INSTRUCTOR, CLUB, "T2600000042")
        decided = {"number": "T2600000042", "correction_cents": -1_250, "accepted": True}
        self._announced("transactions", "contestation_decided.v1", **decided)
        self.expect("contestation_decided", self.representative, CLUB, "T2600000042", "12,50 €")
        account_id = self.partner.viewer["account_id"]
        for from_caf in (False, True):
            asked = {"request_id": str(uuid4()), "account_id": account_id, "from_caf": from_caf}
            self._announced("partners", "assistance_message_posted.v1", **asked)
        self.expect("assistance_asked", INSTRUCTOR)
        self.expect("assistance_answered", self.partner.email)


def sent(story: Story) -> dict[str, list[EmailMessage]]:
    """Every mail that has left, by template, once each template that was caused has reached all who should have it."""

    def found() -> dict[str, list[EmailMessage]] | None:
        template_of = dict(story.world.rows("SELECT id::text, template FROM mail"))
        by_template: dict[str, list[EmailMessage]] = {}
        for mail in story.world.running.mails():
            mail_id = str(mail["Message-ID"]).strip("<").partition("@")[0]
            by_template.setdefault(template_of[mail_id], []).append(mail)
        told = {name: {str(mail["To"]) for mail in mails} for name, mails in by_template.items()}
        missing = {name for name, wanted in story.expected.items() if not wanted.to <= told.get(name, set())}
        return by_template if not missing else None

    return wait_for(found, "every mail of the story has left", 30)
