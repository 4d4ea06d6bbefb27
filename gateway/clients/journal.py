"""The journals of all services, read as one: each service keeps its own and answers for it alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypedDict, cast

from gateway.clients.base import ServiceClient
from services.chassis.config import SERVICES
from services.chassis.refusals import Unavailable


class JournalEntry(TypedDict):
    """What happened, as its service wrote it. `sequence` and `hash`: its link of the chain; `cursor`: where what
    is older begins, in every service's journal; `service`: whose journal it is from."""

    id: str
    at: str
    action: str
    subject: str
    actor: str
    roles: list[str]
    scope: dict[str, str]
    details: dict[str, Any]
    trace_id: str
    sequence: int | None
    hash: str | None
    cursor: str
    service: str


@dataclass(frozen=True)
class JournalPage:
    """Entries of several journals, newest first. `silent`: the services that didn't answer, so that their entries
    are missing."""

    items: list[JournalEntry]
    next_cursor: str | None
    silent: tuple[str, ...]


class _OneJournal(ServiceClient):
    """One service's journal. Role: administrator."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service  # type: ignore[misc]

    def entries(self, **asked: Any) -> dict[str, Any]:
        return self._call("audit_entries", idempotent=True, **asked)


class JournalClient:
    """All journals, or some of them. Role: administrator."""

    def __init__(self, services: tuple[str, ...] = SERVICES) -> None:
        self._services = services

    def page(self, *, limit: int, cursor: str | None = None, **asked: Any) -> JournalPage:
        """The newest `limit` entries older than `cursor`. `asked`: `subject`, `actor`, `action`, `trace_id`,
        `scope`, `since`, `until` (see `services.chassis.journal`). A service that is away leaves its part out, and is
        named. Refuses `validation_failed` for a bad cursor."""
        question = {**asked, "limit": limit, "cursor": cursor}
        items: list[JournalEntry] = []
        silent, more = [], False
        for service, answer in self._ask_all(question):
            if answer is None:
                silent.append(service)
                continue
            more = more or answer["next_cursor"] is not None
            items += [cast(JournalEntry, {**item, "service": service}) for item in answer["items"]]
        items.sort(key=lambda item: (item["at"], item["id"]), reverse=True)
        more = more or len(items) > limit
        items = items[:limit]
        return JournalPage(items, items[-1]["cursor"] if more and items else None, tuple(silent))

    def _ask_all(self, question: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
        for service in self._services:
            try:
                yield service, _OneJournal(service).entries(**question)
            except Unavailable:
                yield service, None

    def every(self, **asked: Any) -> Iterator[JournalEntry]:
        """Each entry, newest first, page by page. Raises Unavailable when a service is away: an export is whole or
        none."""
        cursor = None
        while True:
            page = self.page(limit=500, cursor=cursor, **asked)
            if page.silent:
                raise Unavailable(f"{', '.join(page.silent)} did not answer")
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
