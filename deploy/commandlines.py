"""How each process is started: the same command lines locally, in containers and under systemd."""

import sys
from collections.abc import Iterable


def service(name: str) -> list[str]:
    """One process of a service."""
    return [sys.executable, "-m", "services.chassis.run", f"services.{name}.service"]


def relay(services: Iterable[str]) -> list[str]:
    """The process that sends what waits in the outboxes of these services."""
    return [sys.executable, "-m", "services.chassis.relay", *services]


def gateway(bind: str) -> list[str]:
    """The web front end; how many workers and threads, and all else, is in its settings."""
    settings = ["--config", "python:gateway.gunicorn_settings", "--bind", bind]
    quiet = ["--log-level", "warning", "--no-control-socket"]
    return [sys.executable, "-m", "gunicorn", *settings, *quiet, "gateway.app:create_app()"]
