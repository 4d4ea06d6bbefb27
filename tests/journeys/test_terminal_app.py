"""The SmartTPE web app: paired, scanning, without network and back, through the public API only."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.timeout(400)


def paired_terminal(person, labelled, browser):
    """Somebody with the app, paired by a code from «Mes terminaux»."""
    desk = person()
    desk.signs_in(labelled.club.email, labelled.club.password, labelled.club.structure)
    desk.follow("Mes terminaux").follow("Appairer un terminal").fill({"Nom du terminal": "Accueil"})
    desk.press("Afficher le code")
    code = desk.page.locator("figcaption strong").inner_text()
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
    someone.reads("Transaction enregistrée").checked("43-terminal-recu").press("Terminer")

    works_without_network(someone)
    someone.page.context.set_offline(True)
    someone.page.reload()
    someone.sees("Hors ligne")
    scans(someone, "15")
    someone.press("Mettre en attente").reads("En attente").checked("44-terminal-en-attente")
    assert "accepté" not in someone.page.locator("main").inner_text().lower()
    someone.press("Terminer").sees("En attente d’envoi")
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
    someone.sees("Résultat des envois").checked("45-terminal-envoye").press("J’ai vu")
    someone.press("Transactions du jour").reads("Transactions du jour").sees("12,50", "15,00")
    someone.checked("46-terminal-jour").press("Annuler").sees("Annulée")


def test_a_forged_pass_is_told_even_without_network(person, labelled, filming) -> None:
    child = labelled.next_pass()
    forged = child.qr[:-6] + ("000000" if child.qr[-6:] != "000000" else "111111")
    someone = paired_terminal(person, labelled, filming(forged))
    someone.press("Scanner un pass").sees("Ce QR code n’est pas un pass valable")


def test_a_large_amount_does_not_wait_offline(person, labelled, filming) -> None:
    child = labelled.next_pass()
    someone = paired_terminal(person, labelled, filming(child.qr))
    works_without_network(someone)
    someone.page.context.set_offline(True)
    scans(someone, "150")
    someone.sees("Hors ligne, une transaction ne peut pas dépasser")
