"""pyHanko runs an asyncio loop, and a thread holds one at most. Outside eventlet, work that uses pyHanko runs in a
thread of its own, so that its caller may live in a loop (a notebook, a browser under test)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

AnswerT = TypeVar("AnswerT")
P = ParamSpec("P")


def apart(work: Callable[P, AnswerT], *args: P.args, **named: P.kwargs) -> AnswerT:
    """The result of ``work(*args, **named)``, or what it raises."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *args, **named).result()
