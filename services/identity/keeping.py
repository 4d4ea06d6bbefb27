"""How accounts are kept safe beyond the password: the second factor of one's own, and what administrators may do with a
partner's account. Mixed into the service class."""

from typing import Any

from services.chassis.rpc import Call, Nothing, rpc
from services.identity.handlers import partner_accounts, second_factor
from services.identity.messages import arguments
from services.identity.roles import ADMINISTRATES, PERSONS


class Keeping:
    """Methods about second factors and other people's sessions."""

    database: Any

    @rpc(Nothing, demands=PERSONS, idempotent=True)
    def second_factor(self, call: Call) -> Any:
        """Whether the caller has a second factor."""
        with self.database.unit_of_work(call) as uow:
            return second_factor.show(uow, **call.arguments)

    @rpc(arguments.BeginEnrolment, demands=PERSONS)
    def begin_enrolment(self, call: Call) -> Any:
        """Begin to enrol an authenticator of one's own."""
        return second_factor.begin(self.database, call, **call.arguments)

    @rpc(arguments.Identity, demands=PERSONS)
    def take_off_second_factor(self, call: Call) -> Any:
        """The password alone again."""
        return second_factor.take_off(self.database, call, **call.arguments)

    @rpc(arguments.Identity, demands=PERSONS)
    def renew_recovery_codes(self, call: Call) -> Any:
        """New recovery codes instead of the earlier ones."""
        return second_factor.renew_recovery_codes(self.database, call, **call.arguments)

    @rpc(arguments.FindAccounts, demands=ADMINISTRATES, idempotent=True)
    def find_accounts(self, call: Call) -> Any:
        """Persons of a structure, or behind an address."""
        with self.database.unit_of_work(call) as uow:
            return partner_accounts.find(uow, **call.arguments)

    @rpc(arguments.AccountId, demands=ADMINISTRATES, idempotent=True)
    def partner_account(self, call: Call) -> Any:
        """One person's account, for the Caf."""
        with self.database.unit_of_work(call) as uow:
            return partner_accounts.show(uow, **call.arguments)

    @rpc(arguments.AccountId, demands=ADMINISTRATES, idempotent=True)
    def end_sessions(self, call: Call) -> Any:
        """Sign a person or an agent out everywhere."""
        with self.database.unit_of_work(call) as uow:
            return partner_accounts.end_sessions(uow, **call.arguments)

    @rpc(arguments.ResetSecondFactor, demands=ADMINISTRATES)
    def reset_second_factor(self, call: Call) -> Any:
        """Take a person's second factor away after a check."""
        with self.database.unit_of_work(call) as uow:
            return partner_accounts.reset_second_factor(uow, **call.arguments)
