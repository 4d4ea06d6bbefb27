"""The short campaign on the real thing: scans, cancels, a batch and finance while every process dies repeatedly."""

import pytest

from services.chassis.config import settings
from tests.chaos.campaign import Campaign, report
from tests.chaos.scans_target import ScansTarget


@pytest.mark.timeout(400)
def test_every_accepted_scan_is_paid_once_although_processes_die(platform, record_property):
    target = ScansTarget(platform(relay=False), settings().files_url)
    kills, tally = Campaign(target, kills=20, pause_s=(0.4, 1.5)).run()
    record_property("campaign", report(kills, tally))
    assert tally.clean, f"{report(kills, tally)} {tally.remarks}"
