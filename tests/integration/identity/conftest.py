"""A running identity service, with its relay."""

from collections.abc import Callable

import pytest

from tests.integration.identity.world import World
from tests.platform import Platform


@pytest.fixture(scope="module")
def world(platform: Callable[..., Platform], token: Callable[..., str]) -> World:
    """Identity and its relay as real processes; the other services are played by the test."""
    return World(platform("identity"), token)
