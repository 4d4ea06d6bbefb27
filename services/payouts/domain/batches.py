"""Who is paid in a batch, who waits for the next one, and who may release it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.payouts.domain.refusals import SameAgent


class Hold(StrEnum):
    """Why a partner's lines wait. In this order: the first that applies is told."""

    PARTNER_INACTIVE = "partner_inactive"  # no partner number yet
    DAY_INCOMPLETE = "day_incomplete"  # not all of a day's lines have arrived: none of that day is paid
    ACCOUNT_MISSING = "account_missing"  # no verified bank account
    ACCOUNT_SUSPENDED = "account_suspended"  # the bank returned a payout
    ACCOUNT_COOLING_OFF = "account_cooling_off"  # verified, but not in force yet
    NEGATIVE_TOTAL = "negative_total"  # corrections outweigh transactions: the sum carries over


TOLD_HOLDS = frozenset({Hold.ACCOUNT_MISSING, Hold.ACCOUNT_COOLING_OFF, Hold.NEGATIVE_TOTAL})
"""Reasons that a partner is written to about. A suspended account was told with the return; the others pass by
themselves."""


@dataclass(frozen=True)
class Account:
    """What a batch needs to know of a partner's latest verified bank account."""

    in_force_at: datetime
    suspended: bool = False


def hold_of(
    *, partner_number: str | None, account: Account | None, total_cents: int, line_count: int, at: datetime
) -> Hold | None:
    """Why a partner can't be paid at the instant ``at``; None if nothing stands in the way.

    ``line_count`` and ``total_cents`` are of the lines of complete days only (DOMAIN, «Payouts»).
    """
    if not partner_number:
        return Hold.PARTNER_INACTIVE
    if line_count == 0:
        return Hold.DAY_INCOMPLETE
    if account is None:
        return Hold.ACCOUNT_MISSING
    if account.suspended:
        return Hold.ACCOUNT_SUSPENDED
    if account.in_force_at > at:
        return Hold.ACCOUNT_COOLING_OFF
    return Hold.NEGATIVE_TOTAL if total_cents <= 0 else None


def check_released_by_another(prepared_by: str, released_by: str) -> None:
    """Raise SameAgent if one person would do both. The database refuses it too."""
    if prepared_by == released_by:
        raise SameAgent


def split_into_messages(
    amounts_cents: Iterable[int],
    *,
    max_transfers: int,
    max_cents: int,
) -> list[range]:
    """Positions of the transfers of each message, in order, none empty, each within the bank's limits: how many
    transfers a message may hold, and their sum in cents. A single transfer above that sum has a message of its own."""
    messages: list[range] = []
    start = end = sum_cents = 0
    for amount_cents in amounts_cents:
        if end > start and (end - start == max_transfers or sum_cents + amount_cents > max_cents):
            messages.append(range(start, end))
            start, sum_cents = end, 0
        end, sum_cents = end + 1, sum_cents + amount_cents
    if end > start:
        messages.append(range(start, end))
    return messages


def slip_number(year: int, sequence: int) -> str:
    """«BP-2026-0000123»: a payment slip's number, for people."""
    return f"BP-{year}-{sequence:07d}"


def end_to_end_id(slip: str) -> str:
    """The reference that the bank carries from the order to its reports: at most 35 characters of the SEPA set."""
    return f"PSL-{slip}"


def batch_number(year: int, sequence: int) -> str:
    """«LOT-2026-00042»: a batch's number, for people."""
    return f"LOT-{year}-{sequence:05d}"
