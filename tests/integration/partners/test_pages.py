"""The seven pages as a person without JavaScript meets them, on a real gateway."""

import re
from collections.abc import Callable

import pytest

from deploy.driver.browser import Browser, Unwelcome, words_of
from deploy.local.waiting import wait_for
from tests.integration.partners.form import ASSOCIATION_FILES, fill, step3
from tests.integration.partners.world import Club, World
from tests.platform import Platform


@pytest.fixture(scope="module")
def world(platform: Callable[..., Platform], token: Callable[..., str]) -> World:
    return World(platform("identity", "partners", gateway=True), token)


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world.running.base_url)


def test_a_visitor_goes_from_the_first_page_to_continuer(world, browser):
    club = Club()
    page = fill(browser, club)
    page.expect("Récapitulatif", club.structure["name"], "Benali", "•••• ••••", "statuts.pdf")
    titles = [words_of(title) for title in page.document.xpath("//section//h3")]
    labels = [words_of(label) for label in page.document.xpath("//section//dt")]
    assert "Sports de combat et arts martiaux" in labels  # activities under their families
    assert len({*titles, *labels}) == len(titles) + len(labels)  # nothing is called twice
    page = page.press("CONTINUER", choose=["J'ai lu les conditions"])
    page.expect(
        "Demande déposée", "Il vous reste à activer le compte du responsable légal et à signer votre convention"
    )
    reference = re.search(r"L\d\d-\d{5}", page.text)[0]
    ((structure_id,),) = world.rows("SELECT structure_id FROM applications WHERE reference = %s", reference)
    club.structure_id = structure_id
    world.until_accounts_live(club)
    again = browser.open("/inscription/etape/7")
    again.expect(reference)


def test_a_wrong_field_keeps_the_files_and_what_was_typed(browser):
    club = Club()
    page = fill(browser, club, until=3)
    with pytest.raises(Unwelcome, match="SIRET"):
        page.press("SUIVANT", {**step3(club), "Numéro SIRET": "12345678901234"}, upload=ASSOCIATION_FILES)
    page = browser.open("/inscription/etape/3").expect("statuts.pdf", "membres.png")
    page.press("SUIVANT", step3(club)).expect("Étape 4 sur 7")


def test_a_missing_document_is_asked_for_by_its_name(browser):
    club = Club()
    page = fill(browser, club, until=3)
    with pytest.raises(Unwelcome, match=r"Déposez ce justificatif : Statuts"):
        page.press("SUIVANT", step3(club))
    browser.open("/inscription/etape/3").expect("Nom de la structure")
    assert club.structure["name"] in browser.open("/inscription/etape/3").source


def test_a_file_of_another_kind_is_refused_in_words(browser):
    club = Club()
    page = fill(browser, club, until=3)
    program = ("statuts.pdf", b"MZ\x90\x00\x03 not a document", "application/pdf")
    with pytest.raises(Unwelcome, match=r"statuts\.pdf : Ce (format|type)"):
        page.press("SUIVANT", step3(club), upload={"Statuts": program})


def test_going_back_loses_nothing_and_a_file_can_be_removed(browser):
    club = Club()
    fill(browser, club, until=5)
    page = browser.open("/inscription/etape/3").expect("statuts.pdf")
    assert club.structure["siret"] in page.source
    (link,) = page.links("statuts.pdf")
    kept = browser.download(link)
    assert kept.content.startswith(b"%PDF") and kept.headers["Content-Disposition"].startswith("inline")
    page = page.press("Retirer statuts.pdf")
    assert "statuts.pdf" not in page.text and club.structure["name"] in page.source
    person = browser.open("/inscription/etape/4")
    assert club.representative["email"] in person.source and "carte.png" in person.text


def test_two_tabs_do_not_corrupt_each_other(browser):
    club = Club()
    fill(browser, club, until=4)
    first = browser.open("/inscription/etape/3")
    second = browser.open("/inscription/etape/3")
    first.press("SUIVANT", {"Nom de la structure": "Premier onglet"}).expect("Étape 4 sur 7")
    with pytest.raises(Unwelcome, match="autre onglet"):
        second.press("SUIVANT", {"Nom de la structure": "Second onglet"})
    assert "Premier onglet" in browser.open("/inscription/etape/3").source


def test_the_mailed_link_opens_the_draft_in_another_browser(world, browser):
    club = Club()
    page = fill(browser, club, until=4)
    address = f"plus-tard-{club.structure['siret']}@example.org"
    page.follow("Continuer plus tard").press("Recevoir le lien", {"Adresse e-mail": address}).expect("Lien envoyé")
    mail = wait_for(lambda: (world.running.mails(address) or [None])[0], "the mail with the link", 20)
    link = re.search(r"https?://\S+/inscription/reprendre/\S+", mail.get_body(("plain",)).get_content())[0]
    elsewhere = Browser(world.running.base_url)
    elsewhere.open(link).expect("Étape 4 sur 7")
    assert club.structure["name"] in elsewhere.open("/inscription/etape/3").source


def test_an_address_that_is_taken_is_told_and_another_one_mends_it(world, browser):
    taken = world.submitted(Club("company"))
    club = Club(structure={"email": taken.structure["email"]})
    page = fill(browser, club)
    with pytest.raises(Unwelcome, match="déjà celle d'un compte"):
        page.press("CONTINUER", choose=["J'ai lu les conditions"])
    page = browser.open("/inscription/etape/3")
    page.press("SUIVANT", {"Adresse e-mail de la structure": Club().structure["email"]}).expect("Étape 4 sur 7")
    page = browser.open("/inscription/etape/7")
    page.press("CONTINUER", choose=["J'ai lu les conditions"]).expect("Demande déposée")


def test_without_consent_the_page_says_what_to_do(browser):
    page = fill(browser, Club())
    with pytest.raises(Unwelcome, match="Cochez la case"):
        page.press("CONTINUER")


def test_check_as_typed_names_the_bank_and_tells_what_is_wrong(world):
    told = world.call("check_answers", step=6, answers={"iban": Club().bank_account["iban"]})
    assert told["errors"] == {} and told["found"]["bank_name"]
    told = world.call("check_answers", step=3, answers={"siret": "1"})
    assert "14 chiffres" in told["errors"]["siret"][0]


def test_pages_speak_of_steps_in_order_and_lead_a_newcomer_to_the_first(browser):
    browser.open("/inscription/etape/5").expect("Étape 1 sur 7")
    browser.open("/inscription/terminee").expect("Étape 1 sur 7")
