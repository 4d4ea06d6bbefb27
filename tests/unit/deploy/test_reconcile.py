"""What transactions owes and what payouts holds, compared partner by partner."""

from deploy.reconcile import differences

OWED = {("transaction", "a"): 1000, ("transaction", "b"): 500, ("correction", "a"): -200}


def test_equal_books_have_no_difference() -> None:
    assert differences(OWED, dict(OWED)) == []


def test_what_is_missing_too_much_or_another_amount_is_named() -> None:
    held = {("transaction", "a"): 1001, ("correction", "a"): -200, ("transaction", "c"): 7}
    assert differences(OWED, held) == [
        "owed_transactions: a: expected 1000, found 1001",
        "owed_transactions: b: expected 500, found 0",
        "owed_transactions: c: expected 0, found 7",
    ]
