"""What the identity service may refuse, and what the person is told."""

from gateway.translation import N_

REFUSALS = {
    "email_already_used": (409, N_("Cette adresse e-mail est déjà celle d’un compte. Indiquez-en une autre.")),
    "emails_must_differ": (
        409,
        N_("Les adresses e-mail de la structure et du représentant légal doivent être différentes."),
    ),
    "registration_unknown": (404, N_("Les informations du représentant légal sont à saisir de nouveau (étape 4).")),
    "registration_closed": (409, N_("La demande est déjà envoyée : ces informations ne se modifient plus ici.")),
    "sign_in_failed": (401, N_("L’identifiant ou le mot de passe est incorrect.")),
    "too_many_attempts": (429, N_("Trop d’essais. Attendez {retry_after_s} secondes avant de réessayer.")),
    "provisional_password_expired": (
        401,
        N_("Ce mot de passe provisoire n’est plus valable. Choisissez-en un nouveau avec « Mot de passe oublié »."),
    ),
    "step_expired": (401, N_("Cette étape a expiré. Saisissez de nouveau votre identifiant et votre mot de passe.")),
    "totp_wrong": (401, N_("Ce code est incorrect ou a déjà servi. Attendez le code suivant et réessayez.")),
    "second_factor_present": (409, N_("La double authentification est déjà activée.")),
    "second_factor_absent": (409, N_("La double authentification n’est pas activée.")),
    "step_up_failed": (401, N_("Le mot de passe ou le code est incorrect. Rien n’a été modifié.")),
    "session_unknown": (401, N_("Votre session a expiré. Connectez-vous de nouveau.")),
    "structure_not_yours": (404, N_("Vous n’administrez pas cette structure.")),
    "link_invalid": (410, N_("Ce lien n’est plus valable ou a déjà servi. Demandez-en un nouveau.")),
    "account_unknown": (404, N_("Ce compte n’existe pas.")),
    "already_personalised": (409, N_("Votre mot de passe est déjà personnalisé.")),
    "mobile_missing": (
        409,
        N_("Aucun téléphone portable n’est enregistré. Ajoutez-le dans « Mon compte » avant de demander un code."),
    ),
    "sms_failed": (
        502,
        N_("Le SMS n’a pas pu être envoyé. Vérifiez votre numéro dans « Mon compte » ou réessayez plus tard."),
    ),
    "sms_signature_invalid": (403, N_("Ce rapport d’envoi n’est pas authentique.")),
    "too_many_mobile_codes": (429, N_("Trop de codes demandés. Réessayez dans une heure.")),
    "mobile_code_wrong": (409, N_("Ce code est incorrect. Il vous reste {tries_left} essais.")),
    "mobile_code_expired": (410, N_("Ce code n’est plus valable. Demandez-en un nouveau.")),
    "already_delegate": (409, N_("Cette personne est déjà dans la liste de vos délégués.")),
    "delegate_unknown": (404, N_("Cette personne n’est pas dans la liste de vos délégués.")),
    "already_delegated": (
        409,
        N_("Cette personne a déjà une délégation. Retirez-la avant d’en accorder une autre."),
    ),
    "delegation_unknown": (404, N_("Cette délégation n’existe pas ou a déjà pris fin.")),
    "last_administrator": (
        409,
        N_(
            "Il doit rester une personne pour administrer la structure. Demandez d’abord un changement de représentant."
        ),
    ),
    "establishment_unknown": (404, N_("Cet établissement n’existe pas ou est fermé. Choisissez-en un autre.")),
    "transfer_pending": (409, N_("Un changement de représentant légal attend déjà la décision de la Caf.")),
    "transfer_unknown": (404, N_("Cette demande n’existe pas.")),
    "transfer_decided": (409, N_("Cette demande a déjà été traitée.")),
    "pairing_code_invalid": (
        422,
        N_("Ce code d’appairage n’est pas valable. Affichez un nouveau code dans « Mes terminaux »."),
    ),
    "too_many_pairings": (429, N_("Trop de codes d’appairage sont en attente. Utilisez-les ou attendez dix minutes.")),
    "pairing_unknown": (404, N_("Cet appairage n’existe pas.")),
    "terminal_token_invalid": (401, N_("Ce terminal n’est pas reconnu. Appairez-le de nouveau.")),
    "terminal_token_revoked": (401, N_("Ce terminal a été retiré par la structure. Appairez-le de nouveau.")),
    "terminal_unknown": (404, N_("Ce terminal n’existe pas ou a déjà été retiré.")),
    "agent_unknown": (404, N_("Cet agent n’existe pas.")),
    "last_caf_administrator": (409, N_("Il doit rester au moins un administrateur en activité.")),
}
