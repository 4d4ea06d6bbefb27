"""What every provider of SMS offers."""

from dataclasses import dataclass
from typing import Protocol

# How far a message got; a later report never takes it back.
PROGRESS = {
    "accepted": 0,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "delivered": 5,
}


class ProviderRefused(Exception):
    """The provider didn't take the message. Nothing was sent."""


class ReportInvalid(Exception):
    """The report isn't signed by the provider, or isn't one."""


@dataclass(frozen=True)
class Handed:
    """A message that the provider took: its id there and its state (`queued`, `sent`, `delivered` …)."""

    provider_id: str
    status: str


@dataclass(frozen=True)
class Report:
    """What became of a message."""

    provider_id: str
    status: str


class Provider(Protocol):
    """`name` is kept as evidence beside the provider's id."""

    name: str

    def send(self, to: str, body: str) -> Handed:
        """Hand over a text for an E.164 number. Raises ProviderRefused."""

    def read_report(self, url: str, parameters: dict[str, str], signature: str) -> Report:
        """A genuine delivery report. Raises ReportInvalid."""
