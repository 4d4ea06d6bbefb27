"""What the home pages draw: use of passes, budget, applications. A service that is away leaves its plot out."""

from collections.abc import Callable
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway import plots
from gateway.access import Viewer
from gateway.clients.partners import DraftClient, ReviewClient
from gateway.clients.transactions import CafTransactionsClient, SeasonsClient, TransactionsClient
from gateway.formatting import day, euros, number
from gateway.navigation import READ_MONEY
from services.chassis.refusals import Refused, Unavailable

Plot = dict[str, Any]


def partner_plots(who: Viewer) -> list[Plot]:
    """Transactions by month, for those who may see the money."""
    return _drawn([_months]) if who.may(*READ_MONEY) else []


def caf_plots(who: Viewer) -> dict[str, Plot]:
    """The Caf's plots by kind: `applications`, `days`, `budget`, `map`."""
    wanted: dict[str, Callable[[], Plot | None]] = {"days": _days, "budget": _budget, "map": _map}
    if who.may("instructor"):
        wanted["applications"] = _applications
    return {kind: plot for kind, make in wanted.items() if (plot := _tried(make))}


def _drawn(makers: list[Callable[[], Plot | None]]) -> list[Plot]:
    return [plot for make in makers if (plot := _tried(make))]


def _tried(make: Callable[[], Plot | None]) -> Plot | None:
    try:
        return make()
    except (Refused, Unavailable):
        return None


def _whole_euros(value: float) -> str:
    return f"{number(round(value / 100))} €"


def _used(row: dict[str, Any]) -> str:
    """«12 transactions, 340,00 €»."""
    return f"{ngettext('%(num)s transaction', '%(num)s transactions', row['count'])}, {euros(row['amount_cents'])}"


def _months() -> Plot:
    points = [
        plots.Point(day(row["month"], "MMM yyyy"), row["amount_cents"], _used(row))
        for row in TransactionsClient().own_activity()["months"]
    ]
    title = _("Vos transactions, mois par mois")
    return plots.bars(title, _("Mois"), _("Transactions"), points, axis=_whole_euros)


def _thirty_days() -> dict[str, Any]:
    """Asked once for a page."""
    if "thirty_days" not in g:
        g.thirty_days = CafTransactionsClient().all_activity()
    return g.thirty_days


def _days() -> Plot:
    points = [plots.Point(day(row["day"], "d MMM"), row["count"], _used(row)) for row in _thirty_days()["days"]]
    return plots.bars(_("Transactions des 30 derniers jours"), _("Jour"), _("Transactions"), points, axis=_count)


def _count(value: float) -> str:
    return str(number(value if value % 1 else int(value)))


def _budget() -> Plot | None:
    """The newest open season: spent over committed over budget."""
    season = next((one for one in SeasonsClient().seasons() if one["state"] == "open"), None)
    if season is None:
        return None
    figures, budget = season["figures"], season["budget_cents"]
    points = [
        plots.Point(_("Engagé (pass émis)"), figures["committed_cents"], euros(figures["committed_cents"])),
        plots.Point(_("Dépensé chez les partenaires"), figures["spent_cents"], euros(figures["spent_cents"])),
    ]
    title = _("Budget de %(season)s : %(budget)s", season=season["name"], budget=euros(budget))
    return plots.shares(title, _("Part"), _("Montant"), points, budget)


def _map() -> Plot:
    places = [
        plots.Place(one["name"], one["centre"][0], one["centre"][1]) for one in DraftClient().catalogue()["communes"]
    ]
    points = [plots.Point(row["commune_name"], row["count"], _used(row)) for row in _thirty_days()["communes"]]
    return plots.spots(_("Communes où les pass sont utilisés"), _("Commune"), _("Transactions"), places, points)


def _applications() -> Plot:
    counts = ReviewClient().application_counts()
    names = {
        "to_take": _("À prendre en charge"),
        "in_review": _("En cours d’instruction"),
        "correction_requested": _("Corrections demandées"),
    }
    points = [plots.Point(label, counts[name], str(number(counts[name]))) for name, label in names.items()]
    return plots.bars(_("Demandes de labellisation"), _("État"), _("Demandes"), points, axis=_count)
