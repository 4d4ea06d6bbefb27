"""From lines of a file to passes: what is new, what changed, what is refused; written some hundred at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.chassis.database import UnitOfWork
from services.chassis.ids import new_id
from services.transactions import seals
from services.transactions.domain import ledger
from services.transactions.domain.rows import Row, RowRefused, read_row
from services.transactions.domain.seasons import AmountRule, amount_for
from services.transactions.handlers.scans import movement_rows
from services.transactions.repository import imports

Line = tuple[int, list[str]]


@dataclass
class Tally:
    """What some lines came to."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    amount_cents: int = 0
    refused: list[tuple[int, list[str]]] = field(default_factory=list)


@dataclass(frozen=True)
class Prints:
    """How one line's child and family are recognised."""

    child: str
    family: str
    identity: str
    email: str


class Issuer:
    """Judges lines of one file for one season. With ``dry`` nothing is written, but the answer is the same."""

    def __init__(self, uow: UnitOfWork, season: Mapping[str, Any], columns: Mapping[str, int], *, dry: bool):
        self._uow, self._season, self._columns, self._dry = uow, season, columns, dry
        self._rules = [AmountRule(**rule) for rule in season["amount_rules"]]
        self._left_cents: int = season["budget_cents"] - season["committed_cents"]
        self._tally = Tally()
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._upserts: dict[str, dict[str, dict[str, Any]]] = {"families": {}, "beneficiaries": {}}

    def issue(self, lines: Sequence[Line], already_planned_cents: int = 0) -> Tally:
        """Judge the lines and, unless dry, write what they ask for. ``already_planned_cents``: what earlier lines of
        a dry run would have taken from the budget."""
        self._left_cents -= already_planned_cents
        read = [(line, row) for line, cells in lines if (row := self._read(line, cells))]
        prints = [_prints(row) for _, row in read]
        connection = self._uow.connection
        children = imports.known_children(connection, self._season["season_id"], [one.child for one in prints])
        families = imports.known_families(connection, [one.family for one in prints])
        for (line, row), one in zip(read, prints, strict=True):
            self._take(line, row, one, children, families)
        if not self._dry:
            upserts = {table: list(rows.values()) for table, rows in self._upserts.items()}
            imports.write(connection, {**upserts, **self._rows})
        return self._tally

    def _read(self, line: int, cells: list[str]) -> Row | None:
        try:
            return read_row(cells, self._columns)
        except RowRefused as refused:
            self._tally.refused.append((line, refused.reasons))
            return None

    def _take(self, line: int, row: Row, prints: Prints, children: dict[str, Any], families: dict[str, Any]) -> None:
        known = children.get(prints.child)
        if known and known["pass_id"]:
            self._correct(row, prints, known, families)
            return
        amount_cents = amount_for(self._rules, row.birth_on, self._season["age_on"], row.quotient)
        if amount_cents is None:
            self._refuse(line, "aucun montant prévu pour cet âge et ce quotient")
        elif amount_cents > self._left_cents:
            self._refuse(line, "budget de la campagne épuisé")
        else:
            self._issue_pass(row, prints, known, children, families, amount_cents)

    def _refuse(self, line: int, reason: str) -> None:
        self._tally.refused.append((line, [reason]))

    def _correct(self, row: Row, prints: Prints, known: dict[str, Any], families: dict[str, Any]) -> None:
        """The child has its pass: names and address may have changed, the amount doesn't."""
        family_id, changed = self._family(row, prints, families)
        if known["identity_print"] != prints.identity or known["family_id"] != family_id:
            self._child(row, prints, known["beneficiary_id"], family_id)
            changed = True
        if changed:
            self._tally.updated += 1
        else:
            self._tally.unchanged += 1
        known |= {"identity_print": prints.identity, "family_id": family_id}

    def _family(self, row: Row, prints: Prints, families: dict[str, Any]) -> tuple[str, bool]:
        """The family's id, and whether it had to be written."""
        known = families.get(prints.family)
        if known and known["email_print"] == prints.email:
            return known["family_id"], False
        family_id = known["family_id"] if known else new_id()
        written = {
            "family_id": family_id,
            "reference_print": prints.family,
            "email_sealed": seals.seal_email(row.email, family_id),
            "email_print": prints.email,
        }
        self._upserts["families"][family_id] = written
        families[prints.family] = written
        return family_id, True

    def _child(self, row: Row, prints: Prints, beneficiary_id: str, family_id: str) -> None:
        identity = seals.Identity(row.first_name, row.last_name, row.birth_on)
        written = {
            "beneficiary_id": beneficiary_id,
            "family_id": family_id,
            "reference_print": prints.child,
            "identity_sealed": seals.seal_identity(identity, beneficiary_id),
            "identity_print": prints.identity,
            "last_name_print": seals.name_print(row.last_name),
        }
        self._upserts["beneficiaries"][beneficiary_id] = written

    def _issue_pass(
        self,
        row: Row,
        prints: Prints,
        known: dict[str, Any] | None,
        children: dict[str, Any],
        families: dict[str, Any],
        amount_cents: int,
    ) -> None:
        family_id, _ = self._family(row, prints, families)
        beneficiary_id = known["beneficiary_id"] if known else new_id()
        if not known or known["identity_print"] != prints.identity or known["family_id"] != family_id:
            self._child(row, prints, beneficiary_id, family_id)
        pass_id = new_id()
        self._new_pass(pass_id, beneficiary_id, amount_cents)
        self._left_cents -= amount_cents
        self._tally.created += 1
        self._tally.amount_cents += amount_cents
        children[prints.child] = {
            "beneficiary_id": beneficiary_id,
            "family_id": family_id,
            "identity_print": prints.identity,
            "pass_id": pass_id,
        }

    def _new_pass(self, pass_id: str, beneficiary_id: str, amount_cents: int) -> None:
        if self._dry:
            return
        code, now, season_id = seals.new_code(), self._uow.now, self._season["season_id"]
        self._rows.setdefault("passes", []).append(
            {
                "pass_id": pass_id,
                "season_id": season_id,
                "beneficiary_id": beneficiary_id,
                "qr_id": seals.new_qr_id(),
                "rotation": 1,
                "code_sealed": seals.seal_code(code, pass_id),
                "amount_cents": amount_cents,
                "balance_cents": amount_cents,
                "issued_at": now,
            }
        )
        self._rows.setdefault("codes", []).append(
            {"code_print": seals.code_print(code), "pass_id": pass_id, "rotation": 1, "made_at": now}
        )
        entries = ledger.move((ledger.BUDGET, season_id), (ledger.PASS, pass_id), amount_cents)
        self._rows.setdefault("entries", []).extend(movement_rows(ledger.Kind.ISSUE, entries, pass_id, now))
        self._rows.setdefault("notices", []).append({"kind": "issued", "pass_id": pass_id})


def _prints(row: Row) -> Prints:
    identity = seals.Identity(row.first_name, row.last_name, row.birth_on)
    return Prints(
        child=seals.fingerprint(row.child_reference, "child_reference"),
        family=seals.fingerprint(row.family_reference, "family_reference"),
        identity=seals.fingerprint(identity.text(), "identity"),
        email=seals.fingerprint(row.email, "email"),
    )
