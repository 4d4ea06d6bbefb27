"""Every state that a screen shows: its French words and its tone. Add yours beside the others.

Tones: `neutral` (nothing to do), `waiting` (somebody must act or wait), `good`, `bad`, `muted` (over).
Each tone has its own shape beside its colour (see `components.css`).
"""

from typing import NamedTuple

from gateway.translation import N_


class Shown(NamedTuple):
    label: str
    tone: str


UNKNOWN = Shown("", "neutral")

STATUSES: dict[str, dict[str, Shown]] = {
    "application": {
        "draft": Shown(N_("Brouillon"), "neutral"),
        "submitted": Shown(N_("Déposée"), "waiting"),
        "in_review": Shown(N_("En cours d’instruction"), "waiting"),
        "correction_requested": Shown(N_("Corrections demandées"), "waiting"),
        "approved": Shown(N_("Approuvée"), "good"),
        "rejected": Shown(N_("Refusée"), "bad"),
    },
    "account": {
        "reserved": Shown(N_("Réservé"), "neutral"),
        "invited": Shown(N_("Pas encore activé"), "waiting"),
        "provisional": Shown(N_("Pas encore activé"), "waiting"),
        "active": Shown(N_("Actif"), "good"),
        "suspended": Shown(N_("Suspendu"), "bad"),
    },
    "transfer": {
        "requested": Shown(N_("À décider"), "waiting"),
        "approved": Shown(N_("Accepté"), "good"),
        "rejected": Shown(N_("Refusé"), "bad"),
        "withdrawn": Shown(N_("Annulé par la structure"), "muted"),
    },
    "verdict": {
        "pending": Shown(N_("À examiner"), "waiting"),
        "accepted": Shown(N_("Accepté"), "good"),
        "refused": Shown(N_("Refusé"), "bad"),
    },
    "convention": {
        "prepared": Shown(N_("À signer"), "waiting"),
        "signed_by_partner": Shown(N_("En attente de la Caf"), "waiting"),
        "active": Shown(N_("Active"), "good"),
        "refused": Shown(N_("Refusée"), "bad"),
        "terminated": Shown(N_("Terminée"), "muted"),
    },
    "countersigning": {
        "waiting": Shown(N_("En cours"), "waiting"),
        "signed": Shown(N_("Contresignée"), "good"),
        "already_signed": Shown(N_("Déjà contresignée"), "muted"),
        "failed": Shown(N_("Échec"), "bad"),
    },
    "transaction": {
        "recorded": Shown(N_("Enregistrée"), "good"),
        "cancelled": Shown(N_("Annulée"), "muted"),
        "locked": Shown(N_("À rembourser"), "neutral"),
        "in_payout": Shown(N_("En cours de remboursement"), "waiting"),
        "paid": Shown(N_("Remboursée"), "good"),
        "returned": Shown(N_("Virement rejeté"), "bad"),
        "contested": Shown(N_("Contestée"), "waiting"),
    },
    "pass": {
        "active": Shown(N_("Utilisable"), "good"),
        "exhausted": Shown(N_("Solde épuisé"), "muted"),
        "revoked": Shown(N_("Annulé"), "bad"),
        "cancelled": Shown(N_("Annulé"), "bad"),
        "expired": Shown(N_("Campagne terminée"), "muted"),
    },
    "season": {
        "draft": Shown(N_("En préparation"), "neutral"),
        "open": Shown(N_("Ouverte"), "good"),
        "closed": Shown(N_("Fermée"), "muted"),
    },
    "contestation": {
        "open": Shown(N_("À examiner"), "waiting"),
        "accepted": Shown(N_("Acceptée"), "good"),
        "rejected": Shown(N_("Refusée"), "muted"),
    },
    "import": {
        "checking": Shown(N_("Vérification en cours"), "waiting"),
        "checked": Shown(N_("À confirmer"), "waiting"),
        "running": Shown(N_("Émission en cours"), "waiting"),
        "done": Shown(N_("Terminé"), "good"),
        "failed": Shown(N_("Illisible"), "bad"),
        "abandoned": Shown(N_("Abandonné"), "muted"),
    },
    "bank_account": {
        "submitted": Shown(N_("À vérifier par la Caf"), "waiting"),
        "verified": Shown(N_("Vérifié"), "good"),
        "rejected": Shown(N_("Refusé"), "bad"),
        "suspended": Shown(N_("Suspendu"), "bad"),
        "replaced": Shown(N_("Remplacé"), "muted"),
    },
    "payout": {
        "prepared": Shown(N_("Préparé"), "waiting"),
        "ordered": Shown(N_("Virement ordonné"), "waiting"),
        "paid": Shown(N_("Viré"), "good"),
        "returned": Shown(N_("Rejeté par la banque"), "bad"),
        "cancelled": Shown(N_("Annulé"), "muted"),
    },
    "batch": {
        "prepared": Shown(N_("À libérer"), "waiting"),
        "released": Shown(N_("En cours d’envoi"), "waiting"),
        "ordered": Shown(N_("Envoyé"), "good"),
    },
    "bank_line": {
        "settled": Shown(N_("Exécuté"), "good"),
        "returned": Shown(N_("Rejeté"), "bad"),
        "already_known": Shown(N_("Déjà connu"), "muted"),
        "unknown": Shown(N_("Inconnu"), "bad"),
        "amount_differs": Shown(N_("Montant différent"), "bad"),
        "ignored": Shown(N_("Sans effet"), "muted"),
    },
    "hold": {
        "account_missing": Shown(N_("Aucun compte bancaire vérifié"), "waiting"),
        "account_suspended": Shown(N_("Compte bancaire suspendu après un rejet"), "bad"),
        "account_cooling_off": Shown(N_("Nouveau compte bancaire pas encore en service"), "waiting"),
        "partner_inactive": Shown(N_("Numéro partenaire non attribué"), "waiting"),
        "negative_total": Shown(N_("Total négatif reporté"), "waiting"),
        "day_incomplete": Shown(N_("Journée en cours de réception"), "waiting"),
    },
    "delegation": {
        "active": Shown(N_("Active"), "good"),
        "revoked": Shown(N_("Retirée"), "muted"),
        "ended": Shown(N_("Terminée"), "muted"),
        "none": Shown(N_("Sans délégation"), "waiting"),
    },
    "terminal": {
        "waiting": Shown(N_("À appairer"), "waiting"),
        "active": Shown(N_("Actif"), "good"),
        "revoked": Shown(N_("Révoqué"), "muted"),
    },
    "assistance": {
        "unconfirmed": Shown(N_("À confirmer"), "waiting"),
        "open": Shown(N_("Ouverte"), "waiting"),
        "answered": Shown(N_("Réponse reçue"), "good"),
        "waiting": Shown(N_("En attente de votre réponse"), "waiting"),
        "closed": Shown(N_("Close"), "muted"),
    },
}
