"""Run one service: ``python -m services.chassis.run services.<name>.service``.

Green threads everywhere, psycopg2 included; JSON logs; SIGTERM finishes what is in hand and leaves within ten seconds.
"""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

import psycopg2.extensions  # noqa: E402
from eventlet.hubs import trampoline  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402

from services.chassis import broker, health, serializer, telemetry, topology  # noqa: E402
from services.chassis.config import settings  # noqa: E402

WORKERS = 60
STOP_WITHIN_S = 10


def _wait_green(connection: Any) -> None:
    """psycopg2's wait callback: let other green threads run until the socket is ready."""
    while True:
        state = connection.poll()
        if state == psycopg2.extensions.POLL_OK:
            return
        if state == psycopg2.extensions.POLL_READ:
            trampoline(connection.fileno(), read=True)
        else:
            trampoline(connection.fileno(), write=True)


def nameko_config() -> dict[str, Any]:
    """What nameko needs to know."""
    return {
        "AMQP_URI": settings().amqp_uri,
        "serializer": "json",
        "ACCEPT": ["json", "cloudevents"],
        "max_workers": int(os.environ.get("PSL_WORKERS", WORKERS)),
        "HEARTBEAT": 6,  # a node that is cut off without a word is noticed after twice this
        "TRANSPORT_OPTIONS": {
            "max_retries": 3,
            "interval_start": 0.2,
            "interval_step": 0.5,
            "interval_max": 2,
        },
    }


def main(module_name: str) -> int:
    """Run the module's service until SIGTERM or SIGINT. Returns the exit status."""
    psycopg2.extensions.set_wait_callback(_wait_green)
    serializer.register()
    service = topology.service_class(module_name)
    telemetry.configure(service.name)  # type: ignore[attr-defined]
    topology.declare([service])
    runner = ServiceRunner(nameko_config())
    runner.add_service(service)
    runner.start()
    health.serve(service.name, _checks(service.name))  # type: ignore[attr-defined]
    stopping = eventlet.event.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: eventlet.spawn(_stop, runner, stopping))
    runner.wait()
    return 0


def _checks(name: str) -> dict[str, Any]:
    """What must work for this process to be ready."""
    from services.chassis.database import BoundDatabase

    database = BoundDatabase(name, pool_size=1)
    return {"database": database.ready, "broker": _broker_ready}


def _broker_ready() -> None:
    with broker.connection(connect_timeout=2) as connection:
        connection.connect()


def _stop(runner: ServiceRunner, stopping: Any) -> None:
    if stopping.ready():
        return
    stopping.send(True)
    with eventlet.Timeout(STOP_WITHIN_S - 1, False):
        runner.stop()
        return
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
