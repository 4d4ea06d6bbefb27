"""«Enregistrer une transaction» and «Mes transactions» in all the ways that the guide and a desk know."""

import csv
import io

import pytest

from tests.journeys.conftest import picture_of

pytestmark = pytest.mark.timeout(400)


def at_the_desk(person, labelled, **how):
    someone = person(**how)
    club = labelled.club
    return someone.signs_in(club.email, club.password, club.structure)


def confirms(someone, amount: str) -> None:
    someone.reads("Montant de la transaction").fill({"Montant": amount}).press("Continuer")
    someone.reads("Confirmer la transaction").press("Confirmer la transaction").reads("Transaction enregistrée")


def test_the_camera_reads_the_pass(person, labelled, filming) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled, browser=filming(child.qr), permissions=["camera"], phone=True)
    someone.follow("Enregistrer une transaction").press("Scanner avec l’appareil photo")
    confirms(someone, "10")
    someone.does_not_scroll_sideways().checked("23-recu-telephone")


def test_without_scripts_a_photo_or_the_code_do_the_same(person, labelled) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled, scripts=False)
    someone.open("/transactions/nouvelle").upload("Photo du QR code", ("pass.png", picture_of(child.qr), "image/png"))
    someone.press("Continuer")
    confirms(someone, "5,25")
    someone.sees("5,25").follow("Enregistrer une autre transaction").fill({"Code du pass": child.code}).press(
        "Continuer"
    )
    confirms(someone, "6")


def test_what_is_wrong_is_said_and_nothing_is_lost(person, labelled) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled)
    someone.open("/transactions/nouvelle").press("Continuer").sees("Une information est à corriger").checked(
        "24-erreur"
    )
    someone.fill({"Code du pass": "0000-0000-0000"}).press("Continuer").checked("25-pass-inconnu")
    someone.fill({"Code du pass": child.code}).press("Continuer").reads("Montant de la transaction")
    someone.fill({"Montant": "9999"}).press("Continuer").sees("saisissez un montant qui ne le dépasse pas")
    someone.checked("26-solde-insuffisant")


def test_the_same_amount_at_once_asks_whether_it_is_meant(person, labelled) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled)
    for title in ("Transaction enregistrée", "Confirmer la transaction"):
        someone.open("/transactions/nouvelle").fill({"Code du pass": child.code}).press("Continuer")
        someone.fill({"Montant": "7"}).press("Continuer").press("Confirmer la transaction").reads(title)
    someone.sees("Doublon possible").checked("27-doublon").tick("Oui, c’est bien une seconde transaction")
    someone.press("Confirmer la transaction").reads("Transaction enregistrée")


def test_a_transaction_is_cancelled_the_same_day(person, labelled) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled)
    someone.open("/transactions/nouvelle").fill({"Code du pass": child.code}).press("Continuer")
    confirms(someone, "8")
    someone.press("Annuler").sees("est annulée").checked("28-annulee")


def test_the_list_is_filtered_and_exported(person, labelled) -> None:
    child = labelled.next_pass()
    someone = at_the_desk(person, labelled)
    someone.open("/transactions/nouvelle").fill({"Code du pass": child.code}).press("Continuer")
    confirms(someone, "11,11")
    someone.follow("Mes transactions").sees("11,11")
    with someone.page.expect_download() as download:
        someone.follow("Exporter en CSV")
    text = download.value.path().read_text("utf-8-sig")
    assert "11,11" in [row["Montant"] for row in csv.DictReader(io.StringIO(text), delimiter=";")]
    someone.page.get_by_text("Filtrer la liste").click()
    someone.fill({"État": "Annulée"}).press("Filtrer").checked("29-filtres")
    assert "11,11" not in someone.page.locator("main").inner_text()
