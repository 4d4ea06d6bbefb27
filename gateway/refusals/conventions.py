"""What the conventions service may refuse, and what the person is told."""

from gateway.translation import N_

REFUSALS = {
    "convention_unknown": (404, N_("Cette convention n’existe pas. Revenez au tableau de bord et recommencez.")),
    "transition_refused": (409, N_("La convention a changé d’état entre-temps : rechargez la page pour voir où elle en "
                                   "est.")),
    "document_changed": (409, N_("Le texte de votre convention a été mis à jour depuis que vous l’avez ouvert. "
                                 "Relisez-le puis recommencez.")),
    "document_missing": (409, N_("Le document de cette convention n’est pas disponible pour le moment. Réessayez plus "
                                 "tard ou ouvrez une demande d’assistance.")),
    "reading_required": (409, N_("Lisez la convention jusqu’à la dernière page, ou cochez la case qui l’atteste, avant "
                                 "de demander votre code.")),
    "too_many_codes": (429, N_("Vous avez demandé trois codes en une heure. Attendez avant d’en demander un autre.")),
    "signing_blocked": (429, N_("Trop de codes erronés ont été saisis. Par sécurité, la signature est bloquée pendant "
                                "24 heures ; la Caf peut la débloquer si vous ouvrez une demande d’assistance.")),
    "signing_code_wrong": (422, N_("Ce code n’est pas le bon. Vérifiez le dernier SMS reçu ; essais restants : "
                                   "{tries_left}.")),
    "signing_code_expired": (409, N_("Ce code a expiré : un code est valable 10 minutes. Demandez-en un nouveau.")),
    "signing_code_missing": (409, N_("Demandez d’abord un code de vérification, puis saisissez-le.")),
    "code_not_sent": (503, N_("Le SMS n’a pas pu être envoyé. Réessayez dans quelques minutes.")),
    "not_approved": (409, N_("La demande de cette structure n’est pas encore approuvée : la convention ne peut pas "
                             "être contresignée.")),
    "already_countersigned": (409, N_("Cette convention est déjà contresignée.")),
    "nothing_to_sign": (409, N_("Aucune convention n’attend d’être contresignée.")),
    "job_unknown": (404, N_("Cette opération n’existe pas.")),
    "document_damaged": (409, N_("Le document signé par le partenaire est introuvable ou abîmé dans le stockage : "
                                 "prévenez l’exploitation.")),
    "termination_in_the_past": (422, N_("La date d’effet de la résiliation ne peut pas être dans le passé.")),
    "termination_after_term": (422, N_("Cette convention prend fin d’elle-même le {ends_on} : choisissez une date au "
                                       "plus tard le lendemain, ou résiliez celle qui la suit.")),
    "termination_pending": (409, N_("La résiliation des conventions de cette structure est déjà décidée pour le "
                                    "{effective_on}. Annulez-la d’abord si la date doit changer.")),
    "termination_in_effect": (409, N_("La résiliation a pris effet : elle ne peut plus être annulée. Vous pouvez "
                                      "préparer une nouvelle convention pour cette structure.")),
    "evidence_not_yet": (409, N_("Le dossier de preuve est disponible une fois la convention signée par le "
                                 "partenaire.")),
    "seal_unavailable": (503, N_("Le cachet électronique n’est pas disponible. Réessayez plus tard.")),
    "amendment_pending": (409, N_("Une nouvelle version de cette convention attend déjà d’être signée.")),
    "not_in_force": (409, N_("Cette convention n’est pas en vigueur.")),
    "text_version_unknown": (404, N_("Cette version du texte n’existe pas.")),
    "text_up_to_date": (409, N_("Cette convention porte déjà le texte le plus récent.")),
}  # fmt: skip
