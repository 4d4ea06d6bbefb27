"""Finance's books on a disk that fills up: whole lines or nothing, and each event once when there is room again."""

import csv
import errno
import json
import os

import pytest

from services.payouts.finance import Books

EVENT = {"id": "e-1", "type": "payout_ordered.v1", "time": "2026-11-25T09:00:00+00:00", "data": {"amount_cents": 100}}


class FullDisk:
    """Lets some writes pass whole, then one half; afterwards nothing until there is room."""

    def __init__(self, whole: int):
        self._left, self._write, self.full = whole, os.write, True

    def __call__(self, handle: int, content: bytes) -> int:
        if not self.full:
            return self._write(handle, content)
        self._left -= 1
        if self._left >= 0:
            return self._write(handle, content)
        if self._left == -1:
            return self._write(handle, content[: len(content) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")


def journal(folder):
    return [json.loads(line)["id"] for line in (folder / "payouts.jsonl").read_text().splitlines()]


def table(folder):
    with (folder / "payouts.csv").open() as file:
        return [row[0] for row in list(csv.reader(file, delimiter=";"))[1:]]


@pytest.mark.parametrize("whole", [0, 1], ids=["in the journal", "in the table"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_full_disk_tears_no_line_and_doubles_none(tmp_path, monkeypatch, whole, restarted):
    books = Books(tmp_path)
    books.write({**EVENT, "id": "e-0"})
    disk = FullDisk(whole)
    monkeypatch.setattr(os, "write", disk)
    with pytest.raises(OSError, match="No space"):
        books.write(EVENT)
    disk.full = False
    if restarted:
        books.close()
        books = Books(tmp_path)
    books.write(EVENT)
    books.write({**EVENT, "id": "e-2"})
    assert journal(tmp_path) == table(tmp_path) == ["e-0", "e-1", "e-2"]
