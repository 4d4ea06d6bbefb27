"""Typed client of the identity service: sessions, accounts, delegations, terminals, agents.

Refusals arrive as `services.chassis.refusals.Refused(code, fields)`; the codes of this service and their
French
sentences are in `gateway/refusals/identity.py`.
"""

from typing import Any

from gateway.clients import identity_results as results
from gateway.clients.base import ServiceClient, Waiting


def shown(code: str | None) -> dict[str, Any]:
    """The code of who has a second factor; nothing else is said, to an identity of before there were any."""
    return {"code": code} if code else {}


class SessionsClient(ServiceClient):
    """Signing in, the session behind the cookie, and what the signed-in person does with it."""

    service = "identity"

    def sign_in(
        self,
        kind: str,
        login: str,
        password: str,
        *,
        ip: str,
        user_agent: str,
        device_token: str | None = None,
    ) -> results.SignedIn:
        """`kind` is "partner" or "agent". Refuses `sign_in_failed` (whatever was wrong), `too_many_attempts`
        {retry_after_s}, `provisional_password_expired`."""
        return self._call(
            "sign_in",
            kind=kind,
            login=login,
            password=password,
            ip=ip,
            user_agent=user_agent,
            device_token=device_token,
        )

    def confirm_totp(self, step_token: str, code: str) -> results.OpenedSession:
        """`code`: six digits, or a recovery code. Refuses `totp_wrong`, `too_many_attempts`,
        `step_expired`."""
        return self._call("confirm_totp", step_token=step_token, code=code)

    def totp_enrolment(self, step_token: str) -> results.Enrolment:
        return self._call("totp_enrolment", step_token=step_token)

    def confirm_enrolment(self, step_token: str, code: str) -> results.EnrolledSession:
        """The recovery codes are shown this once."""
        return self._call("confirm_enrolment", step_token=step_token, code=code)

    def resolve_session(self, session_token: str) -> results.Viewer:
        """Refuses `session_unknown` (never existed, closed, idle or too old). The caller may cache the answer
        until `actor_expires_at`, and drops it after choose_structure, leave_structure and
        personalise_password."""
        return self._call("resolve_session", idempotent=True, session_token=session_token)

    def choose_structure(self, structure_id: str) -> results.OpenedSession:
        """Administer this structure from now on. The session gets a new token (set the cookie again), so that
        nothing cached under the old one is used any more. Refuses `structure_not_yours`."""
        return self._call("choose_structure", structure_id=structure_id)

    def leave_structure(self) -> results.OpenedSession:
        """Back to the personal space; a new token as well."""
        return self._call("leave_structure")

    def sessions(self) -> dict[str, list[results.SessionItem]]:
        """{"items": […]}: the open sessions of the caller's account."""
        return self._call("sessions", idempotent=True)

    def close_session(self, session_id: str | None = None) -> dict[str, Any]:
        """Closes one of the caller's sessions; without an id, the one in use («Se déconnecter»)."""
        return self._call("close_session", session_id=session_id)

    def close_other_sessions(self) -> dict[str, Any]:
        return self._call("close_other_sessions")

    def step_up(self, act: str, *, password: str | None = None, totp: str | None = None) -> results.Proof:
        """A short-lived proof, for one kind of `act` (`bank_account:change`, `batch:release` …), that the
        person has just shown the password (partners; with a fresh code if they have a second factor) or
        a fresh code (agents). The service that owns the act
        checks it with `services.chassis.actor.verify_proof`. Refuses `step_up_failed`,
        `too_many_attempts`."""
        return self._call("step_up", act=act, password=password, totp=totp)


