"""How each process is started: the same command lines locally, in containers and under systemd."""

import sys
from collections.abc import Iterable

GATEWAY_WORKERS, GATEWAY_THREADS = 2, 8


def service(name: str) -> list[str]:
    """One process of a service."""
    return [sys.executable, "-m", "services.chassis.run", f"services.{name}.service"]


def relay(services: Iterable[str]) -> list[str]:
    """The process that sends what waits in the outboxes of these services."""
    return [sys.executable, "-m", "services.chassis.relay", *services]


def gateway(bind: str, *, workers: int = GATEWAY_WORKERS, threads: int = GATEWAY_THREADS) -> list[str]:
    """The web front end. Keep-alive outlasts that of common reverse proxies, which would meet a closed door."""
    return [
        *(sys.executable, "-m", "gunicorn", "gateway.app:create_app()"),
        *("--bind", bind, "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)),
        *("--timeout", "30", "--graceful-timeout", "10", "--keep-alive", "75"),
        *("--worker-tmp-dir", "/dev/shm", "--log-level", "warning", "--no-control-socket"),  # noqa: S108
    ]
