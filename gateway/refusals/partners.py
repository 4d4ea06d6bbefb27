"""The refusals of the partners service, in French."""

from gateway.translation import N_

REFUSALS = {
    "draft_unknown": (
        404,
        "Cette demande n’est plus accessible : le lien est faux ou a plus de 30 jours. Commencez une nouvelle demande.",
    ),
    "already_submitted": (
        409,
        "Cette demande a déjà été déposée sous la référence {reference}. Suivez-la en vous connectant.",
    ),
    "stale_version": (
        409,
        "Cette page a été modifiée dans un autre onglet. Vérifiez les informations ci-dessous, puis recommencez.",
    ),
    "step_unknown": (404, N_("Cette étape n’existe pas.")),
    "application_incomplete": (
        409,
        N_("Il manque des informations ou des justificatifs. Complétez les étapes indiquées."),
    ),
    "consent_missing": (422, N_("Cochez la case pour accepter les conditions d’utilisation de vos données.")),
    "document_kind_unknown": (422, N_("Ce justificatif n’est pas demandé pour ce type de structure.")),
    "document_unknown": (404, N_("Ce document n’existe pas ou a été retiré.")),
    "too_many_files": (
        409,
        "{max_files} fichiers sont déjà déposés pour ce justificatif. Retirez-en un pour le remplacer.",
    ),
    "too_many_links": (
        429,
        "Le lien a déjà été envoyé {links_per_day} fois aujourd’hui : le dernier message reçu fonctionne toujours.",
    ),
    "application_unknown": (404, N_("Cette demande n’existe pas.")),
    "transition_refused": (409, N_("Cette demande a changé d’état entre-temps : cette action n’est plus possible.")),
    "item_unknown": (404, N_("Cet élément ne fait pas partie de la demande.")),
    "item_locked": (
        409,
        N_("Cet élément ne peut pas être modifié : seuls les éléments refusés par la Caf sont ouverts."),
    ),
    "reason_missing": (422, N_("Indiquez le motif : le partenaire le lira.")),
    "stale_round": (
        409,
        N_("Le partenaire a envoyé des corrections entre-temps. Relisez la demande avant de décider."),
    ),
    "verdicts_missing": (
        409,
        N_("Certains éléments n’ont pas encore été examinés. Acceptez-les ou refusez-les d’abord."),
    ),
    "items_refused": (409, N_("Certains éléments sont refusés. Demandez une correction, ou acceptez-les.")),
    "nothing_refused": (409, N_("Refusez au moins un élément avant de demander une correction.")),
    "corrections_incomplete": (409, N_("Il reste des éléments à corriger avant l’envoi.")),
    "structure_unknown": (404, N_("Cette structure n’existe pas.")),
    "partner_unknown": (404, N_("Aucun partenaire actif ne porte ce numéro.")),
}
