"""What comes back as a cursor may come from anybody."""

from datetime import UTC, datetime

import pytest

from services.chassis.keys import encode
from services.transactions.domain.refusals import ValidationFailed
from services.transactions.handlers import pages
from services.transactions.repository.cursors import ByAmount, ById, ByTime

ROW = "01a22153-788e-7a35-a12d-cc491fb3d7cd"
OURS = [ById(ROW), ByTime(datetime(2026, 11, 28, 8, 18, 33, 631191, UTC), ROW), ByAmount(123_45, ROW)]


@pytest.mark.parametrize("cursor", OURS, ids=lambda cursor: type(cursor).__name__)
def test_a_cursor_comes_back_as_it_went(cursor) -> None:
    assert pages.place(type(cursor), cursor.text()) == cursor


def test_no_cursor_is_the_beginning() -> None:
    assert pages.place(ByTime, None) is None
    assert pages.place(ByTime, "") is None


@pytest.mark.parametrize("kind", [ById, ByTime, ByAmount])
@pytest.mark.parametrize(
    "text",
    [
        "!", "é", "\0", encode(b"zzz"), encode(b"\xff\xff"), encode(f"12,5 {ROW}".encode()),
        encode(b"12 zzz"), encode(b"2026-11-28T08:18:33+00:00 zzz"), encode(f"2026-11-28T08:18:33 {ROW}".encode()),
        encode(f"9999-12-31T23:59:59+00:00 {ROW}".encode()), encode(f"0001-01-01T00:00:00+00:00 {ROW}".encode()),
        encode(f"yesterday {ROW}".encode()),
    ],
)  # fmt: skip
def test_what_is_no_cursor_of_ours_is_refused_in_plain_words(kind, text: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        pages.place(kind, text)
    assert list(refused.value.fields["errors"]) == ["cursor"]


def test_one_row_more_than_a_page_takes_means_another_page() -> None:
    assert pages.following([1, 2, 3], 2, lambda row: ByAmount(row, ROW)) == ByAmount(2, ROW).text()
    assert pages.following([1, 2], 2, lambda row: ByAmount(row, ROW)) is None
