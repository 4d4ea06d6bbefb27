"""Refusals that any service may give."""

from gateway.translation import N_

REFUSALS = {
    "refused": (409, N_("Cette action n’a pas pu être faite dans l’état actuel. Revenez en arrière et réessayez.")),
    "validation_failed": (422, N_("Certaines informations sont à corriger.")),
    "not_allowed": (403, N_("Votre compte ne permet pas cette action.")),
    "actor_invalid": (401, N_("Votre session a expiré. Connectez-vous de nouveau.")),
    "actor_revoked": (401, N_("Votre accès a été retiré. Connectez-vous de nouveau ou contactez votre structure.")),
    "deadline_exceeded": (503, N_("Le service met trop de temps à répondre. Réessayez dans un instant.")),
    "unavailable": (503, N_("Le service est momentanément indisponible. Réessayez dans un instant.")),
    "dead_letter_unknown": (404, N_("Ce message n’est plus dans la liste : il a déjà été renvoyé ou supprimé.")),
    "dead_letter_queue_gone": (409, N_("La file d’origine n’existe plus : ce message ne peut qu’être supprimé.")),
    "unknown_method": (500, N_("Cette action n’est pas disponible. L’incident est signalé.")),
    "internal_error": (500, N_("Une erreur est survenue de notre côté. L’incident est signalé ; réessayez plus tard.")),
}
