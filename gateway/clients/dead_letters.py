"""The dead letters of all services, looked at as one list: each service keeps its own and answers for it alone."""

from dataclasses import dataclass
from typing import Any, TypedDict

from gateway.clients.base import ServiceClient
from services.chassis.config import SERVICES
from services.chassis.refusals import Unavailable


class DeadLetter(TypedDict):
    """An event that `service` could not handle. `origin`: its queue; `fault`: the last failure's kind; `since`: when it
    failed first (empty for what never was an event)."""

    id: str
    service: str
    type: str
    origin: str
    fault: str
    attempts: int
    since: str


class DeadLetterShown(DeadLetter):
    """With what it says: JSON for reading, or the raw text."""

    content: str


@dataclass(frozen=True)
class DeadLetterList:
    """`silent`: the services that didn't answer, so that theirs are missing."""

    items: list[DeadLetter]
    silent: tuple[str, ...]


class DeadLettersClient(ServiceClient):
    """One service's dead letters. Role: administrator."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service  # type: ignore[misc]

    def letters(self) -> list[DeadLetter]:
        items: list[DeadLetter] = self._call("dead_letters", idempotent=True)["items"]
        return items

    def letter(self, letter_id: str) -> DeadLetterShown:
        """Refuses `dead_letter_unknown`."""
        found: DeadLetterShown = self._call("dead_letter", idempotent=True, letter_id=letter_id)
        return found

    def replay(self, letter_id: str) -> Any:
        """Back to its queue. Refuses `dead_letter_unknown`, `dead_letter_queue_gone`."""
        return self._call("replay_dead_letter", letter_id=letter_id)

    def drop(self, letter_id: str) -> Any:
        """Away for good. Refuses `dead_letter_unknown`."""
        return self._call("drop_dead_letter", letter_id=letter_id)


def everywhere() -> DeadLetterList:
    """Those of all services, the oldest failure first."""
    items: list[DeadLetter] = []
    silent = []
    for service in SERVICES:
        try:
            items += DeadLettersClient(service).letters()
        except Unavailable:
            silent.append(service)
    return DeadLetterList(sorted(items, key=lambda letter: letter["since"]), tuple(silent))
