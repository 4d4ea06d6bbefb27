"""The pieces of an application beside its data: all of them in the form's order, which are at hand for an item, and
which one is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.application_shown import is_new
from gateway.clients.partners_results import Document, Item, ReviewedApplication


@dataclass(frozen=True)
class Piece:
    """One file. `item`, `label`: the supporting document that it was sent for; `new`: it came with the last
    corrections."""

    item: str
    label: str
    file: Document
    new: bool

    @property
    def document_id(self) -> str:
        return self.file["document_id"]


def pieces_of(found: ReviewedApplication) -> list[Piece]:
    """Every file, in the order of the items."""
    return [
        Piece(item["item"], item["label"], file, is_new(found, file))
        for item in found["items"]
        for file in item["documents"]
    ]


def at_hand(found: ReviewedApplication) -> dict[str, list[Piece]]:
    """By item what it is judged by: a supporting document's own files; for a group of fields, those that the form
    asked for on the same step."""
    items, every = found["items"], pieces_of(found)
    steps = {item["item"]: item["step"] for item in items}
    return {
        item["item"]: [
            piece
            for piece in every
            if piece.item == item["item"] or (item["kind"] == "fields" and steps[piece.item] == item["step"])
        ]
        for item in items
    }


def piece_shown(found: ReviewedApplication, asked: Mapping[str, Any], waiting: Sequence[Item]) -> Piece | None:
    """The piece that was asked for (`piece`), else the first one at hand for the item in question (`element`, or the
    first that waits for a verdict), else the first of all."""
    every, hand = pieces_of(found), at_hand(found)
    in_question = [asked.get("element") or "", *(item["item"] for item in waiting)]
    wanted = [piece for piece in every if piece.document_id == asked.get("piece")]
    wanted += [piece for item in in_question for piece in hand.get(item, [])]
    return next(iter([*wanted, *every]), None)
