"""A bare py-amqp server: what the broker itself costs. ``python -m tests.bench.amqp_echo``."""

import os

from amqp import Message
from kombu import Connection

QUEUE = "amqp-echo"


def main() -> None:
    """Answer each question with its own body, for ever."""
    connection = Connection(os.environ["AMQP_URI"]).connect()
    channel = connection.channel()
    channel.queue_declare(QUEUE, durable=False, auto_delete=False)

    def answer(message) -> None:  # type: ignore[no-untyped-def]
        told = Message(message.body, correlation_id=message.properties["correlation_id"])
        channel.basic_publish(told, exchange="", routing_key=message.properties["reply_to"])

    channel.basic_consume(QUEUE, no_ack=True, callback=answer)
    while True:
        connection.drain_events()


if __name__ == "__main__":
    main()
