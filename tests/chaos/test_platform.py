"""The short campaign on the whole platform: every process dies, broker and database restart, lines are cut. What is
left is then copied under load, restored into a fresh platform, and adds up to the cent."""

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from deploy import backup as saving
from deploy.local.waiting import TooLate, wait_for
from services.chassis import config
from tests.chaos import books, troubles
from tests.chaos.campaign import Campaign
from tests.chaos.ground import Ground
from tests.chaos.platform_target import PlatformTarget, start, waiting
from tests.chaos.stage import Stage
from tests.conftest import FOLDER
from tests.ports import free_block

pytestmark = pytest.mark.timeout(540)


@pytest.fixture(scope="module")
def stage():
    """A broker and a PostgreSQL of our own, which nobody else misses when they are gone."""
    port = free_block()
    folder = FOLDER / f"test-chaos-{os.getpid()}-{port}"
    with Stage(folder, port) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def target(stage):
    return PlatformTarget(stage.platform("platform"), config.settings().files_url, passes=100)


def test_every_accepted_request_has_one_effect_although_everything_fails(stage, target, record_property):
    befalls = [
        troubles.connections_cut(stage.brokers[0]),
        troubles.broker_killed(stage.brokers[0]),
        troubles.postgres_crashed(stage.postgres),
    ]
    seed = random.randrange(1 << 30)
    outcome = Campaign(target, kills=16, troubles=befalls, workers=2, pause_s=(0.4, 1.5), seed=seed).run()
    record_property("campaign", str(outcome))
    assert outcome.tally.clean, f"{outcome} {outcome.tally.remarks}"
    assert outcome.longest_wait_s < 45, outcome.waits_s


@pytest.fixture
def point_to():
    """Make this process's configuration name a platform's databases and files."""
    before = dict(os.environ)

    def point(platform) -> None:
        os.environ |= {name: value for name, value in platform.environment.items() if _is_a_place(name)}
        config.reset()

    yield point
    os.environ.clear()
    os.environ.update(before)
    config.reset()


def _is_a_place(name: str) -> bool:
    return "_DATABASE_" in name or name == "PSL_FILES_URL"


def test_a_copy_made_under_load_restores_into_a_fresh_platform_and_adds_up(stage, target, point_to, tmp_path):
    """One point in time for five databases and the files: no event is known to a listener whose publisher forgot it,
    none is missing once what was on its way is sent again, the books balance."""
    point_to(target.platform)
    accepted, stop = target.desk.accepted, Event()
    before = len(accepted)
    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(_scan_until, stop, target, number) for number in range(4)]
        wait_for(lambda: len(accepted) > before + 10, "there is load", 60)
        sure = set(accepted)
        saving.backup(tmp_path / "copy")
        wait_for(lambda: len(accepted) > len(sure), "load went on during the copy", 30)
        stop.set()
        for worker in workers:
            worker.result()
    target.stop()

    fresh = stage.fresh_platform("restored")
    point_to(fresh)
    saving.restore(tmp_path / "copy")
    fresh.move_clock("+2d")  # the day of the last scans ends: payouts must hear of them
    start(fresh)
    ground = Ground(fresh)
    stored = set(ground.column("transactions", "SELECT number FROM transactions"))
    assert sure <= stored <= set(accepted)
    try:
        wait_for(lambda: _nothing_recorded(ground) and not waiting(ground), "all has arrived", 120, every_s=0.5)
    except TooLate:
        pytest.fail(f"still waiting: {waiting(ground)}; days are locked: {_nothing_recorded(ground)}")
    found = books.Findings()
    books.listeners(ground, found)
    books.dead_letters(ground, found)
    books.reconciliations(ground, found)
    assert (found.lost, found.duplicated, found.remarks) == (0, 0, [])
    assert ground.column("payouts", "SELECT count(*) FROM lines") == [len(stored) - _cancelled(ground)]


def _nothing_recorded(ground: Ground) -> bool:
    return not ground.column("transactions", "SELECT 1 FROM transactions WHERE state = 'recorded' LIMIT 1")


def _cancelled(ground: Ground) -> int:
    return len(ground.column("transactions", "SELECT 1 FROM transactions WHERE state = 'cancelled'"))


def _scan_until(stop: Event, target: PlatformTarget, worker: int) -> None:
    number = 0
    while not stop.is_set():
        target.desk.request(worker, number)
        number += 1
