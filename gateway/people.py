"""Names of people behind account ids, asked of identity, the only service that knows them."""

from collections.abc import Iterable

from gateway.clients.identity import IdentityClient
from services.chassis.refusals import Refused, Unavailable


def names_of_accounts(account_ids: Iterable[str | None]) -> dict[str, str]:
    """{account id: «Prénom Nom»}; whoever the viewer may not see is left out, and everybody when identity is away."""
    wanted = sorted({account_id for account_id in account_ids if account_id})
    if not wanted:
        return {}
    try:
        found = IdentityClient().persons(wanted)
    except (Refused, Unavailable):
        return {}
    return {account_id: f"{name['first_name']} {name['last_name']}" for account_id, name in found.items()}
