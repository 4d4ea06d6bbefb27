"""Typed client of the partners service, second half: a structure's life after its application.

Profile, establishments, bank accounts, the public directory, resources and assistance.
"""

from typing import Any

from gateway.clients import partners_life_results as results
from gateway.clients.base import ServiceClient, Waiting
from gateway.clients.partners import CHECKING_A_FILE_S


class ProfileClient(ServiceClient):
    """«Mon profil» and «Mes établissements» of the structure that the caller acts for."""

    service = "partners"

    def own_profile(self) -> results.OwnProfile:
        return self._call("own_profile", idempotent=True)

    def profile_preview(self) -> results.PublicPage:
        """The page as the public will see it."""
        return self._call("profile_preview", idempotent=True)

    def save_profile(self, version: int, **answers: Any) -> dict[str, int]:
        """{"version"}. Refuses `validation_failed`, `stale_version` {version}."""
        return self._call("save_profile", version=version, **answers)

    def set_logo(self, incoming_id: str, filename: str) -> dict[str, int]:
        """Refuses `validation_failed` (no picture) and what an upload refuses."""
        return self._call("set_logo", deadline_s=CHECKING_A_FILE_S, incoming_id=incoming_id, filename=filename)

    def remove_logo(self) -> dict[str, int]:
        return self._call("remove_logo", idempotent=True)

    def own_establishments(self) -> list[results.Establishment]:
        return self._call("own_establishments", idempotent=True)["items"]

    def save_establishment(self, **answers: Any) -> results.Establishment:
        """Without `establishment_id` a new one. Refuses `validation_failed`, `stale_version`,
        `establishment_unknown`."""
        return self._call("save_establishment", **answers)

    def close_establishment(self, establishment_id: str) -> results.Establishment:
        """Refuses `seat_stays_open`, `establishment_unknown`."""
        return self._call("close_establishment", idempotent=True, establishment_id=establishment_id)

    def reopen_establishment(self, establishment_id: str) -> results.Establishment:
        return self._call("reopen_establishment", idempotent=True, establishment_id=establishment_id)


class BankAccountClient(ServiceClient):
    """«Coordonnées bancaires», and their verification by an instructor."""

    service = "partners"

    def own_bank_accounts(self) -> list[results.BankAccount]:
        """The versions, the latest first."""
        return self._call("own_bank_accounts", idempotent=True)["items"]

    def submit_bank_account(
        self, iban: str, holder: str, incoming_id: str, filename: str, proof: str
    ) -> results.BankAccount:
        """`proof`: identity's `step_up` for the act `bank_account:change`. Refuses `step_up_required`,
        `validation_failed`, `same_bank_account` and what an upload refuses."""
        return self._call(
            "submit_bank_account",
            deadline_s=CHECKING_A_FILE_S,
            iban=iban,
            holder=holder,
            incoming_id=incoming_id,
            filename=filename,
            proof=proof,
        )

    def bank_accounts_to_verify(self, age: str | None = None) -> results.BankAccountQueue:
        """The longest waiting first. `age`: the code of a band."""
        return self._call("bank_accounts_to_verify", idempotent=True, age=age)

    def bank_accounts_waiting(self) -> Waiting:
        return self._call("bank_accounts_waiting", idempotent=True)

    def bank_account(self, bank_account_id: str) -> results.ReviewedBankAccount:
        """With the whole IBAN. Refuses `bank_account_unknown`."""
        return self._call("bank_account", idempotent=True, bank_account_id=bank_account_id)

    def bank_account_document(self, bank_account_id: str) -> dict[str, Any]:
        return self._call("bank_account_document", idempotent=True, bank_account_id=bank_account_id)

    def verify_bank_account(self, bank_account_id: str) -> results.BankAccount:
        """Refuses `cooling_off` {until}, `transition_refused`."""
        return self._call("verify_bank_account", bank_account_id=bank_account_id)

    def reject_bank_account(self, bank_account_id: str, reason: str) -> results.BankAccount:
        return self._call("reject_bank_account", bank_account_id=bank_account_id, reason=reason)


