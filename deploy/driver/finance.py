"""The finance department: runs the reference consumer on its own queue and reads what it wrote."""

import json
import sys
from pathlib import Path
from typing import Any

from deploy.local.platform import Platform, Process
from deploy.local.waiting import wait_for

QUEUE = "finance.payouts"
ORDERED, RELEASED = "payout_ordered.v1", "payout_batch_released.v1"


class Finance:
    """One consumer, outside the platform: all it knows is the broker's address."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.folder = platform.var / "finance"

    def listen(self) -> str:
        """Start the consumer; returns when its queue is declared and it reads."""
        command = [sys.executable, "-m", "services.payouts.finance", "--queue", QUEUE, "--out", str(self.folder)]
        process = Process("finance", command, "")
        self._platform.processes["finance"] = process
        self._platform.launch(process)
        wait_for(lambda: (self.folder / "payouts.csv").exists(), "finance has opened its books", 20)
        wait_for(self._reads, f"finance reads {QUEUE}", 20)
        return f"a durable queue {QUEUE}, bound to the four types"

    def _reads(self) -> bool:
        import pika

        first = self._platform.environment["AMQP_URI"].split(";")[0]
        connection = pika.BlockingConnection(pika.URLParameters(first))
        try:
            found = connection.channel().queue_declare(QUEUE, passive=True).method
            return bool(found.consumer_count)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        finally:
            connection.close()

    def events(self) -> list[dict[str, Any]]:
        """The journal: the events in the order of arrival."""
        return read_journal(self.folder)

    def received(self, partner_number: str, amount_cents: int) -> str:
        """Wait for the two events of one payout, each written once. Raises TooLate."""

        def both() -> list[dict[str, Any]]:
            found = [event for event in self.events() if event["type"] in (ORDERED, RELEASED)]
            return found if {event["type"] for event in found} == {ORDERED, RELEASED} else []

        found = wait_for(both, "finance has both events", 30, every_s=0.2)
        (ordered,) = [event["data"] for event in found if event["type"] == ORDERED]
        if (ordered["partner_number"], ordered["amount_cents"]) != (partner_number, amount_cents) or len(found) != 2:
            raise AssertionError(f"finance received {found}")
        return f"{ORDERED} of {amount_cents / 100:.2f} € for {partner_number}, and {RELEASED}"


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """The events that a consumer wrote, in order; nothing if it has not begun."""
    journal = folder / "payouts.jsonl"
    if not journal.exists():
        return []
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
