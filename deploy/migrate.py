"""Prepare what services find when they start: keys and tables. Safe to repeat; services declare their queues."""

from collections.abc import Iterable, Iterator

from deploy import keys
from services.chassis import migrate
from services.chassis.config import SERVICES, settings


def prepare(services: Iterable[str] = SERVICES) -> Iterator[str]:
    """Make missing keys (never in production, where an operator brings them), then migrate; one line for each."""
    if not settings().production:
        keys.create(settings().keys)
        yield f"keys: in {settings().keys}"
    for service in services:
        migrate.upgrade(service)
        yield f"{service}: migrated"
