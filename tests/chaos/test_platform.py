"""The short campaign on the whole platform: every process dies, broker and database restart, lines are cut."""

import random

import pytest

from services.chassis.config import settings
from tests.chaos import troubles
from tests.chaos.campaign import Campaign
from tests.chaos.platform_target import PlatformTarget
from tests.chaos.stage import Stage
from tests.conftest import FOLDER
from tests.ports import free_block


@pytest.fixture
def stage(tmp_path_factory):
    """A broker and a PostgreSQL of our own, which nobody else misses when they are gone."""
    import shutil

    port = free_block()
    folder = FOLDER / f"test-chaos-{port}"
    with Stage(folder, port) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(540)
@pytest.mark.xdist_group("whole platform")
def test_every_accepted_request_has_one_effect_although_everything_fails(stage, record_property):
    target = PlatformTarget(stage.platform("platform"), settings().files_url, passes=100, boldness=2)
    befalls = [
        troubles.connections_cut(stage.brokers[0]),
        troubles.broker_killed(stage.brokers[0]),
        troubles.postgres_crashed(stage.postgres),
    ]
    outcome = Campaign(target, kills=16, troubles=befalls, pause_s=(0.4, 1.5), seed=random.randrange(1 << 30)).run()
    record_property("campaign", str(outcome))
    assert outcome.tally.clean, f"{outcome} {outcome.tally.remarks}"
    assert outcome.longest_wait_s < 45, outcome.waits_s
