"""«Enregistrer une transaction», step by step, without a script."""

import io
import re

import pytest
import segno

from gateway.qr_reading import NoQrFound, read_qr
from services.chassis.refusals import Refused, Unavailable
from tests.upload_samples import document, picture, pixel_bomb

QR = "PSL1$20261124$0192F3A4B5C6D7E8F901234567890ABC"
PARTNER = {
    "active": True,
    "establishments": [
        {"establishment_id": "e-1", "name": "Siège", "commune_name": "Pantin", "is_seat": True},
        {"establishment_id": "e-2", "name": "Gymnase", "commune_name": "Pantin", "is_seat": False},
    ],
}
CHECKED = {
    "usable": True, "reason": None, "scheme": "Pass’sports-loisirs", "season": "2026-2027", "valid_until": "2027-08-31",
    "balance_cents": 6000, "beneficiary": {"first_name": "Lina", "last_name": "Benali"},
}  # fmt: skip
RECEIPT = {
    "number": "T-42", "state": "recorded", "amount_cents": 2550, "balance_cents": 3450,
    "recorded_at": "2026-11-24T10:00:00+00:00",
    "cancellable": True, "cancellable_until": "2026-11-24T23:00:00+00:00", "scheme": "Pass’sports-loisirs",
    "beneficiary": CHECKED["beneficiary"], "structure_name": "Judo Club", "establishment_name": "Gymnase",
}  # fmt: skip


@pytest.fixture
def cashier(sign_in, bus):
    bus.answers |= {
        "transactions.partner": PARTNER,
        "transactions.check_pass": CHECKED,
        "transactions.record_transaction": {"replayed": False, "transaction": RECEIPT},
        "transactions.transaction_by_key": {"transaction": RECEIPT, "problem": None},
    }
    return sign_in("cashier")


def photo(text: str, **how) -> io.BytesIO:
    made = io.BytesIO()
    segno.make(text, micro=False).save(made, kind="png", scale=how.get("scale", 5))
    made.seek(0)
    return made


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


CONFIRMATION = {"qr": QR, "code": "", "amount": "2550", "establishment_id": "e-2", "idempotency_key": "k-1"}


def test_typed_code_shows_the_child_and_the_balance(cashier, bus) -> None:
    page = cashier.post("/transactions/nouvelle", data={"code": " abcd-efgh-jkmn "}).text
    assert bus.called("transactions.check_pass") == [{"qr": None, "code": "abcd-efgh-jkmn"}]
    assert "Lina Benali" in page
    assert "60,00" in page


def test_photo_is_read_on_the_server(cashier, bus) -> None:
    answer = cashier.post("/transactions/nouvelle", data={"photo": (photo(QR), "pass.png")})
    assert answer.status_code == 200
    assert bus.called("transactions.check_pass") == [{"qr": QR, "code": None}]


def test_photo_without_a_code_says_how_to_take_a_better_one(cashier) -> None:
    answer = cashier.post("/transactions/nouvelle", data={"photo": (io.BytesIO(picture()), "cat.png")})
    assert answer.status_code == 422
    assert "Reprenez la photo" in answer.text


def test_nothing_given_is_said_at_the_field(cashier) -> None:
    answer = cashier.post("/transactions/nouvelle", data={})
    assert answer.status_code == 422
    assert 'href="#code"' in answer.text


def test_unknown_pass_starts_again_with_its_reason(cashier, bus) -> None:
    bus.answers["transactions.check_pass"] = Refused("pass_unknown")
    answer = cashier.post("/transactions/nouvelle", data={"code": "x"})
    assert answer.status_code == 422
    assert "error-summary" in answer.text


@pytest.mark.parametrize("reason", ["already_used_here", "already_used_elsewhere", "season_closed", "pass_revoked"])
def test_unusable_pass_says_why(cashier, bus, reason: str) -> None:
    bus.answers["transactions.check_pass"] = {**CHECKED, "usable": False, "reason": reason, "beneficiary": None}
    answer = cashier.post("/transactions/nouvelle", data={"code": "x"})
    assert answer.status_code == 409
    assert "error-summary" in answer.text


