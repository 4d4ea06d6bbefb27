"""Who recorded a transaction, by name: persons and terminals of the viewer's structure."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from gateway.access import viewer
from gateway.clients.identity import IdentityClient
from gateway.people import names_of_accounts
from services.chassis.refusals import Refused, Unavailable

TERMINAL = "SmartTPE"
ADMINISTER = ("legal_representative", "manager")


def names_of(transactions: Iterable[Any]) -> dict[str, str]:
    """{account or terminal id: name} of the operators of `transactions`; without the identity service, nobody."""
    listed = list(transactions)
    names = names_of_accounts(item.get("operator_id") for item in listed)
    if any(item.get("terminal_id") for item in listed):
        names |= _names_of_terminals()
    return names


def _names_of_terminals() -> dict[str, str]:
    """For those who may see «Mes terminaux»."""
    if not viewer().may(*ADMINISTER):
        return {}
    try:
        return {one["terminal_id"]: f"{TERMINAL} {one['name']}" for one in IdentityClient().terminals()["items"]}
    except (Refused, Unavailable):
        return {}


def operator_name(transaction: Any, names: dict[str, str]) -> str:
    """The person's name, or the terminal's («SmartTPE» where it can't be seen)."""
    if transaction.get("terminal_id"):
        return names.get(transaction["terminal_id"], TERMINAL)
    return names.get(transaction.get("operator_id") or "", "")


def operators_to_choose() -> list[tuple[str, str]]:
    """(value, label) for the filter «Opérateur», for those who may see delegates and terminals."""
    if not viewer().may(*ADMINISTER):
        return []
    try:
        client = IdentityClient()
        people, terminals = client.delegates()["items"], client.terminals()["items"]
    except (Refused, Unavailable):
        return []
    return [(f"person:{one['account_id']}", f"{one['first_name']} {one['last_name']}") for one in people] + [
        (f"terminal:{one['terminal_id']}", _("Terminal %(name)s", name=one["name"])) for one in terminals
    ]
