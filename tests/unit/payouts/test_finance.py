"""The books of finance: each event once, whatever was half-written when the process died."""

import csv
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from services.payouts.finance import COLUMNS, Books

EVENTS = [
    {
        "id": f"e-{number}",
        "type": "payout_ordered.v1",
        "time": "2026-11-25T09:00:00+00:00",
        "data": {"payout_id": f"p-{number}", "amount_cents": number, "partner_number": '93;000"017', "currency": "EUR"},
    }
    for number in range(5)
]


def journal(folder: Path) -> list[str]:
    return [json.loads(line)["id"] for line in (folder / "payouts.jsonl").read_text().splitlines()]


def table(folder: Path) -> list[str]:
    with (folder / "payouts.csv").open() as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows[0] == list(COLUMNS)
    return [row[0] for row in rows[1:]]


def written(folder: Path, events=EVENTS) -> None:
    books = Books(folder)
    for event in events:
        books.write(event)
    books.close()


def test_a_duplicate_is_written_once(tmp_path):
    written(tmp_path, [*EVENTS, *EVENTS])
    written(tmp_path)
    assert journal(tmp_path) == table(tmp_path) == [event["id"] for event in EVENTS]


def cut(path: Path, data: st.DataObject, *, whole_lines: int | None = None) -> int:
    """Cut a file at any byte, at most after that many whole lines; returns how many whole lines stay."""
    lines = path.read_bytes().splitlines(keepends=True)[:whole_lines]
    content = b"".join(lines)
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    return path.read_bytes().count(b"\n")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_death_at_any_byte_costs_and_repeats_nothing(data):
    """The journal reaches the disk before the table: a death leaves a prefix of each, the table's no longer."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, EVENTS[: data.draw(st.integers(0, len(EVENTS)))])
        in_journal = cut(folder / "payouts.jsonl", data)
        cut(folder / "payouts.csv", data, whole_lines=1 + in_journal)
        written(folder)
        assert sorted(journal(folder)) == sorted(table(folder)) == [event["id"] for event in EVENTS]


def test_what_is_no_event_is_kept_aside(tmp_path):
    books = Books(tmp_path)
    books.put_aside(b"\xff not json")
    books.close()
    assert "not json" in (tmp_path / "unreadable.txt").read_text()
