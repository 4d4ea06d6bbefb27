"""A partner's own second factor, by choice: put on, taken off, its recovery codes renewed. The password and, once there
is one, a fresh code are shown each time.

It is put on with the methods of an agent's first sign-in (`totp_enrolment`, `confirm_enrolment`), from a step that the
signed-in person begins here.
"""

from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.rpc import Call
from services.identity import totp
from services.identity.domain.refusals import SecondFactorAbsent, SecondFactorPresent
from services.identity.handlers import letters, passwords, people, sign_in
from services.identity.models import Account


def show(uow: UnitOfWork) -> dict[str, Any]:
    """Whether the caller has one, and how many recovery codes are left."""
    account = people.own_account(uow)
    return {"enrolled": account.totp_secret is not None, "recovery_codes_left": totp.recovery_codes_left(uow, account)}


def begin(database: BoundDatabase, call: Call, password: str, ip: str, user_agent: str) -> dict[str, str]:
    """The step in which the authenticator is enrolled. Raises StepUpFailed, SecondFactorPresent."""
    with database.unit_of_work(call) as uow:
        _without_second_factor(uow)
    passwords.confirm_identity(database, call, password, None)
    with database.unit_of_work(call) as uow:
        account = _without_second_factor(uow)
        return {"step_token": sign_in.begin_step(uow, account, {"ip": ip, "user_agent": user_agent[:400]})}


def take_off(database: BoundDatabase, call: Call, password: str, code: str | None) -> dict[str, Any]:
    """The password alone again; the person is told. Raises StepUpFailed, TotpWrong, SecondFactorAbsent."""
    passwords.confirm_identity(database, call, password, code)
    with database.unit_of_work(call) as uow:
        account = _with_second_factor(uow)
        totp.drop(uow, account)
        letters.second_factor_off(uow, account)
        uow.audit("account:drop_totp", account.account_id)
        return {}


def renew_recovery_codes(database: BoundDatabase, call: Call, password: str, code: str | None) -> dict[str, list[str]]:
    """Ten new ones, shown this once; all earlier ones are worthless. Raises as `take_off`."""
    passwords.confirm_identity(database, call, password, code)
    with database.unit_of_work(call) as uow:
        account = _with_second_factor(uow)
        uow.audit("account:renew_recovery_codes", account.account_id)
        return {"recovery_codes": totp.fresh_recovery_codes(uow, account)}


def _without_second_factor(uow: UnitOfWork) -> Account:
    account = people.own_account(uow, locked=True)
    if account.totp_secret is not None:
        raise SecondFactorPresent
    return account


def _with_second_factor(uow: UnitOfWork) -> Account:
    account = people.own_account(uow, locked=True)
    if account.totp_secret is None:
        raise SecondFactorAbsent
    return account
