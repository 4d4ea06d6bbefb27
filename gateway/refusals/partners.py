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
    "cooling_off": (
        409,
        N_("Ce compte ne peut pas encore être vérifié : un délai de 48 heures protège la structure jusqu’au {until}."),
    ),
    "same_bank_account": (409, N_("Ce compte est déjà enregistré pour votre structure.")),
    "bank_account_unknown": (404, N_("Ce compte bancaire n’existe pas.")),
    "establishment_unknown": (404, N_("Cet établissement n’existe pas.")),
    "seat_stays_open": (409, N_("Le siège ne peut pas être fermé : modifiez son adresse si elle a changé.")),
    "resource_unknown": (404, N_("Ce document n’existe pas ou n’est plus proposé.")),
    "request_unknown": (404, N_("Cette demande d’assistance n’existe pas, ou son lien a expiré.")),
    "too_many_requests": (
        429,
        N_(
            N_("{waiting} de vos demandes attendent déjà une réponse. Complétez l’une d’elles."),
        ),
    ),
    "too_many_attachments": (422, N_("Joignez au plus {max_files} fichiers à un message.")),
}
