"""Typed client of the identity service: second factors, and partners' accounts as administrators see them."""

from typing import Any

from gateway.clients import identity_results as results
from gateway.clients.base import ServiceClient


class SecondFactorClient(ServiceClient):
    """A partner's own second factor. The authenticator itself is enrolled as an agent's is: with the step of
    `begin_enrolment`, `SessionsClient.totp_enrolment` and `confirm_enrolment`."""

    service = "identity"

    def second_factor(self) -> results.SecondFactor:
        return self._call("second_factor", idempotent=True)

    def begin_enrolment(self, password: str, *, ip: str, user_agent: str) -> dict[str, str]:
        """{"step_token"}. Refuses `step_up_failed`, `second_factor_present`, `too_many_attempts`."""
        return self._call("begin_enrolment", password=password, ip=ip, user_agent=user_agent)

    def take_off_second_factor(self, password: str, code: str | None) -> dict[str, Any]:
        """Refuses `step_up_failed`, `totp_wrong`, `second_factor_absent`."""
        return self._call("take_off_second_factor", password=password, code=code)

    def renew_recovery_codes(self, password: str, code: str | None) -> dict[str, list[str]]:
        """{"recovery_codes"}: shown this once. Refuses as `take_off_second_factor`."""
        return self._call("renew_recovery_codes", password=password, code=code)


class PartnerAccountsClient(ServiceClient):
    """For administrators: partners' accounts, and anybody's sessions."""

    service = "identity"

    def find_accounts(self, *, structure_id: str | None = None, email: str | None = None) -> list[results.AccountItem]:
        """The persons of a structure, or the one behind an address typed in full."""
        return self._call("find_accounts", idempotent=True, structure_id=structure_id, email=email)["items"]

    def partner_account(self, account_id: str) -> results.PartnerAccount:
        """Refuses `account_unknown`, for an agent's account too."""
        return self._call("partner_account", idempotent=True, account_id=account_id)

    def end_sessions(self, account_id: str) -> dict[str, int]:
        """{"closed"}: a person's or an agent's, all of them, at once. Refuses `account_unknown`."""
        return self._call("end_sessions", account_id=account_id)

    def reset_second_factor(self, account_id: str, checked: str, code: str) -> dict[str, Any]:
        """`checked`: how the person was recognised; `code`: the administrator's own. Refuses `totp_wrong`,
        `account_unknown`, `second_factor_absent`."""
        return self._call("reset_second_factor", account_id=account_id, checked=checked, code=code)
