"""«Campagnes»: dates, amounts, budget, opening and closing."""

from typing import Any

from services.chassis.database import BoundDatabase, UnitOfWork
from services.chassis.ids import new_id
from services.transactions.domain import refusals
from services.transactions.domain.seasons import AmountRule, check_dates, check_rules
from services.transactions.domain.states import NEXT_OF_SEASON, SeasonState
from services.transactions.repository import seasons, totals

_EXPIRE_AT_ONCE = 2000
_NO_FIGURES = {"transaction_count": 0, "spent_cents": 0}
_COUNTED = ("pass_count", "committed_cents")


def every(uow: UnitOfWork) -> list[dict[str, Any]]:
    figures = totals.by_season(uow.connection)
    return [_told(row, figures.get(row["season_id"], {})) for row in seasons.every(uow.connection)]


def schemes(uow: UnitOfWork) -> list[str]:
    return sorted({row["scheme"] for row in seasons.every(uow.connection)})


def one(uow: UnitOfWork, season_id: str) -> dict[str, Any]:
    """Raises SeasonUnknown."""
    row = _known(seasons.by_id(uow.connection, season_id))
    return _told(row, totals.by_season(uow.connection).get(season_id, {}))


def save(uow: UnitOfWork, *, season_id: str | None, **values: Any) -> dict[str, Any]:
    """Make or change a season. Raises ValidationFailed, SeasonUnknown, SeasonClosed or BudgetBelowCommitted."""
    check_dates(values["starts_on"], values["ends_on"])
    check_rules([AmountRule(**rule) for rule in values["amount_rules"]])
    _check_name_is_free(uow, season_id, values["scheme"], values["name"])
    if season_id is None:
        season_id = new_id()
        seasons.save(
            uow.connection, {"season_id": season_id, "state": SeasonState.DRAFT, "created_at": uow.now, **values}
        )
    else:
        _change(uow, season_id, values)
    uow.audit("season:save", season_id, budget_cents=values["budget_cents"])
    return one(uow, season_id)


def _check_name_is_free(uow: UnitOfWork, season_id: str | None, scheme: str, name: str) -> None:
    for row in seasons.every(uow.connection):
        if row["season_id"] != season_id and (row["scheme"], row["name"]) == (scheme, name):
            raise refusals.ValidationFailed(name=["Une campagne de ce dispositif porte déjà ce nom."])


def _change(uow: UnitOfWork, season_id: str, values: dict[str, Any]) -> None:
    row = _known(seasons.by_id(uow.connection, season_id, lock=True))
    if row["state"] == SeasonState.CLOSED:
        raise refusals.SeasonClosed
    if values["budget_cents"] < row["committed_cents"]:
        raise refusals.BudgetBelowCommitted(committed_cents=row["committed_cents"])
    seasons.change(uow.connection, season_id, **values)


def open_season(uow: UnitOfWork, season_id: str) -> dict[str, Any]:
    """Let passes be issued and used. Raises SeasonUnknown or SeasonClosed."""
    row = _known(seasons.by_id(uow.connection, season_id, lock=True))
    if row["state"] == SeasonState.CLOSED:
        raise refusals.SeasonClosed
    if SeasonState.OPEN in NEXT_OF_SEASON[SeasonState(row["state"])]:
        seasons.change(uow.connection, season_id, state=SeasonState.OPEN)
        uow.audit("season:open", season_id)
    return one(uow, season_id)


def close_season(uow: UnitOfWork, season_id: str) -> dict[str, Any]:
    """No debit any more, for good; a timer gives what is left back to the budget. Raises SeasonUnknown."""
    row = _known(seasons.by_id(uow.connection, season_id, lock=True))
    if SeasonState.CLOSED in NEXT_OF_SEASON[SeasonState(row["state"])]:
        seasons.change(uow.connection, season_id, state=SeasonState.CLOSED)
        uow.audit("season:close", season_id)
    return one(uow, season_id)


def expire_passes(database: BoundDatabase) -> None:
    """Give what is left on passes of closed seasons back to the budget, some at a time."""
    while True:
        with database.alone("expire-passes") as uow:
            closed = seasons.to_expire(uow.connection)
            if not closed:
                return
            _, cents = seasons.expire_some(uow.connection, closed[0], uow.now, _EXPIRE_AT_ONCE)
            seasons.commit_budget(uow.connection, closed[0], -cents)


def _known(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise refusals.SeasonUnknown
    return row


def _told(row: dict[str, Any], figures: dict[str, int]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if name not in (*_COUNTED, "created_at")}
    return told | {"figures": _NO_FIGURES | {name: row[name] for name in _COUNTED} | figures}
