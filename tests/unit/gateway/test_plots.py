"""The geometry of plots, and home pages that show without the services they draw."""

from gateway import map_plot, plots
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
    assert [line["label"] for line in plot["lines"]] == ["0", "30.0", "60"]


def test_a_bar_alone_stays_slim_and_in_the_middle() -> None:
    (alone,) = plots.bars("t", "w", "u", points(7))["bars"]
    assert alone["width"] == plots.WIDEST_BAR
    assert alone["x"] + alone["width"] / 2 == (plots.LEFT + plots.WIDTH) / 2


def test_many_bars_name_few_and_always_the_last() -> None:
    plot = plots.bars("t", "w", "u", points(*range(30)))
    named = [bar["tick"] for bar in plot["bars"] if bar["tick"]]
    assert len(named) <= plots.NAMED_BARS
    assert named[-1] == "p29"


def test_a_plot_of_nothing_says_so() -> None:
    assert plots.bars("t", "w", "u", points(0, 0))["empty"]
    assert plots.bars("t", "w", "u", [])["empty"]
    assert plots.rows("t", "w", "u", points(0))["empty"]
    assert map_plot.areas("t", "w", "u", [], points(3))["empty"]


def test_shares_are_of_the_whole_and_never_longer() -> None:
    widths = [bar["width"] for bar in plots.shares("t", "w", "u", points(150, 50), 100)["bars"]]
    assert widths == [plots.WIDTH, plots.WIDTH / 2]


def test_the_axis_ends_at_a_number_whose_half_is_whole() -> None:
    for most, top in ((0, 2), (1, 2), (3, 4), (5, 6), (7, 10), (11, 20), (60, 60), (61, 100), (250, 400)):
        assert plots._nice(most) == top


PLACES = [
    map_plot.Place("north", 49.0, 2.3), map_plot.Place("south", 48.8, 2.6), map_plot.Place("none", 48.9, 2.4),
]  # fmt: skip


def test_a_map_keeps_north_up_and_is_darker_where_there_is_more() -> None:
    plot = map_plot.areas("t", "w", "u", PLACES, [plots.Point("south", 1, "1"), plots.Point("north", 4, "4")])
    north, south = plot["bars"]
    assert north["y"] < south["y"]
    assert north["x"] < south["x"]
    assert {shape["label"]: shape["level"] for shape in plot["shapes"]} == {"north": 4, "south": 1, "none": 0}


def test_cells_of_a_map_fit_the_picture_and_share_no_ground() -> None:
    cells = dict(map_plot._cells(tuple(PLACES)))
    for cell in cells.values():
        assert len(cell) >= 3
        assert all(0 <= x <= plots.WIDTH and 0 <= y <= map_plot.HEIGHT for x, y in cell)
    middle_of_north = map_plot._centre(cells["north"])
    assert not _inside(middle_of_north, cells["none"])


def _inside(spot: tuple[float, float], shape: list[tuple[float, float]]) -> bool:
    """Whether a point lies in a convex shape."""
    sides = []
    for index, (x, y) in enumerate(shape):
        x0, y0 = shape[index - 1]
        sides.append((x - x0) * (spot[1] - y0) - (y - y0) * (spot[0] - x0) > 0)
    return all(sides) or not any(sides)


def test_one_place_alone_and_two_at_the_same_spot_are_drawn() -> None:
    assert len(map_plot.areas("t", "w", "u", PLACES[:1], [])["shapes"]) == 1
    twice = [PLACES[0], map_plot.Place("twin", 49.0, 2.3), PLACES[1]]
    assert len(map_plot.areas("t", "w", "u", twice, [])["shapes"]) == 3


def test_the_partner_sees_months_with_their_figures(sign_in, bus) -> None:
    bus.answers |= {
        "conventions.own_convention": {"convention": None},
        "partners.own_application": {"application": None},
        "transactions.own_activity": {"months": [{"month": "2026-11-01", "count": 3, "amount_cents": 4500}]},
        "payouts.own_activity": {"months": [{"month": "2026-11-01", "count": 1, "amount_cents": 3000}]},
    }
    page = sign_in("manager").get("/tableau-de-bord").text
    assert "mois par mois" in page
    assert "3 transactions, 45,00" in page
    assert "1 remboursement, 30,00" in page


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
            "approved": 7,
            "rejected": 0,
            "waiting": {"count": 0, "since": None, "ages": []},
            "corrected": {"count": 0, "since": None, "ages": []},
        },
    }
    page = sign_in("instructor").get("/caf").text
    for shown in ("Demandes de labellisation", "Transactions des 30 derniers jours", "Communes où", "Pantin"):
        assert shown in page
    assert "Budget de" not in page
    assert len(bus.called("transactions.all_activity")) == 1
