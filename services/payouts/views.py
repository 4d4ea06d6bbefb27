"""What the pages show of batches and payouts: read only, paged by keyset."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, exists, func, select, text

from services.chassis.ages import Ages
from services.chassis.database import UnitOfWork
from services.payouts import bank_days
from services.payouts.domain.batches import Hold
from services.payouts.domain.calendar import execution_day, next_run
from services.payouts.domain.refusals import BatchUnknown
from services.payouts.domain.states import BatchState, PayoutState
from services.payouts.domain.waiting import AGE_LIMITS_DAYS
from services.payouts.handlers.calendars import current_calendar
from services.payouts.handlers.documents import released_payout
from services.payouts.models import (
    BankAccount,
    BankFile,
    Batch,
    LeftBehind,
    Line,
    OpenLine,
    Partner,
    Payout,
    PayoutLine,
)
from services.payouts.standing import standing_of

AGES = Ages(*AGE_LIMITS_DAYS)
FIRST_LINES = 50
"""Lines of a payout shown when its detail unfolds; the rest is a page away."""
LARGEST = 10
MONTHS = 6
"""What the partner's plot shows."""
CHANGED = 50


def page(rows: list[Any], limit: int, cursor_of: Any) -> dict[str, Any]:
    """One page of ``limit`` rows of which one more was asked for."""
    more = len(rows) > limit
    return {"items": rows[:limit], "next_cursor": cursor_of(rows[limit - 1]) if more else None}


