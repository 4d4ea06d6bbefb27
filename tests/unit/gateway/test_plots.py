"""The geometry of plots, and home pages that show without the services they draw."""

from gateway import plots
from services.chassis.refusals import Unavailable


def points(*values: float) -> list[plots.Point]:
    return [plots.Point(f"p{index}", value, f"{value}") for index, value in enumerate(values)]


def test_bars_stand_on_zero_and_reach_a_round_number() -> None:
    plot = plots.bars("t", "w", "u", points(0, 30, 60))
    floor = plots.HEIGHT - plots.BELOW
    heights = [bar["height"] for bar in plot["bars"]]
    assert heights[0] == 0
    assert abs(heights[2] - 2 * heights[1]) < 0.2
    assert all(abs(bar["y"] + bar["height"] - floor) < 0.2 for bar in plot["bars"])
    assert plot["lines"][-1]["label"] == "100"


def test_many_bars_name_few_and_always_the_last() -> None:
    plot = plots.bars("t", "w", "u", points(*range(30)))
    named = [bar["tick"] for bar in plot["bars"]]
    assert sum(named) <= 8
    assert named[-1]


def test_a_plot_of_nothing_says_so() -> None:
    assert plots.bars("t", "w", "u", points(0, 0))["empty"]
    assert plots.bars("t", "w", "u", [])["empty"]
    assert plots.spots("t", "w", "u", [], points(3))["empty"]


def test_shares_are_of_the_whole_and_never_longer() -> None:
    widths = [bar["width"] for bar in plots.shares("t", "w", "u", points(150, 50), 100)["bars"]]
    assert widths == [plots.WIDTH, plots.WIDTH / 2]


def test_places_keep_north_up_and_areas_follow_values() -> None:
    places = [plots.Place("north", 49.0, 2.3), plots.Place("south", 48.8, 2.6), plots.Place("none", 48.9, 2.4)]
    plot = plots.spots("t", "w", "u", places, [plots.Point("north", 4, "4"), plots.Point("south", 1, "1")])
    north, south = plot["bars"]
    assert north["y"] < south["y"]
    assert north["x"] < south["x"]
    assert (north["radius"] - 5) / (south["radius"] - 5) == 2
    assert len(plot["places"]) == 3
    assert all(0 < one["x"] < plots.WIDTH and 0 < one["y"] < 400 for one in plot["places"])


def test_the_partner_sees_months_with_their_figures(sign_in, bus) -> None:
    bus.answers |= {
        "conventions.own_convention": {"convention": None},
        "partners.own_application": {"application": None},
        "transactions.own_activity": {"months": [{"month": "2026-11-01", "count": 3, "amount_cents": 4500}]},
    }
    page = sign_in("manager").get("/tableau-de-bord").text
    assert "mois par mois" in page
    assert "3 transactions, 45,00" in page


def test_the_cafs_home_shows_what_it_can(sign_in, bus) -> None:
    bus.answers |= {
        "transactions.all_activity": {
            "days": [{"day": "2026-11-24", "count": 2, "amount_cents": 4000}],
            "communes": [{"commune_name": "Pantin", "count": 2, "amount_cents": 4000}],
        },
        "transactions.seasons": Unavailable("away"),
        "partners.catalogue": {"communes": [{"name": "Pantin", "centre": [48.89, 2.4]}]},
        "partners.application_counts": {
            "to_take": 2,
            "mine": 1,
            "in_review": 1,
            "correction_requested": 0,
            "oldest_waiting_since": None,
        },
    }
    page = sign_in("instructor").get("/caf").text
    for shown in ("Demandes de labellisation", "Transactions des 30 derniers jours", "Communes où", "Pantin"):
        assert shown in page
    assert "Budget de" not in page
    assert len(bus.called("transactions.all_activity")) == 1
