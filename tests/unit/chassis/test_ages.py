"""For how long something has waited."""

from datetime import UTC, datetime, timedelta

import pytest

from services.chassis.ages import Ages

AGES = Ages(2, 7, 30)
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def bands_of(began_at: datetime) -> list[str]:
    """The codes of the bands that a row is in."""
    found = []
    for band in AGES.bands:
        after, until = band.began_between(NOW)
        if began_at <= until and (after is None or began_at > after):
            found.append(band.code)
    return found


@pytest.mark.parametrize(
    ("days", "code"), [(0, "0-2"), (2, "0-2"), (3, "3-7"), (7, "3-7"), (8, "8-30"), (30, "8-30"), (31, "31-")]
)
def test_whole_days_fall_into_their_band_to_the_last_moment(days, code):
    assert bands_of(NOW - timedelta(days=days)) == [code]
    assert bands_of(NOW - timedelta(days=days + 1) + MOMENT) == [code]


def test_the_bands_follow_on_without_gap_or_overlap():
    ends = [band.last_days for band in AGES.bands]
    assert [band.first_days for band in AGES.bands] == [0, *(end + 1 for end in ends if end is not None)]
    assert ends[-1] is None and None not in ends[:-1]
    assert AGES.codes == ["0-2", "3-7", "8-30", "31-"]


def test_one_limit_makes_two_bands():
    assert Ages(0).codes == ["0-0", "1-"]
