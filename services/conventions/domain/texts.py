"""The convention's text: versions with effect dates, places to fill, and the difference between two versions."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.conventions.domain.refusals import TextVersionUnknown

_PLACE = re.compile(r"\{([a-z_]+(?:\.[a-z_0-9]+)*)\}")


@dataclass(frozen=True)
class Article:
    """``paragraphs`` that begin with "- " are items of a list."""

    number: int
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """One version of the text. It may be signed from ``effective_on`` on, until a newer one takes effect."""

    version: str
    effective_on: date
    title: str
    parties: tuple[str, ...]
    articles: tuple[Article, ...]

    def lines(self) -> list[str]:
        """Title, parties and articles as lines, for reading and comparing."""
        lines = [self.title, *self.parties]
        for article in self.articles:
            lines += [f"Article {article.number} – {article.title}", *article.paragraphs]
        return lines


class PlaceUnknown(LookupError):
    """The text asks for a fact that there isn't: a mistake in the text, found by its test."""


def fill(line: str, facts: Mapping[str, Any]) -> str:
    """The line with each ``{structure.name}`` replaced by its fact. Raises PlaceUnknown."""
    return _PLACE.sub(lambda place: _fact(place[1], facts), line)


def _fact(path: str, facts: Mapping[str, Any]) -> str:
    value: Any = facts
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise PlaceUnknown(path)
        value = value[part]
    return str(value)


def filled(text: Text, facts: Mapping[str, Any]) -> Text:
    """The text with every place filled. Raises PlaceUnknown."""
    return Text(
        text.version,
        text.effective_on,
        fill(text.title, facts),
        tuple(fill(line, facts) for line in text.parties),
        tuple(
            Article(article.number, fill(article.title, facts), tuple(fill(line, facts) for line in article.paragraphs))
            for article in text.articles
        ),
    )


def in_effect(texts: Iterable[Text], today: date) -> Text:
    """The newest text whose effect date has come. Raises TextVersionUnknown."""
    usable = [text for text in texts if text.effective_on <= today]
    if not usable:
        raise TextVersionUnknown
    return max(usable, key=lambda text: (text.effective_on, text.version))


def difference(before: Text, now: Text) -> list[dict[str, str]]:
    """Line by line what stayed, went and came: ``[{kind: "same"|"removed"|"added", text}]``, in reading order."""
    return list(_changes(before.lines(), now.lines()))


def _changes(before: Sequence[str], now: Sequence[str]) -> Iterable[dict[str, str]]:
    matcher = difflib.SequenceMatcher(a=before, b=now, autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            yield from ({"kind": "same", "text": line} for line in before[a_from:a_to])
            continue
        yield from ({"kind": "removed", "text": line} for line in before[a_from:a_to])
        yield from ({"kind": "added", "text": line} for line in now[b_from:b_to])
