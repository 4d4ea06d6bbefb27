"""What the menus offer: the dashboard's tiles (guide, «Tableau de bord de la structure») and the Caf's menu.

Add your line here. An entry shows only to the roles that may use it and only when its page exists.
"""

from typing import NamedTuple

from flask import current_app, request, url_for

from gateway.access import Viewer
from gateway.translation import N_

LEGAL = "legal_representative"
PARTNER = frozenset({LEGAL, "manager", "accountant", "cashier"})
ADMINISTER = frozenset({LEGAL, "manager"})
READ_MONEY = frozenset({LEGAL, "manager", "accountant"})


class Entry(NamedTuple):
    """One tile or menu line. `icon` names a symbol of `static/img/icons.svg`."""

    label: str
    endpoint: str
    icon: str
    roles: frozenset[str]
    text: str = ""

    @property
    def url(self) -> str:
        return url_for(self.endpoint)

    @property
    def current(self) -> bool:
        """Whether the page in hand belongs to this entry (same blueprint)."""
        here = request.endpoint or ""
        return here == self.endpoint or here.partition(".")[0] == self.endpoint.partition(".")[0]


PARTNER_TILES = (
    Entry(N_("Enregistrer une transaction"), "record.start", "scan", frozenset({LEGAL, "manager", "cashier"}),
          N_("Scanner un pass et demander son remboursement")),
    Entry(N_("Mes transactions"), "transactions.index", "list", PARTNER,
          N_("Suivre les transactions et les remboursements")),
    Entry(N_("Mon profil"), "profile.index", "profile", ADMINISTER, N_("Mettre à jour le profil de la structure")),
    Entry(N_("Mes établissements"), "establishments.index", "place", PARTNER,
          N_("Renseigner les différents lieux d’activités")),
    Entry(N_("Mes délégués"), "delegates.index", "people", ADMINISTER, N_("Créer des délégations")),
    Entry(N_("Ressources"), "resources.index", "book", PARTNER,
          N_("Accéder aux supports d’information à votre disposition")),
    Entry(N_("Assistance"), "assistance.index", "help", PARTNER, N_("Poser une question à la Caf")),
    Entry(N_("Télécharger la convention"), "convention.download", "document", ADMINISTER,
          N_("Votre convention signée, en PDF")),
)  # fmt: skip
"""The guide's eight tiles."""

PARTNER_MORE = (
    Entry(N_("Remboursements"), "payouts.index", "euro", READ_MONEY, N_("Les virements, regroupés par date")),
    Entry(N_("Mes terminaux"), "terminals.index", "phone", ADMINISTER, N_("Appairer un smartphone SmartTPE")),
    Entry(N_("Coordonnées bancaires"), "bank_account.index", "bank", READ_MONEY,
          N_("Le compte qui reçoit les remboursements")),
    Entry(N_("Mon affiche"), "poster.show", "print", ADMINISTER, N_("À accrocher dans vos locaux, avec votre QR code")),
)  # fmt: skip

DASHBOARD = Entry(N_("Tableau de bord"), "structure.dashboard", "home", PARTNER)
CAF_HOME = Entry(N_("Accueil Caf"), "caf.index", "home", frozenset())
DAILY = frozenset({"record.start", "transactions.index", "payouts.index"})
IN_BAR = 7
"""Entries that fit in one line of 1 120 pixels, the longest labels included (measured)."""

INSTRUCTOR = frozenset({"instructor"})
ADMINISTRATOR = frozenset({"administrator"})
FINANCE = frozenset({"preparer", "releaser"})

