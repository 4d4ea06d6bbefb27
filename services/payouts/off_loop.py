"""Heavy computing beside the event loop: a real thread, so that other calls of the process go on."""

from collections.abc import Callable
from typing import Any, TypeVar

from eventlet import patcher, tpool

ResultT = TypeVar("ResultT")


def run(work: Callable[..., ResultT], *arguments: Any) -> ResultT:
    """``work(*arguments)`` in a native thread when this process runs on green threads, else right here."""
    if patcher.is_monkey_patched("thread"):
        return tpool.execute(work, *arguments)  # type: ignore[no-any-return]
    return work(*arguments)
