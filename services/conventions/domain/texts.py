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

    def passages(self) -> list[tuple[str, str]]:
        """Title, parties and articles in reading order, each with the heading under which it stands ("" before the
        first article; a heading stands under itself)."""
        passages = [("", line) for line in (self.title, *self.parties)]
        for article in self.articles:
            heading = f"Article {article.number} – {article.title}"
            passages += [(heading, line) for line in (heading, *article.paragraphs)]
        return passages


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


_WORD = re.compile(r"\S+\s*")
_ALIKE = 0.5
"""From here on two paragraphs are one that was reworded; below, one went and another came."""


def difference(before: Text, now: Text) -> list[dict[str, Any]]:
    """What stayed, went, came and was reworded, in reading order: ``[{kind: "same"|"removed"|"added"|"changed",
    heading, text, parts}]``. ``heading``: the article it stands in, "" before the first one. ``parts`` tell a changed
    paragraph word by word: ``[{kind: "same"|"removed"|"added", text}]``."""
    old, new = before.passages(), now.passages()
    matcher = difflib.SequenceMatcher(a=_texts(old), b=_texts(new), autojunk=False)
    found: list[dict[str, Any]] = []
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            found += [_passage("same", *passage) for passage in new[b_from:b_to]]
        else:
            found += _reworded(old[a_from:a_to], new[b_from:b_to])
    return found


def _texts(passages: Sequence[tuple[str, str]]) -> list[str]:
    return [text for _, text in passages]


def _passage(kind: str, heading: str, text: str, parts: Iterable[dict[str, str]] = ()) -> dict[str, Any]:
    return {"kind": kind, "heading": heading, "text": text, "parts": list(parts)}


def _reworded(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    """Each new paragraph beside the first old one that it resembles; what resembles nothing went or came."""
    rest = list(before)
    for heading, text in now:
        place = next((place for place, (_, old) in enumerate(rest) if _alike(old, text)), None)
        if place is None:
            yield _passage("added", heading, text)
            continue
        yield from (_passage("removed", *gone) for gone in rest[:place])
        yield _passage("changed", heading, text, _word_by_word(rest[place][1], text))
        del rest[: place + 1]
    yield from (_passage("removed", *gone) for gone in rest)


def _alike(one: str, other: str) -> bool:
    return difflib.SequenceMatcher(a=_WORD.findall(one), b=_WORD.findall(other), autojunk=False).ratio() >= _ALIKE


def _word_by_word(before: str, now: str) -> Iterable[dict[str, str]]:
    old, new = _WORD.findall(before), _WORD.findall(now)
    for tag, a_from, a_to, b_from, b_to in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield {"kind": "same", "text": "".join(new[b_from:b_to])}
            continue
        if a_to > a_from:
            yield {"kind": "removed", "text": "".join(old[a_from:a_to])}
        if b_to > b_from:
            yield {"kind": "added", "text": "".join(new[b_from:b_to])}
