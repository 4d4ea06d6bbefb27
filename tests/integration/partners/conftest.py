"""Partners and identity as real processes, with their relay."""

from collections.abc import Callable

import pytest

from tests.integration.partners.world import World
from tests.platform import Platform


@pytest.fixture(scope="module")
def world(platform: Callable[..., Platform], token: Callable[..., str]) -> World:
    return World(platform("identity", "partners"), token)