class AccountClient(ServiceClient):
    """One's own account: password, e-mail, mobile, names, export and erasure."""

    service = "identity"

    def personalise_password(self, password: str, *, ip: str, user_agent: str) -> results.OpenedSession:
        """Replaces the provisional password; the session is rotated, so set the cookie again."""
        return self._call("personalise_password", password=password, ip=ip, user_agent=user_agent)

    def change_password(
        self, current: str, password: str, code: str | None = None, *, ip: str, user_agent: str
    ) -> results.OpenedSession:
        """Closes every other session and rotates this one. `code`: of who has a second factor. Refuses
        `step_up_failed`, `totp_wrong`, `validation_failed`."""
        return self._call(
            "change_password", current=current, password=password, ip=ip, user_agent=user_agent, **shown(code)
        )

    def request_password_reset(self, email: str) -> dict[str, Any]:
        """Always answers {}: whether the address is known is never told."""
        return self._call("request_password_reset", email=email)

    def reset_password(self, token: str, password: str) -> dict[str, Any]:
        """{"kind": "person" | "agent"}: which sign-in page follows. Refuses `link_invalid`, `validation_failed`."""
        return self._call("reset_password", link_token=token, password=password)

    def person(self) -> results.OwnPerson:
        return self._call("person", idempotent=True)

    def persons(self, account_ids: list[str]) -> dict[str, results.PersonName]:
        """Unknown accounts, and those that the caller may not see, are left out."""
        return self._call("persons", idempotent=True, account_ids=account_ids)

    def update_person(self, civility: str, first_name: str, last_name: str, position: str | None) -> results.OwnPerson:
        return self._call(
            "update_person", civility=civility, first_name=first_name, last_name=last_name, position=position
        )

    def request_email_change(self, email: str, password: str, code: str | None = None) -> dict[str, Any]:
        """Mails a link to both addresses; both must be followed. Refuses `step_up_failed`, `totp_wrong`,
        `email_already_used`."""
        return self._call("request_email_change", email=email, password=password, **shown(code))

    def confirm_email_change(self, token: str) -> dict[str, Any]:
        """{"state": "waiting_for_other_address" | "changed"}. Refuses `link_invalid`,
        `email_already_used`."""
        return self._call("confirm_email_change", link_token=token)

    def cancel_email_change(self) -> dict[str, Any]:
        return self._call("cancel_email_change")

    def request_mobile_change(self, mobile: str, password: str, code: str | None = None) -> dict[str, Any]:
        """{"masked_phone"}: a code leaves to the new number. Refuses `step_up_failed`, `totp_wrong`,
        `too_many_mobile_codes`."""
        return self._call("request_mobile_change", mobile=mobile, password=password, **shown(code))

    def confirm_mobile_change(self, code: str) -> results.OwnPerson:
        """Refuses `mobile_code_wrong` {tries_left}, `mobile_code_expired`."""
        return self._call("confirm_mobile_change", code=code)

    def export_person(self) -> dict[str, Any]:
        """All that the service holds about the caller, for reading (GDPR article 15)."""
        return self._call("export_person", idempotent=True)

    def erase_person(self, password: str, code: str | None = None) -> dict[str, Any]:
        """Closes the caller's account and erases its personal data. Refuses `step_up_failed`, `totp_wrong`,
        `last_administrator`."""
        return self._call("erase_person", password=password, **shown(code))


class DelegatesClient(ServiceClient):
    """«Mes délégués» and the transfer of the legal representative."""

    service = "identity"

    def delegates(self) -> dict[str, list[results.DelegateItem]]:
        """{"items": […]} for the caller's structure, the legal representative first."""
        return self._call("delegates", idempotent=True)

    def open_establishments(self) -> dict[str, list[dict[str, str]]]:
        """{"items": [{establishment_id, name}]}: where a right or a terminal can be limited to."""
        return self._call("open_establishments", idempotent=True)

    def add_delegate(self, first_name: str, last_name: str, email: str) -> dict[str, str]:
        """{"account_id"}: creates the person account and mails it; grants nothing yet. Refuses
        `validation_failed`, `email_already_used` {which}, `already_delegate`."""
        return self._call("add_delegate", first_name=first_name, last_name=last_name, email=email)

    def remove_delegate(self, account_id: str) -> dict[str, Any]:
        return self._call("remove_delegate", account_id=account_id)

    def grant_delegation(
        self, account_id: str, role: str, establishment_id: str | None = None, ends_on: str | None = None
    ) -> dict[str, str]:
        """{"delegation_id"}. Refuses `delegate_unknown`, `already_delegated`, `establishment_unknown`."""
        return self._call(
            "grant_delegation",
            account_id=account_id,
            role=role,
            establishment_id=establishment_id,
            ends_on=ends_on,
        )

    def revoke_delegation(self, delegation_id: str) -> dict[str, Any]:
        """Effective at once. Refuses `delegation_unknown`, `last_administrator`."""
        return self._call("revoke_delegation", delegation_id=delegation_id)

    def request_transfer(
        self,
        civility: str,
        first_name: str,
        last_name: str,
        position: str,
        email: str,
        mobile: str,
        reason: str,
        password: str,
        code: str | None = None,
    ) -> dict[str, str]:
        """{"transfer_id"}. Refuses `transfer_pending`, `step_up_failed`, `totp_wrong`, `email_already_used`,
        `validation_failed`."""
        return self._call(
            "request_transfer",
            civility=civility,
            first_name=first_name,
            last_name=last_name,
            position=position,
            email=email,
            mobile=mobile,
            reason=reason,
            password=password,
            **shown(code),
        )

    def own_transfer(self) -> results.Transfer | None:
        """The structure's latest request, decided or not."""
        return self._call("own_transfer", idempotent=True)["transfer"]

    def withdraw_transfer(self, transfer_id: str) -> dict[str, Any]:
        return self._call("withdraw_transfer", transfer_id=transfer_id)

    def transfers(
        self, state: str | None = None, *, age: str | None = None, cursor: str | None = None
    ) -> dict[str, Any]:
        """For the Caf: {"items": [Transfer], "next_cursor", "ages"}, oldest first. `age`: the code of a band."""
        return self._call("transfers", idempotent=True, state=state, age=age, cursor=cursor)

    def transfers_waiting(self) -> Waiting:
        return self._call("transfers_waiting", idempotent=True)

    def decide_transfer(self, transfer_id: str, accepted: bool, reason: str = "") -> results.Transfer:
        """Refuses `transfer_unknown`, `transfer_decided`, `email_already_used`."""
        return self._call("decide_transfer", transfer_id=transfer_id, accepted=accepted, reason=reason)


