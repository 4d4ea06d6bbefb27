"""«Liste des partenaires» on a real database: what is found, what is forgiven, what never shows."""

from datetime import timedelta

import pytest

from services.partners.domain.refusals import PartnerUnknown, StaleVersion, ValidationFailed
from services.partners.handlers import directory, establishments, profile, public_page, structures
from tests.integration.partners.life_factories import as_role, structure

ALL = {"words": None, "activity": None, "commune": None, "within_km": None, "age": None, "accessible": False, "page": 1}
ANSWERS = {
    "description": "Cours de théâtre pour les enfants.",
    "phone": "01 48 00 00 00",
    "website": "www.club.example",
    "activities": ["judo"],
    "age_min": 6,
    "age_max": 12,
    "opening_hours": [{"day": 2, "opens": "14:00", "closes": "18:00"}, {"day": 0, "opens": "17:00", "closes": "19:00"}],
    "links": [{"label": "Planning", "url": "https://club.example/planning"}],
}


@pytest.fixture
def partners(database):
    return database("partners")


def names(database, **search):
    with database.unit_of_work() as uow:
        return [item["name"] for item in directory.search(uow, **(ALL | search))["items"]]


def save(database, structure_id, version=0, **answers):
    with database.unit_of_work(as_role("manager", structure_id)) as uow:
        return profile.save_profile(uow, version, **(ANSWERS | answers))


def add_place(database, structure_id, **answers):
    place = {
        "name": "Gymnase Maurice-Baquet",
        "address_line1": "2 avenue des Sports",
        "address_line2": "",
        "postcode": "93100",
        "commune_name": "montreuil",
        "activities": [],
        "age_min": None,
        "age_max": None,
        "accessible": False,
        "accessibility_note": "",
    }
    with database.unit_of_work(as_role("manager", structure_id)) as uow:
        return establishments.save_establishment(uow, None, 0, **(place | answers))


@pytest.mark.parametrize("words", ["judo", "JUDO", "bobigny judo", "judoo", "bobini", "Théatre", "theâtr", "club"])
def test_words_are_found_whatever_their_accents_case_and_small_mistakes(partners, words):
    judo = structure(partners)
    structure(partners, "Les Archers de Drancy", activities=("archery",), commune=("93029", "Drancy", "93700"))
    save(partners, judo)
    assert names(partners, words=words)[0] == "Judo Club de Bobigny"


def test_a_word_that_is_nowhere_finds_nothing(partners):
    structure(partners)
    assert names(partners, words="parachutisme") == []


def test_the_list_is_in_alphabetical_order_without_regard_to_accents(partners):
    for name in ("Zumba", "Éveil", "Athlé", "Danse"):
        structure(partners, name)
    assert names(partners) == ["Athlé", "Danse", "Éveil", "Zumba"]


def test_filters_by_activity_commune_distance_age_and_access(partners):
    near = structure(partners, "Proche", activities=("music",))
    structure(partners, "Loin", commune=("93051", "Noisy-le-Grand", "93160"))
    save(partners, near, activities=["music"], age_min=3, age_max=5)
    add_place(partners, near, accessible=True)
    assert names(partners, activity="music") == ["Proche"]
    assert names(partners, commune="93051") == ["Loin"]
    assert names(partners, commune="93048") == ["Proche"]  # through its other establishment
    assert names(partners, commune="93008", within_km=3) == ["Proche"]
    assert names(partners, commune="93008", within_km=40) == ["Loin", "Proche"]
    assert names(partners, age=4) == ["Loin", "Proche"]
    assert names(partners, age=10) == ["Loin"]
    assert names(partners, accessible=True) == ["Proche"]
    assert names(partners, commune="00000", within_km=10) == []


def test_pages_and_counts(partners):
    for number in range(23):
        structure(partners, f"Club {number:02}")
    with partners.unit_of_work() as uow:
        second = directory.search(uow, **(ALL | {"page": 2}))
    assert (second["total"], second["pages"], [item["name"] for item in second["items"]]) == (
        23,
        2,
        ["Club 20", "Club 21", "Club 22"],
    )


def test_only_active_partners_show(partners):
    structure(partners, "Pas encore", active=False, number="1")
    gone = structure(partners, "Terminé", number="2")
    with partners.unit_of_work() as uow:
        structures.on_convention_terminated(uow, uow.now, structure_id=gone, effective_on=uow.today)
    assert names(partners) == []
    for number in ("1", "2", "nobody"):
        with partners.unit_of_work() as uow, pytest.raises(PartnerUnknown):
            public_page.partner(uow, number)


