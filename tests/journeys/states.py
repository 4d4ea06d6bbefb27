"""The states of pages that are looked at: what each role reaches from its menus by links alone, and what forms answer.

`walk` follows links and opens one page of each kind (an address with its ids left out); the table below names the
states that no link leads to: refused forms, empty lists, failures.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Error

from tests.journeys.person import Person

FILES = re.compile(
    r"\.(csv|xlsx|xml|json|svg|pdf|png|webmanifest)$|/(document|preuves|donnees|logo|rib|apercu)(/|$)|/bordereau|"
    r"/piece-jointe/|/langue/|/dev/|/api/|/static/|/terminal"
)
"""Downloads, and what other tests look at."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\b[TA]?\d{5,}\b|\bBP-[\w-]+|\b2026-\d\b")
MOST_PAGES = 40

PUBLIC_PATHS = r"/($|login|mot-de-passe|partenaires|ressources|assistance|inscription|accessibilite|preferences)"
PARTNER_PATHS = r"/(?!caf|login|inscription|accessibilite|preferences|deconnexion|mot-de-passe|partenaires/)\w"
"""Where `walk` goes: the addresses that are open to everybody, and those behind a partner's sign-in."""


def kind(path: str) -> str:
    """The address without what differs between two pages of the same kind."""
    return ID.sub("*", path.rstrip("/") or "/")


def links(someone: Person) -> list[str]:
    """Addresses that this page links to, on this site, in its order."""
    found = someone.page.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
    here = urlsplit(someone.base_url).netloc
    return [urlsplit(one).path for one in found if urlsplit(one).netloc == here]


def walk(someone: Person, start: str, within: str, looks_at: Callable[[str], None]) -> list[str]:
    """Look at one page of each kind below the addresses that `within` matches, from `start` on; returns their kinds."""
    seen, waiting = {kind(start)}, [start]
    visited = []
    while waiting and len(visited) < MOST_PAGES:
        path = waiting.pop(0)
        try:
            looks_at(path)
        except Error as fault:
            if "Download" in str(fault) or "ERR_ABORTED" in str(fault):
                continue
            raise
        visited.append(kind(path))
        for found in links(someone):
            if re.match(within, found) and not FILES.search(found) and kind(found) not in seen:
                seen.add(kind(found))
                waiting.append(found)
    return visited


@dataclass(frozen=True)
class State:
    """A page in a state of its own: opened at `path`, then acted upon; `sees` is how it is known."""

    path: str
    sees: str
    press: str = ""
    fill: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Different for each state: where, and what is seen there."""
        return f"{kind(self.path)}: {self.sees}"

    def reach(self, someone: Person) -> None:
        someone.open(self.path)
        if self.fill:
            someone.fill(dict(self.fill))
        if self.press:
            someone.press(self.press, within=someone.page.locator("main"))
        someone.sees(self.sees)


PUBLIC = (
    State("/partenaires?words=zzzzzz", "Aucun partenaire ne correspond"),
    State("/login/partner", "à corriger", "Se connecter"),
    State("/login/partner", "mot de passe est incorrect", "Se connecter",
          (("Identifiant", "personne@example.org"), ("Mot de passe", "Mauvais-Mot-De-Passe-1"))),
    State("/login/agent", "à corriger", "Se connecter"),
    State("/mot-de-passe", "à corriger", "Envoyer le lien"),
    State("/mot-de-passe", "Si un compte correspond", "Envoyer le lien",
          (("Adresse e-mail de votre compte personnel", "personne@example.org"),)),
    State("/mot-de-passe/nouveau/faux", "à corriger", "Enregistrer"),
    State("/assistance", "à corriger", "Envoyer"),
    State("/inscription/reprendre/faux", "lien"),
    State("/pass/faux", "lien"),
    State("/nulle-part", "Cette page n’existe pas"),
    State("/dev/erreurs/400", "n’a pas pu être comprise"),
    State("/dev/erreurs/403", "ne vous est pas ouverte"),
    State("/dev/erreurs/410", "n’est plus valable"),
    State("/dev/erreurs/413", "trop lourd"),
    State("/dev/erreurs/429", "Trop de demandes"),
    State("/dev/erreurs/500", "Une erreur est survenue"),
    State("/dev/erreurs/503", "momentanément indisponible"),
    State("/dev/components", "Composants"),
    State("/dev/outbox", "Courriers de développement"),
    State("/api/v1/docs", "API SmartTPE"),
    State("/terminal/", "Appairer ce terminal"),
)  # fmt: skip

PARTNER = (
    State("/transactions/?number=T0000000000", "Aucune transaction"),
    State("/transactions/nouvelle", "à corriger", "Continuer"),
    State("/delegues/ajouter", "à corriger", "Terminer"),
    State("/terminaux/appairer", "à corriger", "Afficher le code", (("Nom du terminal", ""),)),
    State("/etablissements/ajouter", "à corriger", "Enregistrer"),
    State("/coordonnees-bancaires/modifier", "à corriger", "Enregistrer"),
    State("/compte/mot-de-passe", "à corriger", "Enregistrer"),
    State("/compte/adresse", "à corriger", "Demander le changement"),
    State("/compte/portable", "à corriger", "Recevoir le code"),
    State("/assistance", "à corriger", "Envoyer"),
    State("/caf", "ne vous est pas ouverte"),
)

AGENTS = {
    "instructor": (
        State("/caf/demandes?state=rejected", "Aucune demande"),
    ),
    "signatory": (),
    "administrator": (
        State("/caf/agents/ajouter", "à corriger", "Terminer"),
        State("/caf/campagnes/nouvelle", "à corriger", "Enregistrer"),
        State("/caf/campagnes/pass?text=zzzz", "Aucun"),
        State("/caf/ressources/ajouter", "à corriger", "Publier"),
    ),
    "preparer": (
        State("/caf/finances/retours", "à corriger", "Importer un retour bancaire"),
    ),
}  # fmt: skip


def reached(someone: Person, states: tuple[State, ...]) -> Iterator[State]:
    """Each state in turn, once the page shows it."""
    for state in states:
        state.reach(someone)
        yield state
