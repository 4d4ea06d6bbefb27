"""The reference consumer, which may die at its own named points (it is kept free of ours, so that it can be copied)."""

import sys
from typing import Any

from services.chassis import faults
from services.payouts import finance


class Mortal(finance.Consumer):
    def _take(self, channel: Any, delivery_tag: int, body: bytes) -> None:
        faults.point("finance.received")
        super()._take(Acknowledging(channel), delivery_tag, body)
        faults.point("finance.acknowledged")


class Acknowledging:
    """A channel that may die before it acknowledges."""

    def __init__(self, channel: Any):
        self._channel = channel

    def basic_ack(self, delivery_tag: int) -> None:
        faults.point("finance.written")
        self._channel.basic_ack(delivery_tag)


if __name__ == "__main__":
    finance.Consumer = Mortal  # type: ignore[misc]
    sys.exit(finance.main())
