"""nameko's queue consumer, made safe: a message that can't be decoded goes to the dead letters instead of vanishing,
and an acknowledgement that is lost with its connection is left to the broker. (That frames of concurrent workers don't
interleave is py-amqp's doing since 5.4, whose frame writer locks.)
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nameko.messaging import QueueConsumer

from services.chassis.broker import LOST

AGAIN_AFTER_S = 1
_log = logging.getLogger(__name__)


class SafeQueueConsumer(QueueConsumer):
    """One connection per container. Each queue holds a third of what the workers can do, so that no queue starves
    another and none deadlocks them."""

    def get_consumers(self, consumer_cls: Any, channel: Any) -> Any:
        made = super().get_consumers(consumer_cls, channel)
        for consumer in made:
            consumer.on_decode_error = _dead_letter
        return made

    @contextmanager
    def establish_connection(self) -> Iterator[Any]:
        """A lost broker is asked for again every second (kombu pauses up to half a minute, which callers would
        wait for after the broker is back)."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=AGAIN_AFTER_S, interval_step=0, interval_max=AGAIN_AFTER_S
            )
            yield connection

    def on_iteration(self) -> None:
        """When asked to stop, take nothing new, but stay connected until what is in hand is answered or acknowledged
        (nameko hangs up at once: the caller hears nothing, and the broker gives the work to somebody else)."""
        self._cancel_consumers_if_requested()
        if not self._consumers and not self.container._worker_threads:
            self.should_stop = True

    @property
    def prefetch_count(self) -> int:
        return max(4, self.container.max_workers // 3)

    def ack_message(self, message: Any) -> None:
        try:
            super().ack_message(message)
        except LOST:
            _log.info("acknowledgement lost with the connection; the broker will deliver again")


def _dead_letter(message: Any, fault: Exception) -> None:
    _log.error("undecodable message moved to the dead letters: %s", type(fault).__name__)
    message.reject()
