"""Terminals scan and cancel over the public API."""

import random
import threading
from typing import Any

from services.chassis.ids import new_id
from services.chassis.vault import Vault
from services.identity.handlers import announcements
from services.payouts.handlers import partners as payout_partners
from tests.chaos.ground import Ground
from tests.factories import transactions as make

IBAN, OTHER_IBAN = "FR7630006000011234567890189", "FR1420041010050500013M02606"
CLUBS, TERMINALS = 3, 6
CANCEL_ONE_IN = 6


class Desk:
    """Three clubs with two terminals each, and passes of 100 euros."""

    def __init__(self, ground: Ground, passes: int):
        self._ground = ground
        self.clubs = [self._club(number) for number in range(CLUBS)]
        self._passes = make.issue(ground.databases["transactions"], passes)
        self._terminals = [ground.pair(self.clubs[number % CLUBS].structure_id)[1] for number in range(TERMINALS)]
        self.accepted: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.unclear: set[str] = set()
        self._lock = threading.Lock()
        self._dice = random.SystemRandom()

    def _club(self, number: int) -> make.Club:
        """A partner whom every service that matters here has heard of."""
        databases = self._ground.databases
        club = make.club(databases["transactions"], name=f"Club {number}")
        with databases["identity"].unit_of_work() as uow:
            announcements.on_structure_updated(uow, uow.now, club.structure_id, f"Club {number}", f"93-00000{number}")
        with databases["payouts"].unit_of_work() as uow:
            payout_partners.on_structure_updated(
                uow,
                uow.now,
                structure_id=club.structure_id,
                name=f"Club {number}",
                partner_number=f"93-00000{number}",
                commune_name="Bobigny",
                activities=["judo"],
            )
        self.bank_account(club.structure_id, IBAN, version=1)
        return club

    def bank_account(self, structure_id: str, iban: str, *, version: int) -> None:
        """A verified account, as partners would announce it."""
        bank_account_id = new_id()
        sealed = Vault("transport").seal(iban, table="bank_account", column="iban", row_id=bank_account_id)
        with self._ground.databases["payouts"].unit_of_work() as uow:
            payout_partners.on_bank_account_verified(
                uow,
                structure_id=structure_id,
                bank_account_id=bank_account_id,
                version=version,
                iban_sealed=sealed,
                iban_masked=f"FR•• {iban[-3:]}",
                bic=None,
                holder="Club",
                in_force_at=uow.now,
            )

    def request(self, worker: int, number: int) -> bool:
        """One scan, sometimes cancelled at once."""
        token, key = self._terminals[worker % TERMINALS], f"scan-{worker}-{number}-{new_id()[-6:]}"
        shown, amount = self._dice.choice(self._passes), self._dice.randrange(100, 600)
        body = {"qr": shown["qr"], "amount_cents": amount, "confirm_duplicate": True}
        status, answer = self._ground.until_judged("/transactions", body, token, key)
        if status != 201:
            return False
        with self._lock:
            self.accepted[answer["number"]] = amount
        if self._dice.randrange(CANCEL_ONE_IN) == 0:
            self._cancel(answer["number"], token)
        return True

    def _cancel(self, number: str, token: str) -> None:
        path = f"/transactions/{number}/cancel"
        status, answer = self._ground.until_judged(path, {}, token, f"cancel-{number}")
        done = status == 200 or answer.get("code") == "already_cancelled"
        with self._lock:
            (self.cancelled if done else self.unclear).add(number)

    def told(self) -> dict[str, Any]:
        return {"scans": len(self.accepted), "cancelled": len(self.cancelled)}
