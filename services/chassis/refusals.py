"""How a "no" travels.

A service's domain raises its own named refusal: any exception with a text ``code`` and a dict ``fields`` (domain code
imports nothing from here, hence a protocol and not a base class). Over the bus it goes as code + fields, and on the
other side it becomes one typed exception, `Refused`.
"""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Refusal(Protocol):
    """What the chassis recognises as a refusal and not as a fault."""

    code: str
    fields: dict[str, Any]


class Refused(Exception):
    """The called service said no. The caller shows the reason; asking again changes nothing.

    ``code`` is stable and meant for programs; ``fields`` are facts that go with it (a balance, errors by field).
    """

    def __init__(self, code: str, fields: dict[str, Any] | None = None):
        super().__init__(code, fields or {})
        self.code = code
        self.fields: dict[str, Any] = fields or {}


class Unavailable(Exception):
    """Nobody answered in time, or the answer was lost. The call may or may not have run: the caller may repeat
    it only if it is idempotent, after ``retry_after_s`` seconds."""

    retry_after_s = 2


class ValidationFailed(Refused):
    """The arguments break the method's schema; ``errors`` maps a field to messages."""

    def __init__(self, errors: dict[str, Any]):
        super().__init__("validation_failed", {"errors": errors})


class NotAllowed(Refused):
    """The actor's roles are not among those that the method demands."""

    def __init__(self) -> None:
        super().__init__("not_allowed")


def refusal_of(fault: BaseException) -> Refused | None:
    """The refusal in an exception, or None if it is a fault (a bug, a lost connection)."""
    if isinstance(fault, Refused):
        return fault
    code, fields = getattr(fault, "code", None), getattr(fault, "fields", None)
    if isinstance(code, str) and isinstance(fields, dict):
        return Refused(code, fields)
    return None
