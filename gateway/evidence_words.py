"""A convention's chain of evidence as people read it."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from gateway.clients.conventions_results import EvidenceEntry
from gateway.formatting import day, instant, phone
from gateway.translation import N_

TITLES = {
    "prepared": N_("Convention préparée"),
    "rendered": N_("Document établi avec les données de la structure"),
    "read": N_("Convention lue par le représentant légal"),
    "code_requested": N_("Code de vérification demandé"),
    "code_sent": N_("Code envoyé par SMS"),
    "code_not_sent": N_("Code non envoyé"),
    "code_delivery": N_("Acheminement du SMS"),
    "code_wrong": N_("Code erroné saisi"),
    "signing_blocked": N_("Signature bloquée après trop d’erreurs"),
    "signing_unblocked": N_("Signature débloquée par la Caf"),
    "signed": N_("Signée par le représentant légal"),
    "approved": N_("Demande approuvée"),
    "countersigned": N_("Contresignée par la Caf"),
    "sealed": N_("Document scellé"),
    "refused": N_("Refusée"),
    "terminated": N_("Résiliée"),
    "termination_withdrawn": N_("Résiliation annulée"),
    "replaced": N_("Remplacée par une nouvelle version"),
}

ENDS = {"term": N_("Arrivée à son terme"), "replacement": N_("Terminée : une autre a pris sa place")}
"""An end that nobody decided."""

DELIVERY = {
    "accepted": N_("accepté par l’opérateur"),
    "sending": N_("en cours d’envoi"),
    "queued": N_("en file d’attente"),
    "sent": N_("envoyé"),
    "delivered": N_("reçu"),
    "undelivered": N_("non reçu"),
    "failed": N_("échec de l’envoi"),
}


def timeline(history: Sequence[EvidenceEntry], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """[{at, title, text, hash}] for `progress.timeline`."""
    return [
        {
            "at": link["at"],
            "title": _title(link),
            "text": " · ".join(part for part in _details(link["facts"], names) if part),
        }
        for link in history
    ]


def _title(link: EvidenceEntry) -> str:
    ended = ENDS.get(link["facts"].get("cause", "")) if link["kind"] == "terminated" else None
    title = ended or TITLES.get(link["kind"])
    return _(title) if title else link["kind"]


def _details(facts: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    account = facts.get("account_id")
    state = facts.get("delivery_state")
    return [
        names.get(account, "") if account else "",
        phone(facts["masked_phone"]) if facts.get("masked_phone") else "",
        _(DELIVERY[state]) if state in DELIVERY else (state or ""),
        _("essai %(number)s sur 5", number=facts["failures"]) if "failures" in facts else "",
        _("jusqu’au %(when)s", when=instant(facts["blocked_until"])) if "blocked_until" in facts else "",
        _("numéro partenaire %(number)s", number=facts["partner_number"]) if facts.get("partner_number") else "",
        _("effet le %(day)s", day=day(facts["effective_on"])) if facts.get("effective_on") else "",
        _("prévue pour le %(day)s", day=day(facts["announced_for"])) if facts.get("announced_for") else "",
        facts.get("reason") or "",
        facts.get("ip") or "",
    ]
