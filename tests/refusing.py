"""Asking for a refusal."""

from collections.abc import Callable
from typing import Any

import pytest

from services.chassis.refusals import Refused


def refusal(work: Callable[..., Any], *arguments: Any, **named: Any) -> Refused:
    """The refusal that the call gives; the test fails if it doesn't."""
    with pytest.raises(Refused) as refused:
        work(*arguments, **named)
    return refused.value
