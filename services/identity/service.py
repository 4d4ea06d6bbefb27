"""The identity service on the bus: each method loads, hands to its use case and answers."""

from typing import Any

from services.chassis.rpc import ANYONE, Call, Nothing, rpc
from services.chassis.service import Service
from services.identity import keeping, listening
from services.identity.domain.sessions import UNPERSONALISED
from services.identity.handlers import (
    agents,
    contact_changes,
    delegates,
    passwords,
    people,
    privacy,
    registrants,
    registrations,
    resolving,
    sessions,
    sign_in,
    terminals,
    texting,
    transfers,
)
from services.identity.handlers.waiting import RemindersReadable
from services.identity.messages import arguments
from services.identity.roles import ADMINISTERS, EVERYBODY, INSTRUCTS, KNOWN, PARTNERS, PERSONS, REPRESENTS, SIGNED_IN


class IdentityService(listening.Listening, keeping.Keeping, Service):
    """Who people are, how to reach them, what they may do."""

    name = "identity"
    reminders_readable = RemindersReadable()

    @rpc(arguments.SaveRegistration, demands={"service:partners"})
    def save_registration(self, call: Call) -> Any:
        """Keep the draft of a legal representative (step 4)."""
        with self.database.unit_of_work(call) as uow:
            return registrations.save_registration(uow, **call.arguments)

    @rpc(arguments.RegistrationId, demands={"service:partners"}, idempotent=True)
    def registration(self, call: Call) -> Any:
        """The draft's fields."""
        with self.database.unit_of_work(call) as uow:
            return registrations.registration(uow, **call.arguments)

    @rpc(arguments.ReserveAccounts, demands={"service:partners"}, idempotent=True)
    def reserve_accounts(self, call: Call) -> Any:
        """Take the structure's and the person's address, or neither."""
        with self.database.unit_of_work(call) as uow:
            return registrations.reserve_accounts(uow, **call.arguments)

    @rpc(arguments.Registrant, demands={"service:partners"}, idempotent=True)
    def registrant(self, call: Call) -> Any:
        """The legal representative of a submitted application, for its review."""
        with self.database.unit_of_work(call) as uow:
            return registrants.registrant(uow, **call.arguments)

    @rpc(arguments.StructureEmail, demands={"service:partners"}, idempotent=True)
    def change_structure_email(self, call: Call) -> Any:
        """The structure's account gets the corrected address."""
        with self.database.unit_of_work(call) as uow:
            return registrants.change_structure_email(uow, **call.arguments)

    @rpc(arguments.SigningCode, demands={"legal_representative"})
    def send_signing_code(self, call: Call) -> Any:
        """Send the convention's code to the caller's own mobile."""
        return texting.send_signing_code(self.database, call, **call.arguments)

    @rpc(arguments.SignIn, demands=ANYONE)
    def sign_in(self, call: Call) -> Any:
        """Identifier and password."""
        return sign_in.sign_in(self.database, call, **call.arguments)

    @rpc(arguments.StepCode, demands=ANYONE)
    def confirm_totp(self, call: Call) -> Any:
        """The second step of whoever has an authenticator."""
        with self.database.unit_of_work(call) as uow:
            return sign_in.confirm_totp(uow, **call.arguments)

    @rpc(arguments.StepToken, demands=ANYONE, idempotent=True)
    def totp_enrolment(self, call: Call) -> Any:
        """What the QR code of a new authenticator carries."""
        with self.database.unit_of_work(call) as uow:
            return sign_in.totp_enrolment(uow, **call.arguments)

    @rpc(arguments.StepCode, demands=ANYONE)
    def confirm_enrolment(self, call: Call) -> Any:
        """The new authenticator works."""
        with self.database.unit_of_work(call) as uow:
            return sign_in.confirm_enrolment(uow, **call.arguments)

    @rpc(arguments.SessionToken, demands=ANYONE, idempotent=True)
    def resolve_session(self, call: Call) -> Any:
        """Who is behind a cookie."""
        return resolving.resolve_session(self.database, call, **call.arguments)

    @rpc(arguments.StructureId, demands=PERSONS)
    def choose_structure(self, call: Call) -> Any:
        """Administer this structure from now on."""
        with self.database.unit_of_work(call) as uow:
            return sessions.choose_structure(uow, **call.arguments)

    @rpc(Nothing, demands=PARTNERS)
    def leave_structure(self, call: Call) -> Any:
        """Back to the personal space."""
        with self.database.unit_of_work(call) as uow:
            return sessions.leave_structure(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def sessions(self, call: Call) -> Any:
        """The caller's open sessions."""
        with self.database.unit_of_work(call) as uow:
            return sessions.list_sessions(uow, **call.arguments)

    @rpc(arguments.SessionId, demands=EVERYBODY, idempotent=True)
    def close_session(self, call: Call) -> Any:
        """Sign out, or close one of the caller's sessions."""
        with self.database.unit_of_work(call) as uow:
            return sessions.close_session(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def close_other_sessions(self, call: Call) -> Any:
        """Keep only the session in use."""
        with self.database.unit_of_work(call) as uow:
            return sessions.close_other_sessions(uow, **call.arguments)

    @rpc(arguments.StepUp, demands=SIGNED_IN)
    def step_up(self, call: Call) -> Any:
        """A proof that the caller has just confirmed who they are."""
        return passwords.step_up(self.database, call, **call.arguments)

    @rpc(arguments.NewPassword, demands={UNPERSONALISED})
    def personalise_password(self, call: Call) -> Any:
        """Replace the provisional password."""
        return passwords.personalise_password(self.database, call, **call.arguments)

    @rpc(arguments.ChangePassword, demands=SIGNED_IN)
    def change_password(self, call: Call) -> Any:
        """Replace one's own password."""
        return passwords.change_password(self.database, call, **call.arguments)

    @rpc(arguments.EmailOnly, demands=ANYONE)
    def request_password_reset(self, call: Call) -> Any:
        """Mail a link, if somebody is there."""
        return passwords.request_password_reset(self.database, call, **call.arguments)

    @rpc(arguments.ResetPassword, demands=ANYONE)
    def reset_password(self, call: Call) -> Any:
        """Choose a new password by the mailed link."""
        return passwords.reset_password(self.database, call, **call.arguments)

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def person(self, call: Call) -> Any:
        """The caller's own account."""
        with self.database.unit_of_work(call) as uow:
            return people.person(uow, **call.arguments)

    @rpc(arguments.AccountIds, demands=KNOWN, idempotent=True)
    def persons(self, call: Call) -> Any:
        """Names by account, of those whom the caller may see."""
        with self.database.unit_of_work(call) as uow:
            return people.persons(uow, **call.arguments)

    @rpc(arguments.UpdatePerson, demands=SIGNED_IN)
    def update_person(self, call: Call) -> Any:
        """Change one's own names."""
        with self.database.unit_of_work(call) as uow:
            return people.update_person(uow, **call.arguments)

    @rpc(arguments.RequestEmailChange, demands=SIGNED_IN)
    def request_email_change(self, call: Call) -> Any:
        """Ask to change one's own address."""
        return contact_changes.request_email_change(self.database, call, **call.arguments)

    @rpc(arguments.LinkToken, demands=ANYONE)
    def confirm_email_change(self, call: Call) -> Any:
        """One of the two mailed links was followed."""
        with self.database.unit_of_work(call) as uow:
            return contact_changes.confirm_email_change(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def cancel_email_change(self, call: Call) -> Any:
        """Forget the request."""
        with self.database.unit_of_work(call) as uow:
            return contact_changes.cancel_email_change(uow, **call.arguments)

    @rpc(arguments.RequestMobileChange, demands=SIGNED_IN)
    def request_mobile_change(self, call: Call) -> Any:
        """Send a code to a new number."""
        return contact_changes.request_mobile_change(self.database, call, **call.arguments)

    @rpc(arguments.Code, demands=SIGNED_IN)
    def confirm_mobile_change(self, call: Call) -> Any:
        """The code that was sent."""
        with self.database.unit_of_work(call) as uow:
            return contact_changes.confirm_mobile_change(uow, **call.arguments)

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def export_person(self, call: Call) -> Any:
        """All that is held about the caller."""
        with self.database.unit_of_work(call) as uow:
            return privacy.export_person(uow, **call.arguments)

    @rpc(arguments.Identity, demands=PERSONS)
    def erase_person(self, call: Call) -> Any:
        """Close and erase the caller's own account."""
        return privacy.erase_person(self.database, call, **call.arguments)

    @rpc(Nothing, demands=ADMINISTERS, idempotent=True)
    def delegates(self, call: Call) -> Any:
        """«Mes délégués»."""
        with self.database.unit_of_work(call) as uow:
            return delegates.list_delegates(uow, **call.arguments)

    @rpc(arguments.AddDelegate, demands=ADMINISTERS)
    def add_delegate(self, call: Call) -> Any:
        """«Ajouter» … «Terminer»."""
        provisional = people.Provisional()
        with self.database.unit_of_work(call) as uow:
            return delegates.add_delegate(uow, provisional, **call.arguments)

    @rpc(arguments.AccountId, demands=REPRESENTS)
    def remove_delegate(self, call: Call) -> Any:
        """Take somebody out of the list."""
        with self.database.unit_of_work(call) as uow:
            return delegates.remove_delegate(uow, **call.arguments)

    @rpc(arguments.GrantDelegation, demands=REPRESENTS)
    def grant_delegation(self, call: Call) -> Any:
        """Let somebody act for the structure."""
        with self.database.unit_of_work(call) as uow:
            return delegates.grant_delegation(uow, **call.arguments)

    @rpc(arguments.DelegationId, demands=REPRESENTS)
    def revoke_delegation(self, call: Call) -> Any:
        """End a right at once."""
        with self.database.unit_of_work(call) as uow:
            return delegates.revoke_delegation(uow, **call.arguments)

    @rpc(arguments.RequestTransfer, demands=ADMINISTERS)
    def request_transfer(self, call: Call) -> Any:
        """Ask for another legal representative."""
        return transfers.request_transfer(self.database, call, **call.arguments)

    @rpc(Nothing, demands=ADMINISTERS, idempotent=True)
    def own_transfer(self, call: Call) -> Any:
        """The structure's latest request."""
        with self.database.unit_of_work(call) as uow:
            return transfers.own_transfer(uow, **call.arguments)

    @rpc(arguments.TransferId, demands=ADMINISTERS)
    def withdraw_transfer(self, call: Call) -> Any:
        """Take the request back."""
        with self.database.unit_of_work(call) as uow:
            return transfers.withdraw_transfer(uow, **call.arguments)

    @rpc(arguments.Transfers, demands=INSTRUCTS, idempotent=True)
    def transfers(self, call: Call) -> Any:
        """Requests, for the Caf."""
        with self.database.unit_of_work(call) as uow:
            return transfers.list_transfers(uow, **call.arguments)

    @rpc(Nothing, demands=INSTRUCTS, idempotent=True)
    def transfers_waiting(self, call: Call) -> Any:
        """How many requests wait for the Caf, since when, and by age."""
        with self.database.unit_of_work(call) as uow:
            return transfers.waiting(uow)

    @rpc(arguments.DecideTransfer, demands=INSTRUCTS)
    def decide_transfer(self, call: Call) -> Any:
        """Accept or refuse a request."""
        provisional = people.Provisional()
        with self.database.unit_of_work(call) as uow:
            return transfers.decide_transfer(uow, provisional, **call.arguments)

    @rpc(arguments.StructureId, demands={"instructor"}, idempotent=True)
    def same_contact(self, call: Call) -> Any:
        """Other structures with the same representative's mobile."""
        with self.database.unit_of_work(call) as uow:
            return privacy.same_contact(uow, **call.arguments)

    @rpc(Nothing, demands=ADMINISTERS, idempotent=True)
    def open_establishments(self, call: Call) -> Any:
        """The structure's establishments, to limit a delegation or a terminal to one."""
        with self.database.unit_of_work(call) as uow:
            return delegates.open_establishments(uow, **call.arguments)

    @rpc(Nothing, demands=ADMINISTERS, idempotent=True)
    def terminals(self, call: Call) -> Any:
        """«Mes terminaux»."""
        with self.database.unit_of_work(call) as uow:
            return terminals.list_terminals(uow, **call.arguments)

    @rpc(arguments.CreatePairing, demands=ADMINISTERS)
    def create_pairing(self, call: Call) -> Any:
        """«Appairer un terminal»."""
        with self.database.unit_of_work(call) as uow:
            return terminals.create_pairing(uow, **call.arguments)

    @rpc(arguments.PairingId, demands=ADMINISTERS, idempotent=True)
    def pairing(self, call: Call) -> Any:
        """What became of a pairing code."""
        with self.database.unit_of_work(call) as uow:
            return terminals.show_pairing(uow, **call.arguments)

    @rpc(arguments.PairTerminal, demands=ANYONE)
    def pair_terminal(self, call: Call) -> Any:
        """A device shows its pairing code."""
        with self.database.unit_of_work(call) as uow:
            return terminals.pair_terminal(uow, **call.arguments)

    @rpc(arguments.TerminalToken, demands=ANYONE, idempotent=True)
    def resolve_terminal(self, call: Call) -> Any:
        """Who is behind a bearer token."""
        return resolving.resolve_terminal(self.database, call, **call.arguments)

    @rpc(arguments.RenameTerminal, demands=ADMINISTERS, idempotent=True)
    def rename_terminal(self, call: Call) -> Any:
        """Give a terminal another name."""
        with self.database.unit_of_work(call) as uow:
            return terminals.rename_terminal(uow, **call.arguments)

    @rpc(arguments.LimitTerminal, demands=ADMINISTERS, idempotent=True)
    def limit_terminal(self, call: Call) -> Any:
        """Limit a terminal to one establishment, or not."""
        with self.database.unit_of_work(call) as uow:
            return terminals.limit_terminal(uow, **call.arguments)

    @rpc(arguments.TerminalId, demands=ADMINISTERS)
    def revoke_terminal(self, call: Call) -> Any:
        """Withdraw a terminal at once."""
        with self.database.unit_of_work(call) as uow:
            return terminals.revoke_terminal(uow, **call.arguments)

    @rpc(Nothing, demands={"administrator"}, idempotent=True)
    def agents(self, call: Call) -> Any:
        """The Caf's agents."""
        with self.database.unit_of_work(call) as uow:
            return agents.list_agents(uow, **call.arguments)

    @rpc(arguments.AddAgent, demands={"administrator"})
    def add_agent(self, call: Call) -> Any:
        """A new agent."""
        provisional = people.Provisional()
        with self.database.unit_of_work(call) as uow:
            return agents.add_agent(uow, provisional, **call.arguments)

    @rpc(arguments.AgentRoles, demands={"administrator"}, idempotent=True)
    def set_agent_roles(self, call: Call) -> Any:
        """Change what an agent may do."""
        with self.database.unit_of_work(call) as uow:
            return agents.set_agent_roles(uow, **call.arguments)

    @rpc(arguments.AccountId, demands={"administrator"}, idempotent=True)
    def suspend_agent(self, call: Call) -> Any:
        """Keep an agent out for now."""
        with self.database.unit_of_work(call) as uow:
            return agents.suspend_agent(uow, **call.arguments)

    @rpc(arguments.AccountId, demands={"administrator"}, idempotent=True)
    def reactivate_agent(self, call: Call) -> Any:
        """Let a suspended agent in again."""
        with self.database.unit_of_work(call) as uow:
            return agents.reactivate_agent(uow, **call.arguments)

    @rpc(arguments.AccountId, demands={"administrator"})
    def renew_agent_access(self, call: Call) -> Any:
        """New provisional password and authenticator."""
        provisional = people.Provisional()
        with self.database.unit_of_work(call) as uow:
            return agents.renew_agent_access(uow, provisional, **call.arguments)

    @rpc(arguments.SmsReport, demands=ANYONE, idempotent=True)
    def record_sms_status(self, call: Call) -> Any:
        """A provider's delivery report."""
        with self.database.unit_of_work(call) as uow:
            return texting.record_sms_status(uow, **call.arguments)