def test_amount_leads_to_a_confirmation_with_everything_in_sight(cashier, bus) -> None:
    page = cashier.post(
        "/transactions/nouvelle/montant", data={"qr": QR, "amount": "25,50", "establishment_id": "e-2"}
    ).text
    for shown in ("25,50", "Lina Benali", "60,00", "34,50", "Gymnase"):
        assert shown in page
    assert hidden(page, "amount") == "2550"
    assert bus.called("transactions.record_transaction") == []


@pytest.mark.parametrize(
    ("amount", "said"), [("61", "Le solde du pass est de"), ("0", "supérieur à zéro"), ("", "Saisissez")]
)
def test_impossible_amounts_are_refused_beside_the_field(cashier, amount: str, said: str) -> None:
    answer = cashier.post("/transactions/nouvelle/montant", data={"qr": QR, "amount": amount})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Lina Benali" in answer.text


def test_confirming_records_once_and_shows_the_receipt(cashier, bus) -> None:
    answer = cashier.post("/transactions/nouvelle/confirmation", data=CONFIRMATION)
    assert (answer.status_code, answer.location) == (303, "/transactions/recu/k-1")
    [asked] = bus.called("transactions.record_transaction")
    assert (asked["idempotency_key"], asked["amount_cents"], asked["qr"], asked["establishment_id"]) == (
        "k-1",
        2550,
        QR,
        "e-2",
    )
    receipt = cashier.get(answer.location).text
    for shown in ("T-42", "25,50", "34,50", "Annulation possible", "Annuler"):
        assert shown in receipt


def test_lost_answer_is_asked_for_again_under_the_same_key(cashier, bus) -> None:
    bus.answers["transactions.record_transaction"] = Unavailable("no answer")
    answer = cashier.post("/transactions/nouvelle/confirmation", data=CONFIRMATION)
    assert answer.status_code == 503
    assert "ne sera comptée qu’une seule fois" in answer.text
    assert hidden(answer.text, "idempotency_key") == "k-1"


def test_suspected_duplicate_is_confirmed_under_a_new_key(cashier, bus) -> None:
    bus.answers["transactions.record_transaction"] = Refused("duplicate_suspected", {"number": "T-41"})
    answer = cashier.post("/transactions/nouvelle/confirmation", data=CONFIRMATION)
    assert answer.status_code == 409
    assert "T-41" in answer.text
    assert 'name="confirm_duplicate"' in answer.text
    assert hidden(answer.text, "idempotency_key") not in ("", "k-1")


def test_refused_transaction_starts_again_with_its_reason(cashier, bus) -> None:
    bus.answers["transactions.record_transaction"] = Refused("insufficient_balance", {"balance_cents": 100})
    answer = cashier.post("/transactions/nouvelle/confirmation", data=CONFIRMATION)
    assert answer.status_code == 409
    assert "1,00" in answer.text


@pytest.mark.parametrize("broken", [{"amount": "-5"}, {"amount": "x"}, {"idempotency_key": ""}])
def test_tampered_confirmation_records_nothing(cashier, bus, broken: dict) -> None:
    answer = cashier.post("/transactions/nouvelle/confirmation", data={**CONFIRMATION, **broken})
    assert answer.status_code == 302
    assert bus.called("transactions.record_transaction") == []


def test_inactive_partner_is_told_before_scanning(cashier, bus) -> None:
    bus.answers["transactions.partner"] = {**PARTNER, "active": False}
    assert "convention n’est pas encore active" in cashier.get("/transactions/nouvelle").text


def test_small_tilted_and_large_photos_are_read() -> None:
    assert read_qr(photo(QR, scale=3)) == QR
    assert read_qr(photo(QR, scale=60)) == QR


@pytest.mark.parametrize("content", [b"", b"not a picture", document(), pixel_bomb()])
def test_what_is_no_photo_holds_no_code(content: bytes) -> None:
    with pytest.raises(NoQrFound):
        read_qr(io.BytesIO(content))
