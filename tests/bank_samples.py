"""Bank reports as banks write them, for tests: pain.002.001.10 and camt.054.001.08, only the elements that matter."""

from collections.abc import Iterable
from datetime import date

ON = date(2026, 11, 26)


def _transfer_status(end_to_end_id: str, status: str, reason: str | None, amount: str | None) -> str:
    state = f"<TxSts>{status}</TxSts>" if status else ""
    told = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    original = f'<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{amount}</InstdAmt></Amt></OrgnlTxRef>' if amount else ""
    return f"<TxInfAndSts><OrgnlEndToEndId>{end_to_end_id}</OrgnlEndToEndId>{state}{told}{original}</TxInfAndSts>"


def pain_002(
    statuses: Iterable[tuple[str, str, str | None, str | None]] = (),
    *,
    message_id: str = "LOT-2026-00001-01",
    group_status: str = "PART",
    payment_status: str = "",
) -> str:
    """``statuses``: (EndToEndId, status, reason, amount) of single transfers; an empty status is left out."""
    transfers = "".join(_transfer_status(*status) for status in statuses)
    whole = f"<PmtInfSts>{payment_status}</PmtInfSts>" if payment_status else ""
    payment = f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{message_id}</OrgnlPmtInfId>{whole}{transfers}</OrgnlPmtInfAndSts>"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>BANK-1</MsgId><CreDtTm>{ON}T08:00:00+01:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message_id}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>
<GrpSts>{group_status}</GrpSts></OrgnlGrpInfAndSts>{payment if transfers or whole else ""}
</CstmrPmtStsRpt></Document>"""


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def entry(
    end_to_end_id: str,
    cents: int,
    *,
    credit: bool = False,
    reason: str | None = None,
    status: str = "BOOK",
    on: date = ON,
) -> str:
    """One booked transfer; ``credit`` with a ``reason`` for one that came back."""
    back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{_euros(cents)}</Amt><CdtDbtInd>{"CRDT" if credit else "DBIT"}</CdtDbtInd>'
        f"<Sts><Cd>{status}</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>"
        f"{end_to_end_id}</EndToEndId></Refs>{back}</TxDtls></NtryDtls></Ntry>"
    )


def message_entry(message_id: str, cents: int) -> str:
    """A whole message booked as one sum."""
    return (
        f'<Ntry><Amt Ccy="EUR">{_euros(cents)}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{ON}</Dt></BookgDt><NtryDtls><Btch><MsgId>{message_id}</MsgId></Btch></NtryDtls></Ntry>"
    )


def camt_054(entries: Iterable[str], *, name: str = "BANK-2") -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn>
<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{ON}T20:00:00+01:00</CreDtTm></GrpHdr>
<Ntfctn><Id>{name}</Id>{"".join(entries)}</Ntfctn></BkToCstmrDbtCdtNtfctn></Document>"""
