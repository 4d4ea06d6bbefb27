"""The gateway's routes with an argument, by what the argument names: somebody's object, something that all agents
share, a key whose holder is entitled by holding it, or no object at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Door:
    """A route: the argument that names the object, whose object is tried, and what else has to be said."""

    rule: str
    argument: str
    object: str
    methods: tuple[str, ...] = ("GET",)
    form: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    """The other arguments: a value, or the name of one of the caller's own keys."""
    query: str = ""
    owner: str = "legal_representative"
    own_differs: bool = True
    """Whether the owner's answer can be told from that for an unknown object."""
    shared_by: frozenset[str] = frozenset()
    """Roles that may see everybody's."""


POST = ("POST",)
BOTH = ("GET", "POST")
PLACE = {"name": "Salle", "address_line1": "1 rue", "postcode": "93000", "commune_name": "Bobigny", "version": "1"}


def _doors() -> Iterator[Door]:
    yield Door("/api/v1/transactions/by-key/<path:key>", "key", "key", owner="terminal")
    today = ("/api/v1/transactions/<number>", "number", "today's transaction")
    yield Door(*today, owner="terminal")
    yield Door(f"{today[0]}/cancel", *today[1:], POST, owner="terminal")
    yield Door("/assistance/<uuid:request_id>", "request_id", "request", BOTH, {"text": "Encore une question"})
    attachment = ("/assistance/piece-jointe/<uuid:attachment_id>", "attachment_id", "attachment")
    yield Door(*attachment, shared_by=frozenset({"instructor"}))
    yield Door(*attachment, query="suivi=made-up", own_differs=False)
    yield Door("/compte/sessions/<uuid:session_id>/fermer", "session_id", "session", POST)
    yield Door("/demande/document/<uuid:document_id>", "document_id", "document")
    removed = "/demande/justificatif/<uuid:document_id>/retirer"
    yield Door(removed, "document_id", "document", POST, own_differs=False)  # nothing is open to correction
    yield Door("/espace/<uuid:structure_id>", "structure_id", "structure", POST)
    place = "/etablissements/<uuid:establishment_id>"
    yield Door(place, "establishment_id", "establishment", BOTH, PLACE)
    yield Door(f"{place}/fermer", "establishment_id", "establishment", POST)
    yield Door(f"{place}/rouvrir", "establishment_id", "establishment", POST)
    draft = "/inscription/document/<uuid:document_id>"
    yield Door(draft, "document_id", "draft document", owner="visitor")
    yield Door(draft, "document_id", "document", own_differs=False)
    yield from _transactions()
    yield from _families()
    yield from _rights()
    yield from _agents()


def _transactions() -> Iterator[Door]:
    yield Door("/transactions/<number>", "number", "transaction")
    yield Door("/transactions/<number>/annuler", "number", "transaction", POST)
    yield Door("/transactions/<number>/contester", "number", "transaction", BOTH, {"reason": "Erreur de montant"})
    yield Door("/transactions/recu/<key>", "key", "key", own_differs=False)  # made by a terminal: its own alone
    yield Door("/remboursements/<uuid:payout_id>/lignes", "payout_id", "payout")
    slip = "/remboursements/<uuid:payout_id>/bordereau.<kind>"
    yield Door(slip, "payout_id", "payout", beside={"kind": "pdf"})
    yield Door("/remboursements/bordereaux/<slip_number>", "slip_number", "slip")
    yield Door("/remboursements/suivi/<number>", "number", "transaction")


def _families() -> Iterator[Door]:
    """A family's own link beside another family's pass or transaction."""
    own = {"token": "link"}
    one = "/pass/<token>/<uuid:pass_id>"
    yield Door(f"{one}.<any(pdf, png):kind>", "pass_id", "pass", beside={**own, "kind": "pdf"}, owner="visitor")
    contest = "/pass/<token>/transactions/<number>/contester"
    yield Door(contest, "number", "transaction", BOTH, {"reason": "Ce n'est pas moi"}, own, owner="visitor")
    yield Door(f"{one}/renouveler", "pass_id", "pass", POST, beside=own, owner="visitor")


def _rights() -> Iterator[Door]:
    yield Door("/delegues/delegations/<uuid:delegation_id>/retirer", "delegation_id", "delegation", POST)
    role = {"role": "manager"}
    yield Door("/delegues/<uuid:account_id>/delegation", "account_id", "delegate", BOTH, role)
    yield Door("/delegues/<uuid:account_id>/retirer", "account_id", "delegate", POST)
    yield Door("/representant/<uuid:transfer_id>/annuler", "transfer_id", "transfer", POST)
    terminal = "/terminaux/<uuid:terminal_id>"
    yield Door(terminal, "terminal_id", "terminal", BOTH, {"name": "Porte"})
    yield Door(f"{terminal}/retirer", "terminal_id", "terminal", POST)
    yield Door("/terminaux/appairages/<uuid:pairing_id>", "pairing_id", "pairing")