@pytest.mark.parametrize("late", [False, True], ids=["in order", "overtaken"])
def test_a_withdrawn_termination_keeps_its_place_in_the_list(partners, late):
    kept = structure(partners, "Continue", number="3")

    def ends(uow):
        structures.on_convention_terminated(uow, uow.now, structure_id=kept, effective_on=uow.today)

    def stays(uow):
        structures.on_convention_termination_withdrawn(uow, uow.now + timedelta(minutes=1), structure_id=kept)

    for word in (stays, ends) if late else (ends, stays):
        with partners.unit_of_work() as uow:
            word(uow)
    assert names(partners) == ["Continue"]


@pytest.mark.parametrize("late", [False, True], ids=["in order", "overtaken"])
def test_who_signs_another_convention_after_the_end_is_in_the_list_again(partners, late):
    back = structure(partners, "De retour", number="4")

    def ends(uow):
        structures.on_convention_terminated(uow, uow.now, structure_id=back, effective_on=uow.today)

    def returns(uow):
        told_at = uow.now + timedelta(minutes=1)
        structures.on_convention_activated(uow, told_at, structure_id=back, activated_at=told_at)

    for word in (returns, ends) if late else (ends, returns):
        with partners.unit_of_work() as uow:
            word(uow)
    assert names(partners) == ["De retour"]


def test_an_old_activation_heard_late_undoes_no_end(partners):
    gone = structure(partners, "Parti", number="5")
    with partners.unit_of_work() as uow:
        structures.on_convention_terminated(uow, uow.now, structure_id=gone, effective_on=uow.today)
    with partners.unit_of_work() as uow:
        told_at = uow.now - timedelta(days=30)
        structures.on_convention_activated(uow, told_at, structure_id=gone, activated_at=told_at)
    assert names(partners) == []


def test_the_public_page_holds_no_confidential_field(partners):
    structure_id = structure(partners, number="42")
    save(partners, structure_id)
    with partners.unit_of_work() as uow:
        page = public_page.partner(uow, "42")
    assert page["description"] == ANSWERS["description"]
    assert [slot["day"] for slot in page["opening_hours"]] == [0, 2]
    assert not {"iban", "iban_masked", "siret", "registration_id"} & set(page)


def test_open_data_gives_every_active_partner_once(partners):
    for number in range(5):
        structure(partners, f"Club {number}")
    with partners.unit_of_work() as uow:
        exported = directory.export(uow, None)
    assert len({card["structure_id"] for card in exported["items"]}) == 5
    assert exported["next_cursor"] is None


def test_a_profile_saved_elsewhere_meanwhile_is_not_overwritten(partners):
    structure_id = structure(partners)
    save(partners, structure_id)
    with pytest.raises(StaleVersion):
        save(partners, structure_id, version=0, description="autre")
    assert save(partners, structure_id, version=1)["version"] == 2


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"age_min": 12, "age_max": 6}, "age_max"),
        ({"age_min": -1}, "age_min"),
        ({"phone": "12"}, "phone"),
        ({"website": "pas un site"}, "website"),
        ({"activities": ["sorcery"]}, "activities"),
        ({"links": [{"label": "x", "url": "javascript:alert(1)"}]}, "links"),
        ({"opening_hours": [{"day": 0, "opens": "25:00", "closes": "26:00"}]}, "opening_hours"),
        ({"opening_hours": [{"day": 0, "opens": "18:00", "closes": "17:00"}]}, "opening_hours"),
    ],
)
def test_what_is_wrong_in_a_profile_is_said_at_its_field(partners, answers, field):
    structure_id = structure(partners)
    with pytest.raises(ValidationFailed) as refused:
        save(partners, structure_id, **answers)
    assert list(refused.value.fields["errors"]) == [field]


def test_a_place_needs_a_commune_that_exists_at_its_postcode(partners):
    structure_id = structure(partners)
    assert add_place(partners, structure_id)["commune_code"] == "93048"
    assert add_place(partners, structure_id, postcode="35000", commune_name="rennes")["commune_code"] == "35238"
    assert add_place(partners, structure_id, postcode="93003", commune_name="Bobigny Cedex")["commune_code"] is None
    with pytest.raises(ValidationFailed) as refused:
        add_place(partners, structure_id, postcode="93100", commune_name="Bobigny")
    assert "Montreuil" in refused.value.fields["errors"]["commune_name"][0]
