"""What `make scale` shows, with few partners; and the independent accountant notices a cent."""

import shutil

import pytest

from services.chassis.database import BoundDatabase
from tests.factories.payouts import Outside
from tests.scale import payouts as scale


@pytest.fixture(scope="module")
def outside(platform, token, tmp_path_factory):
    made = Outside(platform("payouts", relay=True), token, tmp_path_factory.mktemp("finance"))
    yield made
    made.finance.terminate()
    made.finance.wait(10)


def test_locked_bank_file_slips_and_journal_are_equal_to_the_cent(outside, tmp_path):
    database = BoundDatabase("payouts", outside.platform.environment["PAYOUTS_DATABASE_URL"])
    batch, owed = scale.run(outside, database, 8, 60)
    database.close()
    assert (len(owed), batch["transaction_count"]) == (8, 60)
    scale.fetch_slips(outside, batch["batch_id"], tmp_path)
    assert scale.compare(outside, batch, owed, tmp_path).startswith("8 partners")
    first = next(iter(owed))
    with pytest.raises(AssertionError):
        scale.compare(outside, batch, owed | {first: owed[first] + 1}, tmp_path)
    slips = sorted(tmp_path.glob("*.pdf"))
    shutil.copy(slips[0], slips[1])  # one slip stands where another should
    with pytest.raises(AssertionError):
        scale.compare(outside, batch, owed, tmp_path)
