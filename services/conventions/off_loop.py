"""Work that keeps a processor busy for tens of milliseconds runs in a native thread, a few at a time, so that the
service's other calls go on meanwhile. Outside eventlet (tests, the verifier) it just runs."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from eventlet import tpool
from eventlet.patcher import is_monkey_patched
from eventlet.semaphore import Semaphore

_AT_ONCE = 2
_turns = Semaphore(_AT_ONCE)

AnswerT = TypeVar("AnswerT")
P = ParamSpec("P")


def off_loop(work: Callable[P, AnswerT], *args: P.args, **named: P.kwargs) -> AnswerT:
    """The result of ``work(*args, **named)``."""
    if not is_monkey_patched("socket"):
        return work(*args, **named)
    with _turns:
        answer: AnswerT = tpool.execute(work, *args, **named)
    return answer
