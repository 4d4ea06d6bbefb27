"""Partners and identity as real processes, with their relay: one pair for all tests that don't harm it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.partners.world import World
from tests.platform import Infra, Platform


@pytest.fixture(scope="session")
def world(
    infra: Infra, tmp_path_factory: pytest.TempPathFactory, _surroundings: Path, token: Callable[..., str]
) -> Iterator[World]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("partners")
        (folder / "keys").symlink_to(_surroundings / "keys")
        made = Platform(infra, folder, stack.enter_context(infra.virtual_host()))
        stack.callback(made.stop)
        made.start(("identity", "partners"), relay=True, gateway=False)
        yield World(made, token)
