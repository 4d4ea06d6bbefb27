"""English is complete for all that the public and partners see, and fits its French."""

import re

import pytest

from gateway.application_shown import SAID_BY_PARTNERS
from gateway.translations.extract import french_texts, translated
from services.partners.domain.review import GROUPS
from services.partners.views import HISTORY_LABELS

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}|%%")


def texts(of) -> dict[str, tuple[str, ...]]:
    """French → its English forms."""
    found = {}
    for one in of:
        if one.id:
            french = one.id if isinstance(one.id, str) else one.id[0]
            found[french] = (one.string,) if isinstance(one.string, str) else tuple(one.string or ("",))
    return found


ENGLISH = texts(translated())


def test_every_french_text_has_its_english() -> None:
    missing = [french for french in texts(french_texts()) if not all(ENGLISH.get(french, ("",)))]
    assert missing == [], "run `python -m gateway.translations.extract`, then translate in translations/en"


@pytest.mark.parametrize("french", sorted(ENGLISH))
def test_placeholders_are_the_same_in_both_languages(french: str) -> None:
    wanted = set(PLACEHOLDER.findall(french))
    plural = len(ENGLISH[french]) > 1  # «one item» may leave its number out
    for english in ENGLISH[french]:
        assert set(PLACEHOLDER.findall(english)) - ({"%(num)s"} if plural else set()) == wanted - {"%(num)s"}


def test_a_visitor_reads_english_when_chosen(visitor) -> None:
    visitor.get("/langue/en")
    page = visitor.get("/").text
    assert '<html lang="en"' in page
    assert "Sport and leisure, with nothing to pay in advance" in page
    assert "Partner space" in page


def test_an_unknown_language_changes_nothing(visitor) -> None:
    visitor.get("/langue/xx")
    assert '<html lang="fr"' in visitor.get("/").text


def test_words_that_the_partners_service_answers_have_their_english() -> None:
    """Labels of items and of the history; those of its lists are read from their files by `french_texts`."""
    said = {label for _step, label in GROUPS.values()} | set(HISTORY_LABELS.values())
    assert said == set(SAID_BY_PARTNERS)


def test_lists_of_the_partners_service_are_shown_in_the_viewers_language(visitor, bus) -> None:
    judo = {"code": "judo", "label": "Judo, jujitsu", "family": "Sports de combat et arts martiaux"}
    archery = {"code": "archery", "label": "Tir à l’arc", "family": "Une famille à part"}
    bus.answers["partners.catalogue"] = {"structure_types": [], "activities": [judo, archery], "communes": []}
    bus.answers["partners.directory"] = {"items": [], "total": 0, "page": 1, "pages": 1}
    assert "Tir à l’arc" in visitor.get("/partenaires").text
    visitor.get("/langue/en")
    page = visitor.get("/partenaires").text
    assert "Archery" in page
    assert "Combat sports and martial arts" in page
    assert "Une famille à part" in page
