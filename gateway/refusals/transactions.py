"""Refusals of the transactions service."""

from gateway.translation import N_

REFUSALS = {
    "partner_inactive": (403, N_("Votre structure ne peut pas enregistrer de transaction pour le moment : la "
                                 "convention doit être active.")),
    "pass_unknown": (404, N_("Ce pass n’est pas reconnu. Vérifiez le code, ou scannez de nouveau le QR code.")),
    "pass_revoked": (409, N_("Ce pass n’est plus valable : il a été annulé ou remplacé. Demandez à la famille d’ouvrir "
                             "le lien de son dernier e-mail.")),
    "season_closed": (409, N_("Cette campagne n’est pas ouverte : aucun pass ne peut y être utilisé.")),
    "season_unknown": (404, N_("Cette campagne n’existe pas.")),
    "insufficient_balance": (409, N_("Le solde du pass est insuffisant : il reste {balance_cents}.")),
    "already_used_here": (409, N_("Ce pass est épuisé : il a déjà été utilisé dans votre structure.")),
    "already_used_elsewhere": (409, N_("Ce pass est épuisé : il a déjà été utilisé chez un autre partenaire.")),
    "duplicate_suspected": (409, N_("Une transaction du même montant vient d’être enregistrée pour ce pass ({number}). "
                                    "Confirmez s’il s’agit bien d’une seconde utilisation.")),
    "cancel_window_closed": (409, N_("L’annulation n’est possible que le jour de l’enregistrement. Vous pouvez "
                                     "contester la transaction.")),
    "already_cancelled": (409, N_("Cette transaction est déjà annulée.")),
    "transaction_unknown": (404, N_("Cette transaction n’existe pas.")),
    "already_contested": (409, N_("Cette transaction est déjà contestée ; la Caf l’examine.")),
    "contest_not_open": (409, N_("Cette transaction peut encore être annulée aujourd’hui : annulez-la plutôt.")),
    "contestation_unknown": (404, N_("Cette contestation n’existe pas.")),
    "already_decided": (409, N_("Cette contestation a déjà été tranchée.")),
    "scan_too_old": (409, N_("Ce scan date de plus de 72 heures : il ne peut plus être enregistré.")),
    "idempotency_key_reused": (422, N_("Cette demande a déjà été envoyée avec un autre contenu. Recommencez depuis le "
                                       "début.")),
    "idempotency_in_progress": (409, N_("Cette demande est déjà en cours. Patientez un instant.")),
    "budget_exhausted": (409, N_("Le budget de la campagne ne le permet pas : il reste {available_cents}.")),
    "budget_below_committed": (409, N_("Le budget ne peut pas être inférieur au montant des pass déjà émis "
                                       "({committed_cents}).")),
    "import_unknown": (404, N_("Cet import n’existe pas.")),
    "import_not_checked": (409, N_("Ce fichier n’est pas prêt à être importé : attendez la fin de sa vérification.")),
    "import_running": (409, N_("Un import est déjà en cours pour cette campagne. Attendez qu’il se termine.")),
    "link_unknown": (410, N_("Ce lien n’est plus valable. Ouvrez celui de votre dernier e-mail, ou demandez-en un "
                             "nouveau à votre Caf.")),
    "renewed_too_often": (429, N_("Ce QR code vient d’être renouvelé plusieurs fois. Réessayez demain.")),
}  # fmt: skip
