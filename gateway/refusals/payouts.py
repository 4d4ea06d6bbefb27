"""What the payouts service's refusals say on a screen."""

from gateway.translation import N_

REFUSALS = {
    "payout_unknown": (404, N_("Ce remboursement n’existe pas. Revenez à la liste des remboursements.")),
    "batch_unknown": (404, N_("Ce lot n’existe pas ou a été annulé. Revenez à la liste des lots.")),
    "nothing_to_pay": (
        409,
        N_("Aucun partenaire ne peut être remboursé maintenant : il n’y a pas de lot à préparer."),
    ),
    "batch_in_preparation": (
        409,
        N_("Un lot est en cours de préparation. Rechargez la liste des lots dans quelques instants."),
    ),
    "same_agent": (
        403,
        N_("Vous avez préparé ce lot : un autre agent doit le libérer."),
    ),
    "batch_already_released": (409, N_("Ce lot est déjà libéré : il ne peut plus être ni libéré ni annulé.")),
    "batch_changed": (409, N_("Le total du lot n’est plus celui que vous avez vu. Relisez le lot, puis recommencez.")),
    "batch_outdated": (
        409,
        N_(
            "Le compte bancaire de {partner_count} partenaire(s) a changé depuis la préparation. "
            "Annulez ce lot et préparez-en un nouveau."
        ),
    ),
    "proof_already_used": (403, N_("Ce code a déjà servi. Attendez le suivant et saisissez-le.")),
    "bank_file_not_ready": (
        409,
        N_("Le fichier bancaire n’est pas encore prêt. Rechargez la page dans quelques instants."),
    ),
    "reference_unknown": (
        404,
        N_(
            "Aucune transaction à rembourser, aucun bordereau ni aucun virement ne porte cette référence. "
            "Une transaction du jour n’apparaît ici que le lendemain."
        ),
    ),
    "bank_report_unreadable": (
        422,
        N_("Ce fichier n’est pas un retour bancaire lisible. Déposez le fichier XML tel que la banque l’a envoyé."),
    ),
    "bank_report_kind_unknown": (
        422,
        N_("Ce fichier est un message « {found} ». Déposez un message pain.002 ou camt.054."),
    ),
    "transition_refused": (409, N_("Ce lot ou ce remboursement a changé d’état entre-temps : rechargez la page.")),
    "bank_report_unknown": (404, N_("Ce retour bancaire n’existe pas. Revenez à la liste.")),
}
