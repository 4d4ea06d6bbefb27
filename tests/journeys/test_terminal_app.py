"""The SmartTPE web app: paired, scanning, without network and back, through the public API only."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import picture_of
from tests.journeys.person import PHONE

pytestmark = pytest.mark.timeout(400)
SMALL = {"width": 320, "height": 568}
"""The narrowest screen on which everything must fit (WCAG 2.2, 1.4.10)."""


def offers_a_pairing(person, labelled):
    """The club's manager, at the page that shows a pairing code."""
    desk = person()
    desk.signs_in(labelled.club.email, labelled.club.password, labelled.club.structure)
    desk.follow("Mes terminaux").follow("Appairer un terminal").fill({"Nom du terminal": "Accueil"})
    return desk.press("Afficher le code").reads("Code d’appairage")


def paired_terminal(person, labelled, browser):
    """Somebody with the app, paired by a code from «Mes terminaux»."""
    code = offers_a_pairing(person, labelled).page.locator("figcaption strong").inner_text()
    someone = person(browser=browser, permissions=["camera"], phone=True)
    someone.open("/terminal").reads("Appairer ce terminal").checked("40-terminal-appairer")
    someone.fill({"Code d’appairage": code, "Nom de ce téléphone": "Téléphone de l’accueil"}).press("Appairer")
    expect(someone.page.get_by_role("button", name="Scanner un pass")).to_be_visible()
    return someone


def works_without_network(someone) -> None:
    """The app's own files are kept by its service worker."""
    someone.page.wait_for_function(
        "async () => (await caches.keys()).length > 0 && !!(await navigator.serviceWorker.ready)"
    )


def scans(someone, amount: str) -> None:
    someone.press("Scanner un pass").reads("Montant").fill({"Montant en euros": amount}).press("Continuer")


def test_a_terminal_scans_cancels_and_is_honest_without_network(person, labelled, filming) -> None:
    child = labelled.next_pass()
    someone = paired_terminal(person, labelled, filming(child.qr))
    someone.checked("41-terminal")
    scans(someone, "12,50")
    someone.reads("Confirmer").checked("42-terminal-confirmer").press("Confirmer la transaction")
    someone.reads("Transaction enregistrée").sees("aujourd’hui jusqu’à minuit").checked("43-terminal-recu")
    someone.press("Terminer")

    works_without_network(someone)
    someone.page.context.set_offline(True)
    someone.page.reload()
    someone.sees("Hors ligne").press("Transactions du jour").sees("Le réseau ne répond pas")
    someone.page.set_viewport_size(SMALL)
    someone.press("Scanner un pass").reads("Montant").sees("le solde ne peut pas être vérifié")
    someone.does_not_scroll_sideways()
    someone.page.set_viewport_size(PHONE)
    someone.press("Abandonner")
    scans(someone, "15")
    someone.press("Mettre en attente").reads("En attente").checked("44-terminal-en-attente")
    assert "accepté" not in someone.page.locator("main").inner_text().lower()
    someone.press("Terminer").sees("En attente d’envoi").press("Transactions du jour").sees("Le réseau ne répond pas")
    kept = someone.page.evaluate(
        """async () => {
          const open = indexedDB.open("smarttpe", 1);
          await new Promise((done) => { open.onsuccess = done; });
          const all = open.result.transaction("sealed").objectStore("sealed").getAll();
          await new Promise((done) => { all.onsuccess = done; });
          return all.result.map((one) => Object.keys(one).sort().join()).join("|");
        }"""
    )
    assert set(kept.split("|")) == {"iv,sealed"}

    someone.page.context.set_offline(False)
    someone.sees("Résultat des envois")
    expect(someone.page.get_by_role("alert")).to_be_hidden()
    someone.checked("45-terminal-envoye").press("J’ai vu")
    someone.press("Transactions du jour").reads("Transactions du jour").sees("12,50", "15,00")
    someone.checked("46-terminal-jour").press("Annuler").sees("Annulée")


def test_a_terminal_is_paired_by_scanning_the_code_on_the_page(person, labelled, filming) -> None:
    """Then it is shown a forged pass, which it tells by itself, and a good one, which it empties."""
    child = labelled.next_pass()
    forged = child.qr[:-6] + ("000000" if child.qr[-6:] != "000000" else "111111")
    desk, browser = offers_a_pairing(person, labelled), filming(forged)
    filming.holds(desk.page.get_by_role("img", name="QR code d’appairage").screenshot())
    someone = person(browser=browser, permissions=["camera"], phone=True)
    someone.open("/terminal").press("Scanner le code d’appairage")
    expect(someone.page.get_by_role("button", name="Scanner un pass")).to_be_visible()
    desk.sees("est appairé")
    filming.holds(picture_of(forged))
    someone.press("Scanner un pass").sees("Ce QR code n’est pas un pass valable")

    filming.holds(picture_of(child.qr))
    someone.press("Scanner un pass").reads("Montant").checked("47-terminal-montant").press("Tout le solde")
    someone.reads("Confirmer").press("Confirmer la transaction").reads("Transaction enregistrée").press("Terminer")
    someone.press("Scanner un pass").sees("Ce pass a déjà été entièrement utilisé chez vous")


def loses_the_answer(route) -> None:
    """The call arrives; its answer doesn't."""
    route.fetch()
    route.abort()


def test_a_lost_answer_waits_and_is_found_again_and_a_large_amount_does_not_wait(person, labelled, filming) -> None:
    child = labelled.next_pass()
    someone = paired_terminal(person, labelled, filming(child.qr))
    works_without_network(someone)
    someone.page.route("**/api/v1/transactions", loses_the_answer)
    scans(someone, "9,90")
    someone.press("Confirmer la transaction").reads("En attente").sees("elle ne sera pas comptée deux fois")
    someone.page.unroute("**/api/v1/transactions")
    someone.press("Terminer").press("Envoyer maintenant").sees("Résultat des envois", "Enregistrée").press("J’ai vu")
    someone.press("Transactions du jour").sees("9,90")
    expect(someone.page.locator("[data-today-rows] li").filter(has_text="9,90")).to_have_count(1)
    someone.press("Retour")

    someone.page.context.set_offline(True)
    scans(someone, "150")
    someone.sees("Hors ligne, une transaction ne peut pas dépasser")
