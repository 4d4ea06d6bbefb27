"""The movable clock and the Paris business day, on both nights when the clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.chassis import clock
from services.chassis.config import settings


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("+0s", timedelta(0)),
        ("+1d", timedelta(days=1)),
        ("+36h\n", timedelta(hours=36)),
        ("-90m", timedelta(minutes=-90)),
        ("5s", timedelta(seconds=5)),
    ],
)
def test_reads_an_offset(text, offset):
    assert clock.parse_offset(text) == offset


@pytest.mark.parametrize("text", ["", "tomorrow", "+1", "+1w", "1.5h"])
def test_refuses_what_is_no_offset(text):
    with pytest.raises(clock.InvalidOffset):
        clock.parse_offset(text)


def test_follows_the_file_and_keeps_the_last_valid_offset():
    file = settings().clock_file
    try:
        file.write_text("+2d")
        clock.reread()
        assert timedelta(days=1, hours=23) < clock.now() - datetime.now(UTC) < timedelta(days=2, minutes=1)
        file.write_text("+2")  # half-written
        clock.reread()
        assert clock.now() - datetime.now(UTC) > timedelta(days=1, hours=23)
    finally:
        file.unlink()
        clock.reread()
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize(
    ("on", "start", "hours"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),  # summer time begins
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),  # summer time ends
        (date(2026, 7, 1), datetime(2026, 6, 30, 22, tzinfo=UTC), 24),
    ],
)
def test_a_paris_day_begins_at_paris_midnight(on, start, hours):
    assert clock.day_start(on) == start
    assert clock.day_start(on + timedelta(days=1)) - start == timedelta(hours=hours)
