"""Who is left for a later batch is told why: once, until the reason changes or the partner is paid."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert

from services.chassis.database import UnitOfWork
from services.payouts import messages
from services.payouts.domain.batches import TOLD_HOLDS
from services.payouts.models import ToldHold
from services.payouts.standing import Standing


def tell(uow: UnitOfWork, standings: Sequence[Standing]) -> None:
    """Announce the holds that are news to their partners, and forget those that are over."""
    held = [one for one in standings if one.hold in TOLD_HOLDS]
    over = [one.structure_id for one in standings if one.hold is None]
    uow.session.execute(delete(ToldHold).where(ToldHold.structure_id.in_(over)))
    fresh = set(_remember(uow, held)) if held else set()
    for one in held:
        if one.structure_id in fresh and one.hold:
            uow.publish(
                messages.PayoutHeld, structure_id=one.structure_id, reason=one.hold.value, amount_cents=one.open_cents
            )


def _remember(uow: UnitOfWork, held: Sequence[Standing]) -> list[str]:
    """The structures of those whose reason they haven't been told yet."""
    rows = [{"structure_id": one.structure_id, "reason": str(one.hold), "told_at": uow.now} for one in held]
    statement = upsert(ToldHold).values(rows)
    news = statement.on_conflict_do_update(
        index_elements=["structure_id"],
        set_={"reason": statement.excluded.reason, "told_at": statement.excluded.told_at},
        where=ToldHold.reason != statement.excluded.reason,
    )
    return list(uow.session.scalars(news.returning(ToldHold.structure_id)))