class TerminalsClient(ServiceClient):
    """«Mes terminaux», and what the SmartTPE API asks about a bearer token."""

    service = "identity"

    def terminals(self) -> dict[str, list[results.TerminalItem]]:
        return self._call("terminals", idempotent=True)

    def create_pairing(self, name: str, establishment_id: str | None = None) -> results.Pairing:
        """A pairing code, valid ten minutes and once. Refuses `establishment_unknown`,
        `too_many_pairings`."""
        return self._call("create_pairing", name=name, establishment_id=establishment_id)

    def pairing(self, pairing_id: str) -> results.Pairing:
        return self._call("pairing", idempotent=True, pairing_id=pairing_id)

    def pair_terminal(
        self,
        pairing_code: str,
        device_name: str,
        *,
        device_model: str | None = None,
        app_version: str | None = None,
        ip: str = "",
    ) -> results.PairedTerminal:
        """For `POST /terminals/pair`. Refuses `pairing_code_invalid` (wrong, used or expired: never told
        which),
        `too_many_attempts` {retry_after_s}."""
        return self._call(
            "pair_terminal",
            pairing_code=pairing_code,
            device_name=device_name,
            device_model=device_model,
            app_version=app_version,
            ip=ip,
        )

    def resolve_terminal(self, terminal_token: str) -> results.TerminalActor:
        """Refuses `terminal_token_invalid`, `terminal_token_revoked`. Cacheable until `actor_expires_at`."""
        return self._call("resolve_terminal", idempotent=True, terminal_token=terminal_token)

    def rename_terminal(self, terminal_id: str, name: str) -> dict[str, Any]:
        return self._call("rename_terminal", terminal_id=terminal_id, name=name)

    def limit_terminal(self, terminal_id: str, establishment_id: str | None) -> dict[str, Any]:
        return self._call("limit_terminal", terminal_id=terminal_id, establishment_id=establishment_id)

    def revoke_terminal(self, terminal_id: str) -> dict[str, Any]:
        """Effective at once. Refuses `terminal_unknown`."""
        return self._call("revoke_terminal", terminal_id=terminal_id)


class AgentsClient(ServiceClient):
    """The Caf's agents, for administrators; and the SMS provider's webhook."""

    service = "identity"

    def same_contact(self, structure_id: str) -> dict[str, list[dict[str, str]]]:
        """For instructors: {"items": [{structure_id, name}]}, other structures with the same mobile number."""
        return self._call("same_contact", idempotent=True, structure_id=structure_id)

    def agents(self) -> dict[str, list[results.AgentItem]]:
        return self._call("agents", idempotent=True)

    def add_agent(self, first_name: str, last_name: str, email: str, roles: list[str]) -> dict[str, str]:
        """{"account_id"}: mails a provisional password. Refuses `email_already_used`, `validation_failed`."""
        return self._call("add_agent", first_name=first_name, last_name=last_name, email=email, roles=roles)

    def set_agent_roles(self, account_id: str, roles: list[str]) -> dict[str, Any]:
        """Closes the agent's sessions. Refuses `last_caf_administrator`, `agent_unknown`."""
        return self._call("set_agent_roles", account_id=account_id, roles=roles)

    def suspend_agent(self, account_id: str) -> dict[str, Any]:
        return self._call("suspend_agent", account_id=account_id)

    def reactivate_agent(self, account_id: str) -> dict[str, Any]:
        return self._call("reactivate_agent", account_id=account_id)

    def renew_agent_access(self, account_id: str) -> dict[str, Any]:
        """A new provisional password is mailed and the authenticator has to be enrolled again."""
        return self._call("renew_agent_access", account_id=account_id)

    def record_sms_status(self, provider: str, url: str, parameters: dict[str, str], signature: str) -> dict[str, Any]:
        """The provider's delivery report. Refuses `sms_signature_invalid`."""
        return self._call("record_sms_status", provider=provider, url=url, parameters=parameters, signature=signature)


class IdentityClient(SessionsClient, AccountClient, DelegatesClient, TerminalsClient, AgentsClient):
    """All of it, for code that needs several of the parts."""

    service = "identity"
