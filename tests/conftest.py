"""Fixtures that every kind of test shares.

``database("transactions")`` → a fresh migrated database; ``token("manager", structure_id=…)`` → a signed actor token;
``platform("identity", "partners", relay=True, gateway=False)`` → real processes. The broker and the PostgreSQL behind
them are started once per run, or taken from ``PSL_TEST_INFRA`` (a file written by ``python -m deploy.local.infra
--describe``).
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from deploy import keys as deploy_keys
from deploy.local import processes
from deploy.local.infra import LAST, Infrastructure
from services.chassis import actor, config
from services.chassis import keys as chassis_keys
from services.chassis.database import BoundDatabase
from tests import grouping, nursery
from tests.platform import Infra, Platform
from tests.ports import free_block

_INFRA = "PSL_TEST_INFRA"


FOLDER = Path(__file__).resolve().parents[1] / "var"


def _start_infrastructure() -> Infrastructure:
    """Under var/ and not among pytest's temporary folders, which PostgreSQL's own user may not enter."""
    _end_what_killed_sessions_left()
    started = Infrastructure(FOLDER / f"test-infra-{os.getpid()}", free_block(), durable=False)
    started.start()
    return started


def _end_what_killed_sessions_left() -> None:
    for left in FOLDER.glob("test-infra-*"):
        if processes.identity(int(left.name.rpartition("-")[2])) is None:
            processes.end_leftovers(left / "run", last=LAST)
            shutil.rmtree(left, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    """With several workers, the one who directs them starts the infrastructure for all."""
    nursery.open_here()
    directing = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if directing and not os.environ.get(_INFRA) and not config.option.collectonly:
        started = _start_infrastructure()
        config.add_cleanup(lambda: shutil.rmtree(started.var, ignore_errors=True))
        config.add_cleanup(started.stop)
        described = started.var / "infra.json"
        described.write_text(json.dumps(started.describe()))
        described.chmod(0o600)
        os.environ[_INFRA] = str(described)
        config.add_cleanup(lambda: os.environ.update({_INFRA: ""}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker that was interrupted leaves its platforms running: who directs the workers ends them."""
    base = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    for pid_file in base.glob("popen-*/*/run/*.pid"):
        pid = processes.PidFile(pid_file.parent, pid_file.stem).live_pid()
        if pid is not None:
            processes.kill_session(pid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    grouping.order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return grouping.scheduler(config, log)


@pytest.fixture(scope="session")
def infra() -> Iterator[Infra]:
    """The broker and the PostgreSQL of this run."""
    with ExitStack() as stack:
        if path := os.environ.get(_INFRA):
            described = json.loads(Path(path).read_text())
        else:
            started = _start_infrastructure()
            stack.callback(shutil.rmtree, started.var, ignore_errors=True)
            stack.callback(started.stop)
            described = started.describe()
        found = Infra(described)
        stack.callback(found.drop_templates)
        yield found


@pytest.fixture(scope="session", autouse=True)
def _surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The test process has a var/ and keys of its own, whatever the environment says."""
    var = tmp_path_factory.mktemp("var")
    saved = {name: os.environ.get(name) for name in ("PSL_ENV", "PSL_VAR", "PSL_KEYS")}
    os.environ |= {"PSL_ENV": "development", "PSL_VAR": str(var), "PSL_KEYS": str(var / "keys")}
    config.reset()
    deploy_keys.create(var / "keys")
    yield var
    for name, value in saved.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    config.reset()
    chassis_keys.reload()


@pytest.fixture
def database(infra: Infra) -> Iterator[Callable[[str], BoundDatabase]]:
    """``database(service)``: a `BoundDatabase` on a fresh migrated database with the service's everyday rights."""
    with ExitStack() as stack:

        def make(service: str) -> BoundDatabase:
            name = infra.create_database(service)
            stack.callback(infra.drop_database, name)
            bound = BoundDatabase(service, infra.database_urls(service, name)[f"{service.upper()}_DATABASE_URL"])
            stack.callback(bound.close)
            return bound

        yield make


TokenMaker = Callable[..., str]


def _issuer(roles: tuple[str, ...]) -> str:
    if roles == (actor.VISITOR,):
        return actor.ISSUER_OF_VISITORS
    if len(roles) == 1 and roles[0].startswith("service:"):
        return roles[0].partition(":")[2]
    return actor.ISSUER_OF_PEOPLE


@pytest.fixture(scope="session")
def token() -> TokenMaker:
    """``token("manager", account_id=…, structure_id=…)``: an actor token signed with this test process's keys."""

    def issue(*roles: str, account_id: str | None = None, lifetime_s: float = 600, **scope: str) -> str:
        made, _ = actor.issue(roles, issuer=_issuer(roles), account_id=account_id, scope=scope, lifetime_s=lifetime_s)
        return made

    return issue


@pytest.fixture(scope="module")
def platform(infra: Infra, tmp_path_factory: pytest.TempPathFactory, _surroundings: Path) -> Iterator[Any]:
    """``platform("identity", relay=True, gateway=False)``: a running `Platform`, whose keys are the test process's own
    (so that ``token`` works with it). It lives as long as the module's tests."""
    with ExitStack() as stack:

        def start(*services: str, relay: bool = True, gateway: bool = False, **extra: str) -> Platform:
            folder = tmp_path_factory.mktemp("platform")
            (folder / "keys").symlink_to(_surroundings / "keys")
            made = Platform(infra, folder, stack.enter_context(infra.virtual_host()), extra)
            stack.callback(made.stop)
            made.start(services, relay=relay, gateway=gateway)
            return made

        yield start
