"""What the bank reports: pain.002 (status of what was ordered) and camt.054 (what was booked).

Banks use several versions of both messages; the elements read here are the same in all of them, so they are found by
their names whatever the namespace's version. The bank's reason codes are ISO 20022 external codes (``AC04``: closed
account …).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lxml import etree

from services.payouts.bank_file import cents
from services.payouts.domain.refusals import BankReportKindUnknown, BankReportUnreadable

PAIN_002, CAMT_054 = "pain.002", "camt.054"
_KINDS = {"CstmrPmtStsRpt": PAIN_002, "BkToCstmrDbtCdtNtfctn": CAMT_054}
_REJECTED, _BOOKED, _DEBIT = "RJCT", "BOOK", "DBIT"


class Verdict(StrEnum):
    """What one line of a report says of a payout."""

    SETTLED = "settled"  # booked on the Caf's account
    RETURNED = "returned"  # rejected before, or given back after
    IGNORED = "ignored"  # under way, or about something else


@dataclass(frozen=True)
class Reported:
    """One line: about one payout (``end_to_end_id``), or about all those of one of our messages (``message_id``)."""

    verdict: Verdict
    end_to_end_id: str | None
    message_id: str | None
    amount_cents: int | None
    reason: str | None
    on: date | None


@dataclass(frozen=True)
class Report:
    """A report as read. ``kind``: ``pain.002`` or ``camt.054``."""

    kind: str
    lines: list[Reported]


def read(content: bytes) -> Report:
    """Read a report. Raises BankReportUnreadable, BankReportKindUnknown."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise BankReportUnreadable from None
    body = next((child for child in root if isinstance(child.tag, str)), None)
    kind = _KINDS.get(_name(body)) if body is not None else None
    if body is None or kind is None:
        raise BankReportKindUnknown(found=_told_kind(root))
    try:
        return Report(kind, list(_pain_002(body) if kind == PAIN_002 else _camt_054(body)))
    except ValueError:
        raise BankReportUnreadable from None


def _told_kind(root: etree._Element) -> str:
    """The message's name as its namespace tells it, for the person who chose the wrong file."""
    namespace = etree.QName(root).namespace or etree.QName(root).localname
    return re.sub(r"[^A-Za-z0-9.]", "", namespace.rpartition(":")[2])[:30] or "?"


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _all(node: etree._Element, path: str) -> Iterator[etree._Element]:
    """The descendants along ``A/B/C``, whatever their namespace."""
    head, _, rest = path.partition("/")
    for child in node:
        if _name(child) == head:
            yield from _all(child, rest) if rest else iter((child,))


def _text(node: etree._Element, *paths: str) -> str | None:
    """The text of the first of these paths that has one."""
    for path in paths:
        for found in _all(node, path):
            if found.text and found.text.strip():
                return str(found.text).strip()
    return None


def _day(text: str | None) -> date | None:
    """The day of an ISO date or date-time, as the bank writes it. Raises ValueError."""
    if text is None:
        return None
    return datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text[:10])


def _amount(node: etree._Element, *paths: str) -> int | None:
    text = _text(node, *paths)
    return None if text is None else cents(text)


def _reason(node: etree._Element) -> str | None:
    return _text(node, "StsRsnInf/Rsn/Cd", "StsRsnInf/Rsn/Prtry")


def _pain_002(body: etree._Element) -> Iterator[Reported]:
    """What is said of single transfers, then of whole payments and of the message. A status that a transfer lacks is
    its payment's or its message's; a message rejected as a whole returns also those that it doesn't list, unless it
    contradicts itself by accepting one."""
    on = _day(_text(body, "GrpHdr/CreDtTm"))
    group = next(_all(body, "OrgnlGrpInfAndSts"), None)
    whole = _text(group, "GrpSts") if group is not None else None
    single = accepted = rejected = False
    for payment in _all(body, "OrgnlPmtInfAndSts"):
        inherited = _text(payment, "PmtInfSts") or whole
        for transfer in _all(payment, "TxInfAndSts"):
            told = _status(transfer, inherited, on)
            single, accepted = True, accepted or told.verdict is Verdict.IGNORED
            yield told
        rejected = rejected or inherited == _REJECTED
    rejected = rejected or whole == _REJECTED
    if group is not None and not accepted and (rejected or not single):
        verdict = Verdict.RETURNED if rejected else Verdict.IGNORED
        yield Reported(verdict, None, _text(group, "OrgnlMsgId"), None, _group_reason(body, group), on)


def _group_reason(body: etree._Element, group: etree._Element) -> str | None:
    payments = (_reason(payment) for payment in _all(body, "OrgnlPmtInfAndSts"))
    return _reason(group) or next((reason for reason in payments if reason), None)


def _status(transfer: etree._Element, inherited: str | None, on: date | None) -> Reported:
    rejected = (_text(transfer, "TxSts") or inherited) == _REJECTED
    return Reported(
        verdict=Verdict.RETURNED if rejected else Verdict.IGNORED,
        end_to_end_id=_text(transfer, "OrgnlEndToEndId"),
        message_id=None,
        amount_cents=_amount(transfer, "OrgnlTxRef/Amt/InstdAmt"),
        reason=_reason(transfer),
        on=on,
    )


def _camt_054(body: etree._Element) -> Iterator[Reported]:
    for entry in _all(body, "Ntfctn/Ntry"):
        details = list(_all(entry, "NtryDtls/TxDtls"))
        booked = _text(entry, "Sts/Cd", "Sts") == _BOOKED
        if details:
            yield from (_booked(entry, detail, booked, alone=len(details) == 1) for detail in details)
        else:
            yield _booked_message(entry, booked)


def _booked_on(entry: etree._Element) -> date | None:
    return _day(_text(entry, "BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"))


def _direction(entry: etree._Element, detail: etree._Element, booked: bool) -> Verdict:
    """Money that left is a payout paid; money that came back under its reference is a payout returned."""
    if not booked:
        return Verdict.IGNORED
    gone = (_text(detail, "CdtDbtInd") or _text(entry, "CdtDbtInd")) == _DEBIT
    return Verdict.SETTLED if gone and next(_all(detail, "RtrInf"), None) is None else Verdict.RETURNED


def _booked(entry: etree._Element, detail: etree._Element, booked: bool, *, alone: bool) -> Reported:
    amount_cents = _amount(detail, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
    if amount_cents is None and alone:
        amount_cents = _amount(entry, "Amt")
    return Reported(
        verdict=_direction(entry, detail, booked),
        end_to_end_id=_text(detail, "Refs/EndToEndId"),
        message_id=None,
        amount_cents=amount_cents,
        reason=_text(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"),
        on=_booked_on(entry),
    )


def _booked_message(entry: etree._Element, booked: bool) -> Reported:
    """An entry for a whole message, booked as one sum."""
    return Reported(
        verdict=_direction(entry, entry, booked),
        end_to_end_id=None,
        message_id=_text(entry, "NtryDtls/Btch/MsgId", "NtryDtls/Btch/PmtInfId"),
        amount_cents=_amount(entry, "Amt"),
        reason=None,
        on=_booked_on(entry),
    )
