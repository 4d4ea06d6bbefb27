"""SMS to people: the row first, then the provider, then its answer. Nothing is sent inside a transaction."""

from typing import Any

from services.chassis.config import settings
from services.chassis.database import BoundDatabase, Context, UnitOfWork
from services.chassis.ids import new_id
from services.chassis.rpc import Call
from services.identity import figures, personal, sms
from services.identity.domain.accounts import mask_phone
from services.identity.domain.refusals import MobileMissing, SmsFailed, SmsSignatureInvalid
from services.identity.handlers import people
from services.identity.messages import SmsStatusChanged
from services.identity.models import Sms
from services.identity.sms.base import PROGRESS, Handed, ProviderRefused, ReportInvalid

SIGNING = "signing_code"
MOBILE_CHANGE = "mobile_change"


def text_of(code: str) -> str:
    """The SMS that carries a code; the only digits in it are the code's and the ten minutes."""
    return (
        f"{settings().platform_name} : votre code de vérification est {code}. "
        "Il est valable 10 minutes. Ne le communiquez à personne."
    )


def send_code(
    database: BoundDatabase, call: Context, account_id: str, mobile: str, code: str, purpose: str
) -> dict[str, Any]:
    """Send a code; what was sent to whom (masked), through whom, is kept. Raises SmsFailed."""
    sms_id = _announce(database, call, account_id, mobile, purpose)
    try:
        handed = sms.provider().send(mobile, text_of(code))
    except ProviderRefused:
        figures.code_handed(purpose, sent=False)
        _conclude(database, call, sms_id, Handed("", "failed"))
        raise SmsFailed from None
    figures.code_handed(purpose, sent=True)
    _conclude(database, call, sms_id, handed)
    return {
        "provider": sms.provider().name,
        "provider_id": handed.provider_id,
        "masked_phone": mask_phone(mobile),
        "delivery_state": handed.status,
    }


def _announce(database: BoundDatabase, call: Context, account_id: str, mobile: str, purpose: str) -> str:
    with database.unit_of_work(call) as uow:
        row = Sms(
            sms_id=new_id(),
            account_id=account_id,
            purpose=purpose,
            provider=sms.provider().name,
            masked_phone=mask_phone(mobile),
            status="accepted",
            sent_at=uow.now,
            status_at=uow.now,
        )
        uow.session.add(row)
        return row.sms_id


def _conclude(database: BoundDatabase, call: Context, sms_id: str, handed: Handed) -> None:
    with database.unit_of_work(call) as uow:
        row = uow.session.get_one(Sms, sms_id)
        row.provider_id, row.status, row.status_at = handed.provider_id or None, handed.status, uow.now


def send_signing_code(database: BoundDatabase, call: Call, code: str) -> dict[str, Any]:
    """Send the convention's code to the caller's own mobile. Raises MobileMissing, SmsFailed."""
    with database.unit_of_work(call) as uow:
        account = people.own_account(uow)
        mobile = personal.details_of(account).get("mobile")
    if not mobile:
        raise MobileMissing
    return send_code(database, call, account.account_id, mobile, code, SIGNING)


def record_sms_status(
    uow: UnitOfWork, provider: str, url: str, parameters: dict[str, str], signature: str
) -> dict[str, Any]:
    """Take in a provider's delivery report, once and only forwards. Raises SmsSignatureInvalid."""
    if provider != sms.provider().name:
        raise SmsSignatureInvalid
    try:
        report = sms.provider().read_report(url, parameters, signature)
    except ReportInvalid:
        raise SmsSignatureInvalid from None
    row = (
        uow.session.query(Sms)
        .filter_by(provider=provider, provider_id=report.provider_id)
        .with_for_update()
        .one_or_none()
    )
    if row is None or PROGRESS.get(report.status, -1) <= PROGRESS.get(row.status, -1):
        return {}
    row.status, row.status_at = report.status, uow.now
    figures.delivery_reported(report.status)
    uow.publish(SmsStatusChanged, provider=provider, provider_id=report.provider_id, status=report.status, at=uow.now)
    return {}