class DirectoryClient(ServiceClient):
    """«Liste des partenaires» and «Ressources»."""

    service = "partners"

    def directory(self, **search: Any) -> results.Found:
        """`words`, `activity` (code), `commune` (INSEE), `within_km`, `age`, `accessible`, `page`; all optional."""
        return self._call("directory", idempotent=True, **search)

    def directory_export(self, cursor: str | None = None) -> dict[str, Any]:
        """{"items", "next_cursor"}: all active partners, 500 at a time."""
        return self._call("directory_export", idempotent=True, cursor=cursor)

    def partner(self, partner_number: str) -> results.PublicPage:
        """Refuses `partner_unknown`."""
        return self._call("partner", idempotent=True, partner_number=partner_number)

    def resources(self) -> list[results.Resource]:
        """What the caller may read; administrators see everything."""
        return self._call("resources", idempotent=True)["items"]

    def resource_file(self, resource_id: str) -> dict[str, Any]:
        """{"sha256", "filename", "media_type"}. Refuses `resource_unknown`."""
        return self._call("resource_file", idempotent=True, resource_id=resource_id)

    def save_resource(self, **answers: Any) -> results.Resource:
        """Without `resource_id` a new one. Refuses `validation_failed`, `stale_version`, `resource_unknown`."""
        return self._call("save_resource", deadline_s=CHECKING_A_FILE_S, **answers)

    def withdraw_resource(self, resource_id: str) -> results.Resource:
        return self._call("withdraw_resource", idempotent=True, resource_id=resource_id)

    def restore_resource(self, resource_id: str) -> results.Resource:
        return self._call("restore_resource", idempotent=True, resource_id=resource_id)


class AssistanceClient(ServiceClient):
    """«Assistance», for people (signed in, or by the link in their mail) and for instructors."""

    service = "partners"

    def open_request(self, **answers: Any) -> dict[str, Any]:
        """{"request_id", "reference", "state"}. Refuses `validation_failed`, `too_many_requests`."""
        return self._call("open_request", deadline_s=CHECKING_A_FILE_S, **answers)

    def own_requests(self) -> list[results.Request]:
        return self._call("own_requests", idempotent=True)["items"]

    def own_request(self, request_id: str) -> results.Thread:
        """Refuses `request_unknown`."""
        return self._call("own_request", idempotent=True, request_id=request_id)

    def write_in_request(self, request_id: str, text: str, attachments: list[dict[str, str]]) -> results.Thread:
        return self._call(
            "write_in_request",
            deadline_s=CHECKING_A_FILE_S,
            request_id=request_id,
            text=text,
            attachments=attachments,
        )

    def thread(self, thread_token: str) -> results.Thread:
        return self._call("thread", idempotent=True, thread_token=thread_token)

    def confirm_thread(self, thread_token: str) -> results.Thread:
        return self._call("confirm_thread", idempotent=True, thread_token=thread_token)

    def write_in_thread(self, thread_token: str, text: str, attachments: list[dict[str, str]]) -> results.Thread:
        return self._call(
            "write_in_thread",
            deadline_s=CHECKING_A_FILE_S,
            thread_token=thread_token,
            text=text,
            attachments=attachments,
        )

    def attachment(self, attachment_id: str, thread_token: str | None = None) -> dict[str, Any]:
        return self._call("attachment", idempotent=True, attachment_id=attachment_id, thread_token=thread_token)

    def requests(self, **filters: Any) -> results.RequestQueue:
        """`state`, `category`, `assigned_to` ("me", "nobody", "me_or_nobody" or an account id), `age` (the code of a
        band), `cursor`."""
        return self._call("requests", idempotent=True, **filters)

    def requests_waiting(self) -> Waiting:
        """For the caller's answer."""
        return self._call("requests_waiting", idempotent=True)

    def request(self, request_id: str) -> results.Thread:
        return self._call("request", idempotent=True, request_id=request_id)

    def answer_request(self, request_id: str, text: str, attachments: list[dict[str, str]]) -> results.Thread:
        return self._call(
            "answer_request",
            deadline_s=CHECKING_A_FILE_S,
            request_id=request_id,
            text=text,
            attachments=attachments,
        )

    def assign_request(self, request_id: str, *, to_me: bool) -> results.Thread:
        return self._call("assign_request", idempotent=True, request_id=request_id, to_me=to_me)

    def close_request(self, request_id: str) -> results.Thread:
        """Refuses `transition_refused`."""
        return self._call("close_request", request_id=request_id)
