"""What waits for the viewer on the dashboard, gathered from the services that know.

Each service is asked for one thing; one that is away leaves its part out and the dashboard still shows.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from flask import url_for
from flask_babel import gettext as _

from gateway.access import Viewer
from gateway.clients.conventions import SigningClient
from gateway.clients.partners import OwnApplicationClient
from gateway.clients.partners_life import BankAccountClient
from gateway.clients.partners_life_results import BankAccount
from gateway.formatting import day
from gateway.navigation import ADMINISTER, LEGAL, READ_MONEY, exists
from services.chassis import clock
from services.chassis.refusals import Refused, Unavailable

log = structlog.get_logger("gateway")
CONGRATULATE_FOR = timedelta(days=30)


class Step(NamedTuple):
    """One thing to do or to wait for; without `url` there is nothing to press."""

    title: str
    text: str
    tone: str = "waiting"
    action: str = ""
    url: str | None = None


@dataclass
class Situation:
    """Where a structure stands: `steps` in order of importance, and whether to congratulate."""

    convention: Any = None
    application: Any = None
    steps: list[Step] = field(default_factory=list)
    incomplete: bool = False

    @property
    def congratulate(self) -> bool:
        """The guide's banner, for a month after the Caf has signed; who renews has been in the network all along."""
        found = self.convention
        joined = found and found["state"] == "active" and found["kind"] == "initial"
        since = found["activated_at"] if joined else None
        return bool(since and clock.now() - datetime.fromisoformat(since) < CONGRATULATE_FOR)


def situation_of(who: Viewer) -> Situation:
    """The situation of the viewer's structure."""
    situation = Situation()
    situation.convention = _asked(situation, SigningClient().own_convention)
    if who.may(*ADMINISTER):
        situation.application = _asked(situation, OwnApplicationClient().own_application)
    accounts = _asked(situation, BankAccountClient().own_bank_accounts) if who.may(*READ_MONEY) else None
    situation.steps = [
        *_application_steps(situation.application),
        *_convention_steps(situation.convention, who),
        *_bank_account_steps(accounts or []),
    ]
    return situation


def _asked(situation: Situation, ask: Callable[[], Any]) -> Any | None:
    """What a service answers, or None when it refuses or is away."""
    try:
        return ask()
    except Refused as refused:
        log.info("dashboard_part_refused", code=refused.code)
    except Unavailable:
        situation.incomplete = True
    return None


def _link(endpoint: str) -> str | None:
    return url_for(endpoint) if exists(endpoint) else None


def _application_steps(application: Any) -> list[Step]:
    state = application["state"] if application else None
    if state == "correction_requested":
        return [_corrections(application)]
    if state == "rejected":
        return [_rejected(application)]
    return []


def _rejected(application: Any) -> Step:
    return Step(
        _("Demande de labellisation refusée"),
        application.get("rejection_reason") or "",
        "bad",
        action=_("Voir la décision et comment la contester"),
        url=_link("corrections.index"),
    )


def _corrections(application: Any) -> Step:
    return Step(
        _("Corrections demandées"),
        application.get("message") or _("La Caf a besoin que vous corrigiez une partie de votre dossier."),
        action=_("Corriger mon dossier"),
        url=_link("corrections.index"),
    )


def _convention_steps(convention: Any, who: Viewer) -> list[Step]:
    state = convention["state"] if convention else None
    if state == "prepared":
        return [_sign(convention) if who.may(LEGAL) else _wait_for_the_signer(convention)]
    if state == "signed_by_partner":
        return [_wait_for_the_caf(convention)]
    if state == "refused":
        return [Step(_("Convention refusée par la Caf"), convention.get("reason") or "", "bad")]
    if state == "terminated":
        return [_ended(convention)]
    return []


def _ended(convention: Any) -> Step:
    """Over, or about to be. Who is no partner any more asks the Caf for another convention, under the same number."""
    if convention["in_force"]:
        last = day(convention["terminated_on"])
        title = _("Convention résiliée à compter du %(day)s : les pass sont acceptés jusque-là", day=last)
        return Step(title, convention.get("reason") or "", "bad")
    expired = convention.get("cause") == "term"
    title = _("Convention arrivée à son terme") if expired else _("Convention résiliée")
    again = _(
        "Pour en signer une nouvelle, écrivez à la Caf : vous gardez votre numéro partenaire et n’avez pas de nouvelle "
        "demande de labellisation à faire."
    )
    text = again if expired else " ".join(part for part in (convention.get("reason"), again) if part)
    return Step(title, text, "bad", action=_("Écrire à la Caf"), url=_link("assistance.ask"))


def _sign(convention: Any) -> Step:
    """The guide: «cliquez sur « Je signe la convention »»."""
    how = _("Lisez-la, demandez un code de vérification par SMS, puis saisissez-le pour signer.")
    text = " ".join(part for part in (_until_when(convention), how) if part)
    return Step(
        _to_sign_title(convention) or _("Votre convention vous attend"),
        text,
        action=_("Je signe la convention"),
        url=_link("convention.index"),
    )


def _to_sign_title(convention: Any) -> str:
    """What one that follows another is called; nothing for the first one."""
    titles = {
        "renewal": _("Votre convention est à renouveler"),
        "amendment": _("Une nouvelle version de votre convention vous attend"),
    }
    return titles.get(convention["kind"], "")


def _until_when(convention: Any) -> str:
    """Until when the one before holds, if this one follows another."""
    if convention["kind"] == "initial":
        return ""
    if not convention["in_force"]:
        return _("La précédente est terminée : les pass ne sont plus acceptés.")
    return _("La convention en vigueur prend fin le %(day)s.", day=day(convention.get("current_ends_on")))


def _wait_for_the_signer(convention: Any) -> Step:
    only = _("Seul le représentant légal peut signer la convention, depuis son propre compte.")
    text = " ".join(part for part in (_until_when(convention), only) if part)
    return Step(_to_sign_title(convention) or _("Convention à signer"), text)


def _wait_for_the_caf(convention: Any) -> Step:
    effect = _("Votre labellisation sera effective dès que la Caf l’aura signée. Vous recevrez un courriel.")
    if convention["in_force"]:
        last = day(convention.get("current_ends_on"))
        effect = _("D’ici là, votre convention actuelle s’applique, jusqu’au %(day)s au plus tard.", day=last)
    return Step(_("Votre convention a bien été reçue par la Caf"), effect, "neutral")


def _bank_account_steps(accounts: list[BankAccount]) -> list[Step]:
    """A changed account that waits for the Caf (the first one is part of the application), or none in force."""
    states = {account["state"]: account for account in accounts}
    waiting, url = states.get("submitted"), _link("bank_account.index")
    if waiting and len(accounts) > 1:
        text = _(
            "La Caf doit vérifier le compte %(iban)s avant d’y virer vos remboursements.", iban=waiting["iban_masked"]
        )
        return [Step(_("Compte bancaire en attente"), text, action=_("Voir le compte"), url=url)]
    if "suspended" in states and "verified" not in states:
        text = _("Un virement a été retourné par votre banque. Indiquez un autre compte pour être remboursé.")
        return [Step(_("Compte bancaire suspendu"), text, "bad", action=_("Coordonnées bancaires"), url=url)]
    return []