def _agents() -> Iterator[Door]:
    """What is no agent's although such objects are: a partner's account, a paper of another application."""
    agent = "/caf/agents/<uuid:account_id>"
    yield Door(agent, "account_id", "account", BOTH, {"roles": "instructor"}, own_differs=False)
    for act in ("reactiver", "renouveler", "suspendre"):
        yield Door(f"{agent}/{act}", "account_id", "account", POST, own_differs=False)
    partner = "/caf/comptes/<uuid:account_id>"
    yield Door(partner, "account_id", "agent", own_differs=False)
    reset = {"checked": "in_person", "code": "000000"}
    yield Door(f"{partner}/double-authentification", "account_id", "agent", BOTH, reset, own_differs=False)
    # an agent's sessions are ended at the same address, a structure's own account has none
    yield Door(f"{partner}/sessions/fermer", "account_id", "structure's account", POST, own_differs=False)
    paper = "/caf/demandes/<uuid:application_id>/document/<uuid:document_id>"
    yield Door(paper, "document_id", "document", beside={"application_id": "application"}, owner="instructor")


OBJECTS = tuple(_doors())

_SEASON, _IMPORT = "/caf/campagnes/<uuid:season_id>", "/caf/campagnes/imports/<uuid:import_id>"
_PASS, _ACCOUNT = "/caf/campagnes/pass/<uuid:pass_id>", "/caf/comptes-bancaires/<uuid:bank_account_id>"
_CONVENTION, _APPLICATION = "/caf/conventions/<uuid:convention_id>", "/caf/demandes/<uuid:application_id>"
_BATCH, _PAYOUT = "/caf/remboursements/<uuid:batch_id>", "/caf/remboursements/virements/<uuid:payout_id>"
_RESOURCE, _REQUEST = "/caf/ressources/<uuid:resource_id>", "/caf/assistance/<uuid:request_id>"
_LETTER = "/caf/messages-en-echec/<service>/<letter_id>"
OF_ALL_AGENTS = {
    _SEASON, *(f"{_SEASON}/{act}" for act in ("fermer", "importer", "modifier", "ouvrir")),
    _IMPORT, *(f"{_IMPORT}/{act}" for act in ("abandonner", "confirmer", "refus.csv")),
    _PASS, *(f"{_PASS}/{act}" for act in ("annuler", "completer", "renouveler")),
    _ACCOUNT, *(f"{_ACCOUNT}/{act}" for act in ("accepter", "refuser", "rib")),
    _CONVENTION, *(f"{_CONVENTION}/{act}" for act in ("avenant", "debloquer", "document", "nouvelle", "preuves")),
    *(f"{_CONVENTION}/{act}" for act in ("refuser", "resilier", "annuler-la-resiliation")),
    "/caf/conventions/lots/<uuid:job_id>",
    _APPLICATION, *(f"{_APPLICATION}/{act}" for act in ("approbation", "avis/<item>", "correction", "note")),
    *(f"{_APPLICATION}/{act}" for act in ("prendre", "refus", "remettre")),
    _BATCH, *(f"{_BATCH}/{act}" for act in ("annuler", "en-attente", "liberer", "virements")),
    f"{_BATCH}/fichier-bancaire/<int:sequence>.xml", f"{_PAYOUT}/bordereau.<kind>",
    "/caf/remboursements/bordereaux/<slip_number>", "/caf/finances/retours/<uuid:report_id>",
    _RESOURCE, *(f"{_RESOURCE}/{act}" for act in ("remettre", "retirer")),
    _REQUEST, *(f"{_REQUEST}/{act}" for act in ("clore", "prendre", "rendre")),
    _LETTER, *(f"{_LETTER}/{act}" for act in ("rejouer", "supprimer")),
    "/caf/contestations/<uuid:contestation_id>", "/caf/representants/<uuid:transfer_id>",
    "/caf/textes-de-convention/<version>/apercu",
}  # fmt: skip
"""The Caf's back office: a role that may see one of these may see them all."""

KEYS = {
    "/assistance/suivi/<token>", "/assistance/suivi/<token>/confirmer", "/compte/adresse/<token>",
    "/inscription/reprendre/<token>", "/mot-de-passe/nouveau/<token>", "/pass/<token>",
    "/pass/<token>/donnees.json", "/pass/<token>/messages",
}  # fmt: skip
"""A mailed link is a key itself: 256 random bits, or signed."""

NO_OBJECT = {
    "/static/<path:filename>", "/langue/<code>", "/dev/erreurs/<int:status>", "/dev/outbox/<name>",
    "/demande/champs/<group>", "/demande/justificatif/<kind>",
    "/inscription/etape/<int(min=2, max=6):number>", "/inscription/etape/<int(min=2, max=7):number>",
    "/inscription/fichier/<int(min=3, max=6):number>", "/inscription/verifier/<int(min=2, max=6):number>",
    "/caf/messages-en-echec/<service>/rejouer-tout",
    # public: whoever may be seen there is seen by all (tests/integration/partners/test_directory.py)
    "/partenaires/<partner_number>", "/partenaires/<partner_number>/logo", "/ressources/<uuid:resource_id>",
}  # fmt: skip
