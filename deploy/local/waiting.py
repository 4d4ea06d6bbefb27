"""Waiting for a condition with a deadline, never for a length of time."""

import socket
from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

Found = TypeVar("Found")


class TooLate(Exception):
    """The awaited condition did not come true in time; the message says which."""


def wait_for(probe: Callable[[], Found], what: str, within_s: float, every_s: float = 0.05) -> Found:
    """Return the first truthy answer of `probe`; raise TooLate(what) after `within_s` seconds."""
    deadline, pause = monotonic() + within_s, Event()
    while True:
        found = probe()
        if found:
            return found
        if monotonic() >= deadline:
            raise TooLate(f"not observed within {within_s:g} s: {what}")
        pause.wait(every_s)


def accepts_connections(host: str, port: int) -> bool:
    """Whether something listens on the port."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False
