"""Prepare what services find when they start: keys, tables, exchanges and queues. Safe to repeat."""

from collections.abc import Iterable

from deploy import keys
from services.chassis import migrate, topology
from services.chassis.config import SERVICES, settings


def prepare(services: Iterable[str] = SERVICES) -> list[str]:
    """Keys (in development), migrations, topology; returns one line for each thing done."""
    done = []
    if not settings().production:
        keys.create(settings().keys)
    for service in services:
        migrate.upgrade(service)
        done.append(f"{service}: migrated")
    count = declare(services)
    return [*done, f"{count} queues declared"]


def declare(services: Iterable[str] = SERVICES) -> int:
    """Declare every queue before any service starts: an event published before its queue exists is dropped."""
    return topology.declare([topology.service_class(f"services.{service}.service") for service in services])
