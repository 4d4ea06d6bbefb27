"""The methods about a structure's life after its application; `PartnersService` has them by inheritance."""

from datetime import timedelta
from typing import Any

from services.chassis.events import ReceivedEvent
from services.chassis.files import FileStore
from services.chassis.inbox import on_event
from services.chassis.rpc import ANYONE, Call, Nothing, rpc
from services.chassis.timers import every
from services.partners import messages
from services.partners.handlers import (
    assistance,
    bank_accounts,
    directory,
    establishments,
    profile,
    public_page,
    requests_queue,
    resources,
)
from services.partners.messages import arguments_life as arguments

LEGAL = frozenset({"legal_representative"})
ADMINISTER = frozenset({"legal_representative", "manager"})
READ_MONEY = frozenset({"legal_representative", "manager", "accountant"})
PARTNERS = frozenset({"legal_representative", "manager", "accountant", "cashier"})
SIGNED_IN = PARTNERS | {"person"}
INSTRUCTOR = frozenset({"instructor"})
ADMINISTRATOR = frozenset({"administrator"})
FORGET_EVERY_S = 3600
UNADOPTED = timedelta(days=1)
"""A file is adopted within the request that brought it; a day later nobody will."""


class ProfileMethods:
    """«Mon profil» and «Mes établissements»."""

    database: Any

    @rpc(Nothing, demands=ADMINISTER, idempotent=True)
    def own_profile(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return profile.own_profile(uow)

    @rpc(Nothing, demands=ADMINISTER, idempotent=True)
    def profile_preview(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return public_page.preview(uow)

    @rpc(arguments.SaveProfile, demands=ADMINISTER)
    def save_profile(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return profile.save_profile(uow, **call.arguments)

    @rpc(arguments.GivenFile, demands=ADMINISTER)
    def set_logo(self, call: Call) -> dict[str, Any]:
        return profile.set_logo(self.database, call, FileStore())

    @rpc(Nothing, demands=ADMINISTER, idempotent=True)
    def remove_logo(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return profile.remove_logo(uow)

    @rpc(Nothing, demands=PARTNERS, idempotent=True)
    def own_establishments(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return establishments.own_establishments(uow)

    @rpc(arguments.SaveEstablishment, demands=ADMINISTER)
    def save_establishment(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return establishments.save_establishment(uow, **call.arguments)

    @rpc(arguments.OfEstablishment, demands=ADMINISTER, idempotent=True)
    def close_establishment(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return establishments.close_establishment(uow, **call.arguments)

    @rpc(arguments.OfEstablishment, demands=ADMINISTER, idempotent=True)
    def reopen_establishment(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return establishments.reopen_establishment(uow, **call.arguments)


class BankAccountMethods:
    """«Coordonnées bancaires», and their verification."""

    database: Any

    @rpc(Nothing, demands=READ_MONEY, idempotent=True)
    def own_bank_accounts(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.own_bank_accounts(uow)

    @rpc(arguments.SubmitBankAccount, demands=LEGAL)
    def submit_bank_account(self, call: Call) -> dict[str, Any]:
        return bank_accounts.submit_bank_account(self.database, call, FileStore())

    @rpc(arguments.BankAccountsToVerify, demands=INSTRUCTOR, idempotent=True)
    def bank_accounts_to_verify(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.to_verify(uow, **call.arguments)

    @rpc(Nothing, demands=INSTRUCTOR, idempotent=True)
    def bank_accounts_waiting(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.waiting(uow)

    @rpc(arguments.OfBankAccount, demands=INSTRUCTOR, idempotent=True)
    def bank_account(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.reviewed(uow, **call.arguments)

    @rpc(arguments.OfBankAccount, demands=INSTRUCTOR, idempotent=True)
    def bank_account_document(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.document(uow, **call.arguments)

    @rpc(arguments.OfBankAccount, demands=INSTRUCTOR)
    def verify_bank_account(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.verify(uow, **call.arguments)

    @rpc(arguments.RejectBankAccount, demands=INSTRUCTOR)
    def reject_bank_account(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return bank_accounts.reject(uow, **call.arguments)

    @on_event(messages.PayoutStateChanged)
    def on_payout_state_changed(self, event: ReceivedEvent) -> None:
        with self.database.once(event) as uow:
            bank_accounts.on_payout_state_changed(uow, **event.data)


class DirectoryMethods:
    """«Liste des partenaires» and «Ressources»."""

    database: Any

    @rpc(arguments.SearchDirectory, demands=ANYONE, idempotent=True)
    def directory(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return directory.search(uow, **call.arguments)

    @rpc(arguments.ExportDirectory, demands=ANYONE, idempotent=True)
    def directory_export(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return directory.export(uow, **call.arguments)

    @rpc(arguments.OfPartner, demands=ANYONE, idempotent=True)
    def partner(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return public_page.partner(uow, **call.arguments)

    @rpc(Nothing, demands=ANYONE, idempotent=True)
    def resources(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return resources.listed(uow)

    @rpc(arguments.OfResource, demands=ANYONE, idempotent=True)
    def resource_file(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return resources.file(uow, **call.arguments)

    @rpc(arguments.SaveResource, demands=ADMINISTRATOR)
    def save_resource(self, call: Call) -> dict[str, Any]:
        return resources.save(self.database, call, FileStore())

    @rpc(arguments.OfResource, demands=ADMINISTRATOR, idempotent=True)
    def withdraw_resource(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return resources.withdraw(uow, **call.arguments)

    @rpc(arguments.OfResource, demands=ADMINISTRATOR, idempotent=True)
    def restore_resource(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return resources.restore(uow, **call.arguments)


class AssistanceMethods:
    """«Assistance», for people and for the Caf."""

    database: Any

    @rpc(arguments.OpenRequest, demands=ANYONE)
    def open_request(self, call: Call) -> dict[str, Any]:
        return assistance.open_request(self.database, call, FileStore())

    @rpc(Nothing, demands=SIGNED_IN, idempotent=True)
    def own_requests(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.own_requests(uow)

    @rpc(arguments.OfRequest, demands=SIGNED_IN, idempotent=True)
    def own_request(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.thread(uow, assistance.own(uow, **call.arguments))

    @rpc(arguments.WriteMessage, demands=SIGNED_IN)
    def write_in_request(self, call: Call) -> dict[str, Any]:
        given = call.arguments
        files = assistance.check_files(FileStore(), given["attachments"])
        with self.database.unit_of_work(call) as uow:
            request = assistance.own(uow, given["request_id"], lock=True)
            return assistance.write(uow, request, given["text"], files)

    @rpc(arguments.OfThread, demands=ANYONE, idempotent=True)
    def thread(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.thread(uow, assistance.by_token(uow, **call.arguments))

    @rpc(arguments.OfThread, demands=ANYONE, idempotent=True)
    def confirm_thread(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.confirm(uow, **call.arguments)

    @rpc(arguments.WriteInThread, demands=ANYONE)
    def write_in_thread(self, call: Call) -> dict[str, Any]:
        given = call.arguments
        files = assistance.check_files(FileStore(), given["attachments"])
        with self.database.unit_of_work(call) as uow:
            request = assistance.by_token(uow, given["thread_token"], lock=True)
            return assistance.write(uow, request, given["text"], files)

    @rpc(arguments.OfAttachment, demands=ANYONE, idempotent=True)
    def attachment(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.attachment(uow, **call.arguments)

    @rpc(arguments.Requests, demands=INSTRUCTOR, idempotent=True)
    def requests(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return requests_queue.queue(uow, **call.arguments)

    @rpc(Nothing, demands=INSTRUCTOR, idempotent=True)
    def requests_waiting(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return requests_queue.waiting(uow)

    @rpc(arguments.OfRequest, demands=INSTRUCTOR, idempotent=True)
    def request(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.thread(uow, assistance.any_request(uow, **call.arguments))

    @rpc(arguments.WriteMessage, demands=INSTRUCTOR)
    def answer_request(self, call: Call) -> dict[str, Any]:
        given = call.arguments
        files = assistance.check_files(FileStore(), given["attachments"])
        with self.database.unit_of_work(call) as uow:
            request = assistance.any_request(uow, given["request_id"], lock=True)
            return assistance.answer(uow, request, given["text"], files)

    @rpc(arguments.AssignRequest, demands=INSTRUCTOR, idempotent=True)
    def assign_request(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            request = assistance.any_request(uow, call.arguments["request_id"], lock=True)
            return assistance.assign(uow, request, to_me=call.arguments["to_me"])

    @rpc(arguments.OfRequest, demands=INSTRUCTOR)
    def close_request(self, call: Call) -> dict[str, Any]:
        with self.database.unit_of_work(call) as uow:
            return assistance.close(uow, assistance.any_request(uow, **call.arguments, lock=True))

    @every(seconds=FORGET_EVERY_S)
    def forget_unconfirmed_requests(self) -> None:
        with self.database.alone("forget-unconfirmed-requests") as uow:
            assistance.forget_unconfirmed(uow)
            assistance.forget_closed(uow)

    @every(seconds=FORGET_EVERY_S)
    def forget_uploads(self) -> None:
        """What came in for any service and was never kept: whoever sent it, or took it, is gone."""
        FileStore().purge_incoming(UNADOPTED)


class StructureLife(ProfileMethods, BankAccountMethods, DirectoryMethods, AssistanceMethods):
    """All of them."""