CAF_MENU = (
    Entry(N_("Demandes à instruire"), "caf_applications.index", "inbox", INSTRUCTOR,
          N_("Justificatifs, corrections, approbation")),
    Entry(N_("Contresigner"), "caf_conventions.index", "pen", frozenset({"signatory"}),
          N_("Conventions signées par les partenaires")),
    Entry(N_("Comptes bancaires"), "caf_bank_accounts.index", "bank", INSTRUCTOR, N_("IBAN et RIB à vérifier")),
    Entry(N_("Représentants légaux"), "caf_representatives.index", "people", frozenset({"instructor", "administrator"}),
          N_("Changements à accepter")),
    Entry(N_("Campagnes"), "caf_campaigns.index", "calendar", ADMINISTRATOR, N_("Dates, montants, budget")),
    Entry(N_("Transactions"), "caf_transactions.index", "list",
          frozenset({"instructor", "administrator", "preparer", "releaser"}), N_("Toutes, chez tous les partenaires")),
    Entry(N_("Contestations"), "caf_contestations.index", "flag", INSTRUCTOR, N_("Demandes des clubs et des familles")),
    Entry(N_("Lots de remboursement"), "caf_payouts.index", "euro", FINANCE, N_("Préparer, libérer, suivre")),
    Entry(N_("Finances"), "caf_finance.dashboard", "bank", FINANCE, N_("Tableau de bord, rapprochement, retours")),
    Entry(N_("Assistance"), "caf_assistance.index", "help", INSTRUCTOR, N_("Demandes des partenaires et du public")),
    Entry(N_("Ressources"), "caf_resources.index", "book", ADMINISTRATOR, N_("Documents mis à disposition")),
    Entry(N_("Comptes des partenaires"), "caf_accounts.index", "lock", ADMINISTRATOR,
          N_("Sessions, double authentification")),
    Entry(N_("Agents"), "caf_agents.index", "people", ADMINISTRATOR, N_("Comptes et rôles de la Caf")),
    Entry(N_("Journal"), "caf_journal.index", "journal", ADMINISTRATOR, N_("Qui a fait quoi, et quand")),
    Entry(N_("Messages en échec"), "caf_dead_letters.index", "flag", ADMINISTRATOR,
          N_("Annonces entre services à renvoyer")),
)  # fmt: skip

PUBLIC_MENU = (
    Entry(N_("Liste des partenaires"), "directory.index", "search", frozenset()),
    Entry(N_("Ressources"), "resources.index", "book", frozenset()),
    Entry(N_("Assistance"), "assistance.index", "help", frozenset()),
)


def exists(endpoint: str) -> bool:
    """Whether a page of this name is registered in this process."""
    return endpoint in current_app.view_functions


def open_to(entries: tuple[Entry, ...], who: Viewer) -> list[Entry]:
    """The entries that `who` may use."""
    return [entry for entry in entries if exists(entry.endpoint) and (not entry.roles or who.may(*entry.roles))]


def tiles_for(who: Viewer) -> list[Entry]:
    return open_to(PARTNER_TILES, who)


def more_for(who: Viewer) -> list[Entry]:
    return open_to(PARTNER_MORE, who)


def caf_menu_for(who: Viewer) -> list[Entry]:
    return open_to(CAF_MENU, who)


def public_menu(who: Viewer) -> list[Entry]:
    return open_to(PUBLIC_MENU, who)


def section_menu(who: Viewer) -> list[Entry]:
    """The menu of whoever is signed in: first the home, then the sections of the role; nothing before there is one."""
    if not who.signed_in or who.must_personalise:
        return []
    if who.is_agent:
        return [CAF_HOME, *caf_menu_for(who)]
    return [DASHBOARD, *_by_use(tiles_for(who) + more_for(who))] if who.structure else []


def _by_use(entries: list[Entry]) -> list[Entry]:
    """What a club opens each day first; the rest as the guide lists it."""
    return sorted(entries, key=lambda entry: entry.endpoint not in DAILY)


def bar(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What fits in one line of a desktop, and what is folded under «Plus»; a single entry is never folded alone."""
    return (entries, []) if len(entries) <= IN_BAR + 1 else (entries[:IN_BAR], entries[IN_BAR:])
