"""Who recorded a transaction, by name: persons and terminals of the viewer's structure."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from gateway.access import viewer
from gateway.clients.identity import IdentityClient
from gateway.people import names_of_accounts
from services.chassis.refusals import Refused, Unavailable

TERMINAL = "SmartTPE"


def names_of(transactions: Iterable[Any]) -> dict[str, str]:
    """{account id: name} of the operators of `transactions`; without the identity service, nobody."""
    return names_of_accounts(item.get("operator_id") for item in transactions)


def operator_name(transaction: Any, names: dict[str, str]) -> str:
    """The person's name, «SmartTPE» for a terminal."""
    if transaction.get("terminal_id"):
        return TERMINAL
    return names.get(transaction.get("operator_id") or "", "")


def operators_to_choose() -> list[tuple[str, str]]:
    """(value, label) for the filter «Opérateur», for those who may see delegates and terminals."""
    if not viewer().may("legal_representative", "manager"):
        return []
    try:
        client = IdentityClient()
        people, terminals = client.delegates()["items"], client.terminals()["items"]
    except (Refused, Unavailable):
        return []
    return [(f"person:{one['account_id']}", f"{one['first_name']} {one['last_name']}") for one in people] + [
        (f"terminal:{one['terminal_id']}", _("Terminal %(name)s", name=one["name"])) for one in terminals
    ]
