"""Where partners asks identity: what one sends, the other accepts, with the same idea of what is right."""

import pytest
from marshmallow import ValidationError

from services.identity.messages import arguments
from services.partners import answers, checks
from services.partners.domain.refusals import ValidationFailed
from services.partners.handlers import corrections

PERSON = {
    "civility": "Mme",
    "last_name": "Benali",
    "first_name": "Nadia",
    "position": "Présidente",
    "email": "nadia@example.org",
    "mobile": "06 12 34 56 78",
}


def test_step_4_is_a_registration():
    loaded = answers.load_step(4, PERSON)
    kept = arguments.SaveRegistration().load({**loaded, "registration_id": None})
    assert {name: kept[name] for name in loaded} == loaded


@pytest.mark.parametrize("civility", ["Mme", "M."])
def test_both_know_the_same_civilities(civility):
    assert answers.load_step(4, {**PERSON, "civility": civility})["civility"] == civility
    arguments.SaveRegistration().load({**PERSON, "civility": civility})


@pytest.mark.parametrize(
    "mobile",
    ["06 12 34 56 78", "+33 7 56 78 90 12", "0690 35 12 34", "+262 692 12 34 56", "0694 20 12 34", "0639 69 12 34",
     "01 48 00 00 00", "+41 79 123 45 67", "06 12 34", "appelez-moi"],
)  # fmt: skip
def test_both_judge_mobiles_alike(mobile):
    """What partners lets through, identity keeps; what identity would refuse is told at the field."""

    def partners_say():
        try:
            return answers.load_step(4, {**PERSON, "mobile": mobile})["mobile"]
        except ValidationFailed:
            return None

    def identity_says():
        try:
            return arguments.SaveRegistration().load({**PERSON, "mobile": mobile})["mobile"]
        except ValidationError:
            return None

    assert partners_say() == identity_says()


@pytest.mark.parametrize("email", ["a@b.fr", "A.B+c@Exemple.FR", "élève@exemple.fr", "a@b", "a b@c.fr", "@c.fr"])
def test_both_judge_addresses_alike(email):
    def partners_say():
        try:
            return checks.email(email)
        except checks.Wrong:
            return None

    def identity_says():
        try:
            return arguments.StructureEmail().load({"structure_id": "0" * 32, "email": email})["email"]
        except ValidationError:
            return None

    assert partners_say() == identity_says()


def test_the_accounts_are_asked_for_with_what_an_application_holds():
    asked = {
        "registration_id": "01a0b1c2-0000-7000-8000-000000000003",
        "application_id": "01a0b1c2-0000-7000-8000-000000000001",
        "structure_id": "01a0b1c2-0000-7000-8000-000000000002",
        "structure_name": "x" * 150,
        "structure_email": "club@example.org",
    }
    assert arguments.ReserveAccounts().load(asked) == asked


def test_a_correction_of_the_representative_is_an_update_of_the_person():
    asked = {name: PERSON[name] for name in corrections._PERSON_FIELDS}
    assert arguments.UpdatePerson().load(asked) == asked
