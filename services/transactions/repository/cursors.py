"""Where a page of a list ended, as a text that travels through links and comes back from anybody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from services.chassis.keys import decode, encode

_YEARS = range(1900, 3000)
"""Of instants that a list may have ended at; calendars end a little outside."""


class Cursor(Protocol):
    def text(self) -> str: ...
    @classmethod
    def read(cls, text: str) -> Self:
        """Raises ValueError for anything that isn't ours."""


@dataclass(frozen=True)
class ById:
    """Ids grow with time."""

    row_id: str

    def text(self) -> str:
        return encode(self.row_id.encode())

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(str(UUID(_plain(text))))


@dataclass(frozen=True)
class ByTime:
    """Newest first."""

    recorded_at: datetime
    transaction_id: str

    def text(self) -> str:
        return encode(f"{self.recorded_at.isoformat()} {self.transaction_id}".encode())

    @classmethod
    def read(cls, text: str) -> Self:
        instant, _, transaction_id = _plain(text).partition(" ")
        recorded_at = datetime.fromisoformat(instant)
        if recorded_at.tzinfo is None or recorded_at.year not in _YEARS:
            raise ValueError(instant)
        return cls(recorded_at, str(UUID(transaction_id)))


@dataclass(frozen=True)
class ByAmount:
    """Most used first."""

    amount_cents: int
    structure_id: str

    def text(self) -> str:
        return encode(f"{self.amount_cents} {self.structure_id}".encode())

    @classmethod
    def read(cls, text: str) -> Self:
        amount, _, structure_id = _plain(text).partition(" ")
        return cls(int(amount), str(UUID(structure_id)))


def _plain(text: str) -> str:
    return decode(text).decode("ascii")