def own_payouts(uow: UnitOfWork, structure_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """A partner's payouts, newest first; those of a batch that isn't released yet don't show."""
    chosen = (
        select(Payout, Batch, BankAccount.iban_masked)
        .join(Batch, Batch.batch_id == Payout.batch_id)
        .join(BankAccount, BankAccount.bank_account_id == Payout.bank_account_id)
        .where(Payout.structure_id == structure_id, Batch.state != BatchState.PREPARED)
        .order_by(Payout.slip_number.desc())
        .limit(limit + 1)
    )
    if cursor:
        chosen = chosen.where(Payout.slip_number < cursor)
    found = [_payout(payout, batch, masked) for payout, batch, masked in uow.session.execute(chosen)]
    answer = page(found, limit, lambda item: item["slip_number"])
    for item in answer["items"]:
        item["lines"] = lines_of(uow, item["payout_id"], None, FIRST_LINES)["items"]
    return answer


def own_activity(uow: UnitOfWork, structure_id: str) -> dict[str, Any]:
    """{"months": [{month, count, amount_cents}]}: what was ordered or paid, by the month of its execution (one that is
    ordered for next month counts in this one); this month last, none missing. A returned payout is out: its lines come
    back in another."""
    months = [_months_before(uow.today, ago) for ago in reversed(range(MONTHS))]
    month = func.date_trunc("month", func.least(Batch.execution_on, uow.today)).cast(Date)
    chosen = (
        select(month.label("month"), func.count().label("count"), func.sum(Payout.amount_cents).label("amount_cents"))
        .join(Batch, Batch.batch_id == Payout.batch_id)
        .where(
            Payout.structure_id == structure_id,
            Payout.state.in_((PayoutState.ORDERED, PayoutState.PAID)),
            Batch.execution_on >= months[0],
        )
        .group_by(month)
    )
    found = {
        row["month"]: dict(row, amount_cents=int(row["amount_cents"])) for row in uow.session.execute(chosen).mappings()
    }
    return {"months": [found.get(one, {"month": one, "count": 0, "amount_cents": 0}) for one in months]}


def _months_before(today: date, ago: int) -> date:
    """The first day of the month `ago` months before today's."""
    months = today.year * 12 + today.month - 1 - ago
    return date(months // 12, months % 12 + 1, 1)


def _payout(payout: Payout, batch: Batch, iban_masked: str) -> dict[str, Any]:
    waiting = payout.state in (PayoutState.PREPARED, PayoutState.ORDERED)
    return {
        "payout_id": payout.payout_id,
        "slip_number": payout.slip_number,
        "state": payout.state,
        "amount_cents": payout.amount_cents,
        "transaction_count": payout.transaction_count,
        "correction_count": payout.correction_count,
        "line_count": payout.transaction_count + payout.correction_count,
        "execution_on": batch.execution_on,
        "expected_on": batch.execution_on if waiting else None,
        "settled_on": payout.settled_on,
        "returned_on": payout.returned_on,
        "return_reason": payout.return_reason,
        "iban_masked": iban_masked,
        "end_to_end_id": payout.end_to_end_id,
    }


def own_payout_lines(
    uow: UnitOfWork, payout_id: str, structure_id: str, cursor: str | None, limit: int
) -> dict[str, Any]:
    """The lines of one of a partner's payouts. Raises PayoutUnknown."""
    released_payout(uow, payout_id, structure_id)
    return lines_of(uow, payout_id, cursor, limit)


def lines_of(uow: UnitOfWork, payout_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """The lines of a payout, oldest first (a line's id grows with the time of its arrival)."""
    chosen = (
        select(Line)
        .join(PayoutLine, PayoutLine.line_id == Line.line_id)
        .where(PayoutLine.payout_id == payout_id)
        .order_by(Line.line_id)
        .limit(limit + 1)
    )
    if cursor:
        chosen = chosen.where(Line.line_id > cursor)
    rows = [
        {
            "line_id": line.line_id,
            "kind": line.kind,
            "number": line.number,
            "transaction_id": line.transaction_id,
            "establishment_name": line.establishment_name,
            "scheme": line.scheme,
            "amount_cents": line.amount_cents,
            "occurred_at": line.occurred_at,
        }
        for line in uow.session.scalars(chosen)
    ]
    return page(rows, limit, lambda row: row["line_id"])


def under_way(uow: UnitOfWork, structure_id: str) -> dict[str, Any]:
    """What a partner is owed and no payout holds yet: how much, when, and what stands in the way.

    A payout that is prepared and not released counts as under way too.
    """
    standing = standing_of(uow, structure_id)
    prepared = uow.session.execute(
        select(
            func.coalesce(func.sum(Payout.amount_cents), 0),
            func.coalesce(func.sum(Payout.transaction_count), 0),
            func.coalesce(func.sum(Payout.correction_count), 0),
        )
        .join(Batch, Batch.batch_id == Payout.batch_id)
        .where(Payout.structure_id == structure_id, Batch.state == BatchState.PREPARED)
    ).one()
    counts = _open_counts(uow, structure_id)
    hold = standing.hold if standing else None
    return {
        "amount_cents": int(prepared[0]) + (standing.open_cents if standing else 0),
        "transaction_count": int(prepared[1]) + counts.get("transaction", 0),
        "correction_count": int(prepared[2]) + counts.get("correction", 0),
        "expected_on": None if hold not in (None, Hold.DAY_INCOMPLETE) else expected_on(uow),
        "hold": hold,
    }


def _open_counts(uow: UnitOfWork, structure_id: str) -> dict[str, int]:
    counted = text(
        "SELECT lines.kind, count(*) AS many FROM open_lines JOIN lines USING (line_id) "
        "WHERE open_lines.structure_id = :structure_id GROUP BY lines.kind"
    )
    rows = uow.session.execute(counted, {"structure_id": structure_id})
    return {row.kind: row.many for row in rows}


def expected_on(uow: UnitOfWork) -> Any:
    """When the next batch's transfers are executed, as far as the calendar tells."""
    closed = bank_days.closed_around(uow.today)
    run_on = next_run(current_calendar(uow), uow.today, closed)
    return execution_day(run_on, closed) if run_on else None


def batches(
    uow: UnitOfWork, state: str | None, to_release: bool, age: str | None, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Batches, newest first. `to_release`: those that the caller may release; `age`: the code of a band, of the time
    since the preparation."""
    chosen = select(Batch).where(AGES.within(age, Batch.prepared_at, uow.now))
    if state:
        chosen = chosen.where(Batch.state == state)
    if to_release:
        chosen = chosen.where(_releasable(uow))
    if cursor:
        chosen = chosen.where(Batch.number < cursor)
    chosen = chosen.order_by(Batch.number.desc()).limit(limit + 1)
    found = page([_summary(batch) for batch in uow.session.scalars(chosen)], limit, lambda row: row["number"])
    return {**found, "ages": AGES.shown()}


def _releasable(uow: UnitOfWork) -> ColumnElement[bool]:
    """Prepared by somebody else than the caller."""
    return and_(Batch.state == BatchState.PREPARED, Batch.prepared_by != uow.actor.label)


def waiting(uow: UnitOfWork) -> dict[str, Any]:
    """For the back office's home. `to_release`: batches that the caller may release, how many, since when, and by age;
    `to_prepare`: how many partners have lines that no payout holds."""
    owed = exists().where(OpenLine.structure_id == Partner.structure_id)
    return {
        "to_release": AGES.waiting(uow.session.execute, Batch.prepared_at, uow.now, _releasable(uow)),
        "to_prepare": uow.session.scalar(select(func.count()).select_from(Partner).where(owed)),
    }


def _summary(batch: Batch) -> dict[str, Any]:
    names = (
        "batch_id", "number", "state", "prepared_at", "prepared_by", "released_at", "released_by", "execution_on",
        "payout_count", "amount_cents", "transaction_count", "correction_count",
    )  # fmt: skip
    return {name: getattr(batch, name) for name in names}


def batch(uow: UnitOfWork, batch_id: str) -> dict[str, Any]:
    """One batch with what the releasing agent must see. Raises BatchUnknown."""
    found = uow.session.get(Batch, batch_id)
    if found is None:
        raise BatchUnknown
    changed = _payout_rows(uow, batch_id, "account_change IS NOT NULL", CHANGED)
    may_release = (
        found.state == BatchState.PREPARED and uow.actor.has("releaser") and found.prepared_by != uow.actor.label
    )
    return {
        **_summary(found),
        **_previous(uow, found),
        **_progress(uow, batch_id),
        "largest": _payout_rows(uow, batch_id, "true", LARGEST),
        "changed_accounts": changed,
        "changed_account_count": _count_changed(uow, batch_id) if len(changed) == CHANGED else len(changed),
        "left_behind": _left_behind_groups(uow, batch_id),
        "bank_files": _bank_files(uow, batch_id),
        "failure": found.failure,
        "may_release": may_release,
        "would_execute_on": execution_day(uow.today, bank_days.closed_around(uow.today)),
    }


def _previous(uow: UnitOfWork, found: Batch) -> dict[str, Any]:
    """The last batch that was sent, to compare with; and the partners of only one of the two."""
    earlier = select(Batch).where(Batch.number < found.number, Batch.state != BatchState.PREPARED)
    previous = uow.session.scalar(earlier.order_by(Batch.number.desc()).limit(1))
    names = ("number", "payout_count", "amount_cents", "transaction_count", "correction_count")
    both = {"batch_id": found.batch_id, "previous_id": previous.batch_id if previous else None}
    return {
        **{f"previous_{name}": getattr(previous, name) if previous else None for name in names},
        **dict(uow.session.execute(_ONLY_IN_ONE, both).mappings().one()),
    }


_ONLY_IN_ONE = text(
    """
    SELECT count(*) FILTER (WHERE earlier.structure_id IS NULL) AS joined_partner_count,
           count(*) FILTER (WHERE now.structure_id IS NULL) AS absent_partner_count
    FROM (SELECT structure_id FROM payouts WHERE batch_id = :batch_id) AS now
    FULL JOIN (SELECT structure_id FROM payouts WHERE batch_id = :previous_id) AS earlier USING (structure_id)
    """
)


def _progress(uow: UnitOfWork, batch_id: str) -> dict[str, int]:
    counted = text(
        "SELECT count(*) FILTER (WHERE state <> 'prepared') AS ordered_count, "
        "count(*) FILTER (WHERE slip_made) AS slip_count, count(*) FILTER (WHERE state = 'paid') AS paid_count, "
        "count(*) FILTER (WHERE state = 'returned') AS returned_count FROM payouts WHERE batch_id = :batch_id"
    )
    return dict(uow.session.execute(counted, {"batch_id": batch_id}).mappings().one())


_PAYOUTS = """
    SELECT * FROM (
        SELECT payout.payout_id::text, payout.structure_id::text, payout.partner_name, payout.partner_number,
               payout.slip_number, payout.state, payout.amount_cents, payout.transaction_count,
               payout.correction_count, payout.return_reason, account.iban_masked,
               CASE WHEN earlier.bank_account_id IS NULL THEN 'new'
                    WHEN earlier.bank_account_id <> payout.bank_account_id THEN 'changed' END AS account_change
        FROM payouts AS payout
        JOIN bank_accounts AS account USING (bank_account_id)
        LEFT JOIN LATERAL (
            SELECT before.bank_account_id FROM payouts AS before
            WHERE before.structure_id = payout.structure_id AND before.slip_number < payout.slip_number
            ORDER BY before.slip_number DESC LIMIT 1
        ) AS earlier ON true
        WHERE payout.batch_id = :batch_id
    ) AS shown
    WHERE {condition}
    ORDER BY amount_cents DESC, payout_id DESC
    LIMIT :limit
"""


def _payout_rows(uow: UnitOfWork, batch_id: str, condition: str, limit: int, **parameters: Any) -> list[dict[str, Any]]:
    """``condition`` is one of this module's own texts."""
    asked = text(_PAYOUTS.format(condition=condition))
    rows = uow.session.execute(asked, {"batch_id": batch_id, "limit": limit, **parameters}).mappings()
    return [dict(row) for row in rows]


def _count_changed(uow: UnitOfWork, batch_id: str) -> int:
    return len(_payout_rows(uow, batch_id, "account_change IS NOT NULL", 1_000_000))


def batch_payouts(uow: UnitOfWork, batch_id: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """The payouts of a batch, largest first. Raises BatchUnknown."""
    if uow.session.get(Batch, batch_id) is None:
        raise BatchUnknown
    condition, after = "true", {}
    if cursor:
        amount, _, payout_id = cursor.partition(":")
        condition = "(amount_cents, payout_id) < (:after_cents, :after_id)"
        after = {"after_cents": int(amount), "after_id": payout_id}
    rows = _payout_rows(uow, batch_id, condition, limit + 1, **after)
    return page(rows, limit, lambda row: f"{row['amount_cents']}:{row['payout_id']}")


def _left_behind_groups(uow: UnitOfWork, batch_id: str) -> list[dict[str, Any]]:
    grouped = (
        select(LeftBehind.reason, func.count(), func.sum(LeftBehind.amount_cents))
        .where(LeftBehind.batch_id == batch_id)
        .group_by(LeftBehind.reason)
        .order_by(LeftBehind.reason)
    )
    return [
        {"reason": reason, "partner_count": count, "amount_cents": int(amount)}
        for reason, count, amount in uow.session.execute(grouped)
    ]


def batch_left_behind(uow: UnitOfWork, batch_id: str) -> dict[str, Any]:
    """Whom a batch left for the next one, and why. Raises BatchUnknown."""
    if uow.session.get(Batch, batch_id) is None:
        raise BatchUnknown
    chosen = (
        select(LeftBehind, Partner.name, Partner.partner_number)
        .outerjoin(Partner, Partner.structure_id == LeftBehind.structure_id)
        .where(LeftBehind.batch_id == batch_id)
        .order_by(LeftBehind.reason, Partner.name)
    )
    return {
        "items": [
            {
                "structure_id": left.structure_id,
                "partner_name": name or "",
                "partner_number": number,
                "reason": left.reason,
                "line_count": left.line_count,
                "amount_cents": left.amount_cents,
            }
            for left, name, number in uow.session.execute(chosen)
        ]
    }


def _bank_files(uow: UnitOfWork, batch_id: str) -> list[dict[str, Any]]:
    chosen = select(BankFile).where(BankFile.batch_id == batch_id).order_by(BankFile.sequence)
    names = ("sequence", "message_id", "sha256", "transfer_count", "amount_cents")
    return [{name: getattr(file, name) for name in names} for file in uow.session.scalars(chosen)]
