"""The bundled table of communes: every commune of France by postcode, those of the department in lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.communes import centres, rows
from services.partners import catalogue
from services.partners.domain.identifiers import is_postcode

ALL = list(catalogue.communes().values())


@pytest.mark.parametrize(
    ("postcode", "typed", "code"),
    [
        ("93450", "l'ile saint denis", "93039"),
        ("75012", "Paris", "75056"),
        ("13008", "MARSEILLE", "13055"),
        ("67000", "Strasbourg", "67482"),
        ("97410", "Saint-Pierre", "97416"),
        ("20000", "Ajaccio", "2A004"),
    ],
)
def test_any_french_commune_is_found_by_its_postcode(postcode, typed, code):
    assert catalogue.commune_of(postcode, typed).code == code


def test_the_name_of_a_commune_that_was_merged_leads_to_todays():
    assert catalogue.commune_of("93380", "Pierrefitte sur Seine").name == "Saint-Denis"


def test_a_commune_of_another_postcode_is_not_taken():
    assert catalogue.commune_of("93000", "Paris") is None
    assert catalogue.communes_at("93008") == []  # CEDEX: companies only


@given(st.sampled_from(ALL))
def test_each_commune_is_found_again_by_its_own_name_and_postcodes(commune):
    assert commune.postcodes and all(map(is_postcode, commune.postcodes))
    for postcode in commune.postcodes:
        assert catalogue.commune_of(postcode, commune.name.upper()).name == commune.name


def test_lists_offer_the_department_with_a_centre_for_each():
    offered = catalogue.communes_of_department("93")
    assert len(offered) == 39  # Pierrefitte-sur-Seine joined Saint-Denis on 1 January 2025
    assert all(commune.centre for commune in offered)
    names = [commune.name for commune in offered]
    assert names.index("Bondy") < names.index("Le Bourget") < names.index("Clichy-sous-Bois")


def test_distances_cross_the_departments_border():
    assert {"93008", "93029", "75056"} <= set(catalogue.communes_within("93008", 10))
    assert catalogue.communes_within("01001", 10) == ("01001",)  # nobody says where its centre is
    assert catalogue.communes_within("00000", 10) == ()


def test_the_table_is_made_from_what_insee_and_geonames_publish():
    place = (
        "1\tBourg\tBourg\t\t46.2051\t5.2255\tP\tPPL\tFR\t\t84\t01\t012\t{code}\t{people}\t\t230\tEurope/Paris\t2024-01-01"
    )
    known = centres([place.format(code="01004", people=900), place.format(code="", people=10)])
    communes = [
        {"code": "01004", "nom": "L'Île", "type": "commune-actuelle", "codesPostaux": ["01500"]},
        {"code": "01005", "nom": "Vieux-Bourg", "type": "commune-deleguee", "chefLieu": "01004"},
        {"code": "01006", "nom": "Sans poste", "type": "commune-actuelle"},
    ]
    assert rows(communes, known) == [("01004", "L’Île", "01500", 46.205, 5.226, "Vieux-Bourg")]
