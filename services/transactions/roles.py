"""Who may call what: sets of roles of the actor token, by name (DOMAIN, «People and what each may do»)."""

RECORDS = frozenset({"legal_representative", "manager", "cashier", "terminal"})
LISTS = RECORDS | {"accountant"}
CONTESTS = frozenset({"legal_representative", "manager"})
ADMINISTERS_SEASONS = frozenset({"administrator"})
CAF = frozenset({"instructor", "signatory", "preparer", "releaser", "administrator"})
CAF_TRANSACTIONS = frozenset({"instructor", "preparer", "releaser", "administrator"})
SEARCHES_PASSES = frozenset({"instructor", "administrator"})
DECIDES = frozenset({"instructor"})
