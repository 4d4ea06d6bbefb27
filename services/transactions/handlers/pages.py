"""Pages of lists: where one begins, and where the next one would."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from services.transactions.domain import refusals
from services.transactions.repository.cursors import Cursor

CursorT = TypeVar("CursorT", bound=Cursor)
RowT = TypeVar("RowT")


def place(kind: type[CursorT], cursor: str | None) -> CursorT | None:
    """Where a page begins. Raises ValidationFailed for what is no cursor of ours."""
    if not cursor:
        return None
    try:
        return kind.read(cursor)
    except ValueError:
        raise refusals.ValidationFailed(cursor=["Cette suite de liste n’est plus valable."]) from None


def following(rows: Sequence[RowT], limit: int, cursor_of: Callable[[RowT], Cursor]) -> str | None:
    """The next page's cursor, where one row more than ``limit`` was found."""
    return cursor_of(rows[limit - 1]).text() if len(rows) > limit else None
