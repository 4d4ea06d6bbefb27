"""The structure's dashboard: tiles by role, what waits, the guide's banner."""

from datetime import timedelta

import pytest

from services.chassis import clock
from services.chassis.refusals import Unavailable


def convention(state: str, **changed) -> dict:
    facts = {"kind": "initial", "activated_at": None, "reason": None, "cause": None, "in_force": False}
    return {"convention": {"state": state, **facts, **changed}}


@pytest.fixture
def dashboard(sign_in, bus):
    """The dashboard's text for a role, a convention and an application."""

    def open_page(role: str = "legal_representative", own_convention=None, own_application=None, accounts=()) -> str:
        bus.answers["conventions.own_convention"] = own_convention or {"convention": None}
        bus.answers["partners.own_application"] = own_application or {"application": None}
        bus.answers["partners.own_bank_accounts"] = {"items": list(accounts)}
        answer = sign_in(role).get("/tableau-de-bord")
        assert answer.status_code == 200
        return answer.text

    return open_page


def test_representative_is_asked_to_sign(dashboard) -> None:
    assert "Votre convention vous attend" in dashboard(own_convention=convention("prepared"))


def test_delegate_is_told_who_signs(dashboard) -> None:
    page = dashboard("manager", own_convention=convention("prepared"))
    assert "Seul le représentant légal peut signer" in page
    assert "Je signe la convention" not in page


def test_signed_convention_waits_for_the_caf(dashboard) -> None:
    assert "bien été reçue par la Caf" in dashboard(own_convention=convention("signed_by_partner"))


RENEWAL = {"kind": "renewal", "in_force": True, "current_ends_on": "2027-11-23"}


def test_a_renewal_is_told_with_the_day_until_which_passes_are_accepted(dashboard):
    for role in ("legal_representative", "manager"):
        page = dashboard(role, own_convention=convention("prepared", **RENEWAL)).replace("\u00a0", " ")
        assert "Votre convention est à renouveler" in page and "prend fin le 23 novembre 2027" in page
    page = dashboard(own_convention=convention("signed_by_partner", **RENEWAL)).replace("\u00a0", " ")
    assert "votre convention actuelle s’applique, jusqu’au 23 novembre 2027" in page
    assert "labellisation sera effective" not in page
    page = dashboard(own_convention=convention("prepared", kind="renewal"))
    assert "les pass ne sont plus acceptés" in page


def test_who_renews_is_not_welcomed_once_more(dashboard):
    renewed = convention("active", activated_at=clock.now().isoformat(), **RENEWAL)
    assert "Vous venez de rejoindre le réseau" not in dashboard(own_convention=renewed)


def test_asked_corrections_come_with_their_message(dashboard) -> None:
    application = {"application": {"state": "correction_requested", "message": "Statuts illisibles."}}
    page = dashboard(own_application=application)
    assert "Corrections demandées" in page
    assert "Statuts illisibles." in page


def test_a_rejected_application_leads_to_the_decision_and_how_to_contest_it(dashboard):
    page = dashboard(own_application={"application": {"state": "rejected", "rejection_reason": "Hors du dispositif."}})
    assert "Hors du dispositif." in page and "Voir la décision et comment la contester" in page
    assert 'href="/demande"' in page


def test_a_termination_to_come_says_until_when_passes_are_accepted(dashboard):
    ended = convention("terminated", reason="Fin d’activité.", in_force=True, terminated_on="2027-01-31")
    page = dashboard(own_convention=ended)
    assert "résiliée à compter du 31 janvier 2027" in page.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("cause", "title", "reason_shown"),
    [("decision", "Convention résiliée", True), ("term", "Convention arrivée à son terme", False)],
)
def test_whose_convention_is_over_learns_how_to_sign_another(dashboard, cause, title, reason_shown):
    over = convention("terminated", cause=cause, reason="Un motif.", terminated_on="2026-01-01")
    page = dashboard(own_convention=over)
    assert title in page and ("Un motif." in page) is reason_shown
    assert "vous gardez votre numéro partenaire" in page and 'href="/assistance/nouvelle">Écrire à la Caf</a>' in page


@pytest.mark.parametrize(("days", "congratulated"), [(0, True), (29, True), (31, False)])
def test_new_partner_is_congratulated_for_a_month(dashboard, days: int, congratulated: bool) -> None:
    since = (clock.now() - timedelta(days=days)).isoformat()
    page = dashboard(own_convention=convention("active", activated_at=since))
    assert ("Vous venez de rejoindre le réseau" in page) is congratulated


def test_dashboard_shows_without_the_services_it_asks(dashboard) -> None:
    page = dashboard(own_convention=Unavailable("away"), own_application=Unavailable("away"))
    assert "momentanément indisponible" in page
    assert "Mes transactions" in page


def test_cashier_sees_what_a_cashier_may_do(dashboard, bus) -> None:
    page = dashboard("cashier")
    assert "Enregistrer une transaction" in page
    assert "Mes délégués" not in page
    assert bus.called("partners.own_application") == []


def test_name_of_the_structure_is_at_the_top(dashboard) -> None:
    page = dashboard()
    assert 'class="account-menu__name">Judo Club<' in page


def account(state: str) -> dict:
    return {"state": state, "iban_masked": "FR76 •••• 1234"}


def test_another_bank_account_waits_for_the_caf(dashboard) -> None:
    assert "Compte bancaire en attente" in dashboard(accounts=[account("submitted"), account("verified")])
    assert "Compte bancaire" not in dashboard("cashier", accounts=[account("submitted"), account("verified")])


def test_the_first_bank_account_is_part_of_the_application(dashboard) -> None:
    assert "Compte bancaire en attente" not in dashboard(accounts=[account("submitted")])


def test_a_suspended_bank_account_must_be_replaced(dashboard) -> None:
    assert "Compte bancaire suspendu" in dashboard(accounts=[account("suspended")])
    assert "Compte bancaire suspendu" not in dashboard(accounts=[account("suspended"), account("verified")])
