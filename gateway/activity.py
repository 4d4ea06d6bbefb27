"""What the home pages draw: use of passes, budget, applications. A service that is away leaves its plot out."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway import map_plot, plots
from gateway.access import Viewer
from gateway.clients.partners import DraftClient, ReviewClient
from gateway.clients.payouts import PayoutsClient
from gateway.clients.transactions import CafTransactionsClient, SeasonsClient, TransactionsClient
from gateway.formatting import day, euros, number
from gateway.navigation import READ_MONEY
from services.chassis.refusals import Refused, Unavailable

Plot = dict[str, Any]


def partner_plots(who: Viewer) -> list[Plot]:
    """Transactions and payouts by month, for those who may see the money."""
    return _drawn([_months, _paid_months]) if who.may(*READ_MONEY) else []


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
        plots.Point(day(row["month"], "MMMM yyyy"), row["amount_cents"], _used(row), day(row["month"], "MMM"))
        for row in TransactionsClient().own_activity()["months"]
    ]
    title = _("Vos transactions, mois par mois")
    return plots.bars(title, _("Mois"), _("Transactions"), points, axis=_whole_euros)


def _paid_months() -> Plot:
    points = [
        plots.Point(day(row["month"], "MMMM yyyy"), row["amount_cents"], _paid(row), day(row["month"], "MMM"))
        for row in PayoutsClient().own_activity()["months"]
    ]
    title = _("Vos remboursements, mois par mois")
    return plots.bars(title, _("Mois"), _("Remboursements"), points, axis=_whole_euros)


def _paid(row: dict[str, Any]) -> str:
    """«2 remboursements, 340,00 €»."""
    return f"{ngettext('%(num)s remboursement', '%(num)s remboursements', row['count'])}, {euros(row['amount_cents'])}"


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
        map_plot.Place(one["name"], one["centre"][0], one["centre"][1])
        for one in DraftClient().catalogue()["communes"]
        if one["centre"]
    ]
    points = [plots.Point(row["commune_name"], row["count"], _used(row)) for row in _thirty_days()["communes"]]
    return map_plot.areas(_("Communes où les pass sont utilisés"), _("Commune"), _("Transactions"), places, points)


def _applications() -> Plot:
    counts: Mapping[str, Any] = ReviewClient().application_counts()
    names = {
        "to_take": _("À prendre en charge"),
        "in_review": _("En cours d’instruction"),
        "correction_requested": _("Corrections demandées"),
        "approved": _("Approuvées"),
        "rejected": _("Refusées"),
    }
    points = [plots.Point(label, counts[name], str(number(counts[name]))) for name, label in names.items()]
    return plots.rows(_("Demandes de labellisation, par état"), _("État"), _("Demandes"), points)


def finance_plots(figures: Any) -> dict[str, Plot]:
    """What was ordered by week, by activity and by commune of the partner; nothing before the first batch."""
    if not figures["by_week"]:
        return {}
    weeks = [
        plots.Point(day(one["label"], "d MMM"), one["amount_cents"], euros(one["amount_cents"]))
        for one in figures["by_week"]
    ]
    week_title = _("Montants ordonnés par semaine")
    return {
        "weeks": plots.bars(week_title, _("Semaine du"), _("Montant"), weeks, axis=_whole_euros),
        "activities": _amounts(
            _("Par activité principale du partenaire"), _("Activité"), _named(figures["by_activity"])
        ),
        "communes": _amounts(_("Par commune du partenaire"), _("Commune"), figures["by_commune"]),
    }


def _named(by_activity: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Activities under the names of the catalogue; under their codes while that can't be asked for."""
    try:
        names = {one["code"]: one["label"] for one in DraftClient().catalogue()["activities"]}
    except Refused:
        names = {}
    return [{**one, "label": names.get(one["label"], one["label"])} for one in by_activity]


def _amounts(title: str, what: str, found: list[dict[str, Any]]) -> Plot:
    points = [plots.Point(one["label"], one["amount_cents"], euros(one["amount_cents"])) for one in found]
    return plots.rows(title, what, _("Montant"), points)
