"""Reading a CSV file of unknown origin as a stream: UTF-8 or Windows-1252, ``;`` or ``,`` or tabs."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from services.chassis.spreadsheets import as_it_was

LONGEST_LINE = 10_000
_READ_BYTES = 64 * 1024
_UTF8, _WINDOWS = "utf-8-sig", "cp1252"
_DELIMITERS = ";,\t"


class NotACsv(ValueError):
    """Not readable as a table; the text says why, in French."""


@dataclass(frozen=True)
class Seen:
    """What a first look found. ``rows`` doesn't count the headings."""

    encoding: str
    delimiter: str
    headings: list[str]
    rows: int


def inspect(stream: IO[bytes]) -> Seen:
    """Look through the whole file once, without keeping it. Raises NotACsv."""
    encoding = _encoding(stream)
    stream.seek(0)
    first = stream.readline(LONGEST_LINE).decode(encoding, errors="replace")
    if not first.strip():
        raise NotACsv("Le fichier est vide.")
    delimiter = max(_DELIMITERS, key=first.count)
    stream.seek(0)
    lines = read_lines(stream, encoding, delimiter)
    _, headings = next(lines)
    return Seen(encoding, delimiter, headings, sum(1 for _ in lines))


def _encoding(stream: IO[bytes]) -> str:
    """UTF-8 if all of it is; else what French spreadsheets write."""
    decoder = codecs.getincrementaldecoder(_UTF8)()
    try:
        while piece := stream.read(_READ_BYTES):
            if b"\0" in piece:
                raise NotACsv("Ce fichier n’est pas un fichier CSV : enregistrez votre tableau au format CSV.")
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _WINDOWS
    return _UTF8


def read_lines(stream: IO[bytes], encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each non-empty line with its number in the file (the headings are the first); what an export of ours marked as
    harmless is read as it was. Raises NotACsv."""
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=False)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, [as_it_was(cell) for cell in cells]
    except csv.Error as fault:
        raise NotACsv(f"Ligne {reader.line_num} : illisible.") from fault
