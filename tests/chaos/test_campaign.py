"""The short fault campaign: what the chassis promises holds under fire; the harness finds what stock nameko loses."""

import pytest

from tests.chaos.campaign import Campaign
from tests.chaos.control.target import ControlTarget
from tests.chaos.words_target import WordsTarget


@pytest.mark.timeout(240)
def test_nothing_is_lost_or_doubled_while_processes_die(platform, record_property):
    outcome = Campaign(WordsTarget(platform(relay=False)), kills=25).run()
    record_property("campaign", str(outcome))
    assert outcome.tally.clean, str(outcome)


@pytest.mark.timeout(240)
def test_the_same_campaign_finds_what_the_control_loses(platform, record_property):
    target, found = ControlTarget(platform(relay=False)), None
    for _ in range(4):  # losses are a matter of moments: more kills until one is found
        found = Campaign(target, kills=12).run()
        if found.tally.lost + found.tally.duplicated:
            break
    record_property("control", str(found))
    assert found.tally.lost + found.tally.duplicated > 0, str(found)
