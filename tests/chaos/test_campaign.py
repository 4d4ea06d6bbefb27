"""The short fault campaign: what the chassis promises holds under fire; the harness finds what stock nameko loses."""

import pytest

from tests.chaos.campaign import Campaign, report
from tests.chaos.control.target import ControlTarget
from tests.chaos.words_target import WordsTarget


@pytest.mark.timeout(240)
def test_nothing_is_lost_or_doubled_while_processes_die(platform, record_property):
    kills, tally = Campaign(WordsTarget(platform(relay=False)), kills=25).run()
    record_property("campaign", report(kills, tally))
    assert tally.clean, report(kills, tally)


@pytest.mark.timeout(240)
def test_the_same_campaign_finds_what_the_control_loses(platform, record_property):
    target, found = ControlTarget(platform(relay=False)), None
    for _ in range(4):  # losses are a matter of moments: more kills until one is found
        kills, found = Campaign(target, kills=12).run()
        if found.lost + found.duplicated:
            break
    record_property("control", report(kills, found))
    assert found.lost + found.duplicated > 0, report(kills, found)
