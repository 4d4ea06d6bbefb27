"""A payout that the bank returns is paid again, once, to the new account: club, Caf and bank, page by page."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from deploy.driver import documents
from deploy.driver.people import Agent, iban
from deploy.local.waiting import wait_for
from tests import bank_samples as bank
from tests.journeys.conftest import Labelled, Site
from tests.journeys.person import Person

AMOUNT = "12,50"
NEW_IBAN = iban(77_001_122)
REFERENCE = re.compile(r"PSL-BP-\d{4}-\d{7}")
SEND_RELEASE = """code => {
    const form = document.querySelector("form[action$='/annuler']").cloneNode(true);
    form.action = form.action.replace("/annuler", "/liberer");
    for (const [name, value] of Object.entries({code, amount_cents: "1250"})) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    form.removeAttribute("data-confirm");
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""
ANOTHER_RELEASES = "Vous avez préparé ce lot : un autre agent doit le libérer."


@pytest.fixture
def clock(site: Site) -> Iterator[Any]:
    """Days pass; afterwards it is today again for the other journeys."""
    yield site.platform.move_clock
    site.platform.move_clock("+0s")


def records(club: Person, code: str) -> str:
    """One transaction at the desk; returns its number."""
    club.open("/transactions/nouvelle").fill({"Code du pass": code}).press("Continuer")
    club.reads("Montant de la transaction").fill({"Montant": AMOUNT}).press("Continuer")
    club.press("Confirmer la transaction").reads("Transaction enregistrée")
    club.open("/transactions/")
    return str(club.page.locator("table a[href*='/transactions/']").first.inner_text()).strip()


def reloads_until(someone: Person, path: str, text: str) -> None:
    wait_for(lambda: text in someone.open(path).page.locator("main").inner_text(), f"{path} shows «{text}»", 40, 0.5)


def prepares(agent: Person) -> str:
    """«Préparer le lot»; returns the batch's page."""
    wait_for(
        lambda: agent.open("/caf/remboursements/preparer").page.get_by_role("button", name="Préparer le lot").count(),
        "there is something to pay", 40, 0.5,
    )  # fmt: skip
    agent.press("Préparer le lot").sees("Le lot est préparé")
    return agent.page.url


def releases(agent: Person, account: Any, batch: str) -> None:
    agent.open(batch).fill({"Code d’authentification": account.code()}).press("Libérer le lot")
    agent.sees("Le lot est libéré")
    wait_for(lambda: agent.open(batch).page.get_by_text("Fichier bancaire LOT-").count(), "the bank file", 40, 0.5)


def imports(agent: Person, name: str, report: str) -> None:
    """«Importer un retour bancaire»."""
    agent.open("/caf/finances/retours").upload("Retour bancaire", (name, report.encode(), "application/xml"))
    agent.press("Importer un retour bancaire").sees("Le retour bancaire est importé")


def newest_reference(club: Person) -> str:
    """The bank's reference of the newest payout of «Remboursements», whose arrow is unfolded."""
    club.open("/remboursements/").page.locator("details.payout summary").first.click()
    found = REFERENCE.search(club.page.locator("details.payout").first.inner_text())
    assert found
    return found[0]


def is_refused_to_release(agent: Person, code: str) -> None:
    """The form that the page doesn't show to who prepared, sent by hand: refused for this very reason."""
    with agent.page.expect_response(lambda answer: answer.url.endswith("/liberer")) as answered:
        agent.page.evaluate(SEND_RELEASE, code)
    assert answered.value.status == 409
    expect(agent.page.locator(".error-summary")).to_contain_text(ANOTHER_RELEASES)
    agent.reads("À libérer")


def both_roles(site: Site) -> Any:
    """An agent who may prepare and may release, but never both for one batch."""
    names = ["--first-name", "Dominique", "--last-name", "Double", "--email", "double@caf.example"]
    asked = ["-m", "services.identity", "create-agent", "--ready", "--roles", "preparer,releaser", *names]
    printed = json.loads(site.run(*asked).splitlines()[-1])
    return Agent(printed["login"], printed["password"], printed["totp_secret"])


@pytest.mark.timeout(400)
def test_a_returned_payout_is_paid_again_once_to_the_new_account(
    site: Site, person: Any, labelled: Labelled, clock: Any
) -> None:
    found, club = labelled.club, person(phone=True)
    club.signs_in(found.email, found.password, found.structure)
    number = records(club, labelled.next_pass().code)
    clock("+1d")
    reloads_until(club, f"/transactions/{number}", "À rembourser")

    double, releaser = both_roles(site), labelled.agent("releaser")
    preparing, releasing = person(), person()
    preparing.signs_in_as_agent(double)
    releasing.signs_in_as_agent(releaser)
    batch = prepares(preparing)
    preparing.sees(ANOTHER_RELEASES)
    is_refused_to_release(preparing, double.code())
    releasing.open(batch).checked("60-lot-a-liberer")
    releases(releasing, releaser, batch)

    first = newest_reference(club)
    club.does_not_scroll_sideways().checked("61-remboursements-telephone")
    imports(preparing, "rejet.xml", bank.pain_002([(first, "RJCT", "AC04", None)]))
    preparing.checked("62-retour-bancaire")
    reloads_until(club, "/remboursements/", "Rejeté par la banque")
    reloads_until(club, "/coordonnees-bancaires", "Aucun compte n’est en service")
    site.outbox.wait_for_mail(found.email, "retourné par la banque", within_s=40)

    club.open("/coordonnees-bancaires/modifier").fill(
        {"IBAN": NEW_IBAN, "Titulaire du compte": found.structure, "Votre mot de passe": found.password}
    )
    club.upload("RIB", documents.pdf("RIB")).press("Enregistrer").sees("Le nouveau compte est enregistré")
    clock("+4d")
    instructor = person()
    instructor.signs_in_as_agent(labelled.agent("instructor")).open("/caf/comptes-bancaires")
    reloads_until(instructor, "/caf/comptes-bancaires", found.structure)
    instructor.follow(found.structure).press("Accepter").sees("Le compte est vérifié")

    again = prepares(preparing)
    releasing.open(again).sees("IBAN modifié", "Différences avec le lot précédent").checked("66-second-lot")
    releases(releasing, releaser, again)
    second = newest_reference(club)
    assert second != first
    imports(preparing, "avis.xml", bank.camt_054([bank.entry(second, 1250)]))
    reloads_until(club, f"/transactions/{number}", "Remboursée")
    club.follow("Suivre le remboursement").sees("Virement rejeté par la banque", "Virement exécuté par la banque")
    club.does_not_scroll_sideways().checked("63-suivi-telephone")
    preparing.open(f"/caf/finances/suivi?reference={number}").sees(first, second).checked("64-suivi-caf")
    preparing.open("/caf/remboursements/preparer").sees("Aucun remboursement à préparer")
    preparing.open("/caf/finances/").press("Rapprocher maintenant").sees("Tout tombe juste, au centime près")
    preparing.checked("65-tableau-de-bord")
