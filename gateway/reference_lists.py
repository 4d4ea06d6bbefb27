"""The lists that the partners service is configured with (types of structures, documents, activities), in the viewer's
language. Their words are French in `services/partners/configuration`; one that no catalogue knows is shown as it is.
"""

from collections.abc import Sequence
from typing import Any, cast

from wtforms import SelectMultipleField

from gateway.clients.partners import DraftClient
from gateway.clients.partners_results import Activity, Catalogue
from gateway.formatting import by_family, translated

WORDS = ("label", "hint", "family")


def offered() -> Catalogue:
    """What an applicant chooses from."""
    found = DraftClient().catalogue()
    lists = {name: in_words(found[name]) for name in ("structure_types", "activities")}  # type: ignore[literal-required]
    return cast(Catalogue, {**found, **lists})


class ActivitiesField(SelectMultipleField):
    """Check boxes of activities, under their families (`forms.families`)."""

    families: list[tuple[str, list[Any]]] = []

    def offer(self, activities: Sequence[Activity]) -> None:
        """Let these be chosen."""
        self.choices = [(one["code"], one["label"]) for one in activities]
        self.families = by_family(activities)


def in_words(found: Any) -> Any:
    """A list's entries, those below them too, with their words translated."""
    if isinstance(found, list):
        return [in_words(one) for one in found]
    if not isinstance(found, dict):
        return found
    return {key: translated(value) if key in WORDS else in_words(value) for key, value in found.items()}
