"""Which counted days (models.days) fit the filters of a list: what totals add up, and where a list looks."""

from collections.abc import Mapping
from typing import Any

from services.transactions.models import SeasonDay, StructureDay

Filters = Mapping[str, Any]
_OF_A_STRUCTURE = ("structure_id", "establishment_id", "operator_id", "terminal_id")


def days_for(filters: Filters) -> Any:
    """The table that knows what these filters ask about."""
    return StructureDay if any(filters.get(name) for name in _OF_A_STRUCTURE) else SeasonDay


def fitting(chosen: Any, days: Any, filters: Filters) -> Any:
    """``chosen`` from ``days``, narrowed to those that fit; states aside."""
    if filters.get("structure_id"):
        chosen = chosen.where(days.structure_id == filters["structure_id"])
    if filters.get("establishment_id"):
        chosen = chosen.where(days.establishment_id == filters["establishment_id"])
    if caller_id := filters.get("terminal_id") or filters.get("operator_id"):
        chosen = chosen.where(days.caller_id == caller_id)
    if filters.get("from_on"):
        chosen = chosen.where(days.recorded_on >= filters["from_on"])
    if filters.get("before_on"):
        chosen = chosen.where(days.recorded_on < filters["before_on"])
    return of_seasons(chosen, days, filters)


def of_seasons(chosen: Any, rows: Any, filters: Filters) -> Any:
    """``chosen`` from ``rows`` of the seasons asked for, if any were."""
    seasons = filters.get("season_ids")
    return chosen if seasons is None else chosen.where(rows.season_id.in_(seasons))
