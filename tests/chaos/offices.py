"""The other three services at work: terminals are revoked (identity), establishments renamed (partners), conventions
counter-signed and refused (conventions)."""

import random
import threading
from collections import Counter, deque

from deploy.local.waiting import wait_for
from services.chassis.refusals import Refused, Unavailable
from services.identity.handlers import announcements
from tests.chaos.ground import PATIENCE_S, Ground
from tests.integration.conventions.world import ORIGIN, World
from tests.integration.partners import life_factories

SIGNED = 4
"""Conventions that wait for the Caf's signature; each costs the rendering of a PDF."""
PLACE = {"address_line1": "1 rue du Stade", "postcode": "93000", "commune_name": "Bobigny"}


class Offices:
    """Per worker one structure of partners; conventions as many as are asked for."""

    def __init__(self, ground: Ground, *, workers: int, conventions: int):
        self._ground = ground
        self._dice = random.SystemRandom()
        self._lock = threading.Lock()
        partners = ground.databases["partners"]
        self.structures = [life_factories.structure(partners, f"Association {n}") for n in range(workers)]
        with ground.databases["identity"].unit_of_work() as uow:
            for number, structure_id in enumerate(self.structures):
                name = f"Association {number}"
                announcements.on_structure_updated(uow, uow.now, structure_id, name, f"93-00001{number}")
        self.renames: Counter[str] = Counter()
        self._versions: dict[str, tuple[str, int]] = {}
        self._agent = ground.token("agent", "signatory", "instructor")
        world = World(ground.databases["conventions"])
        world.partners.structure["name"] = "Association"
        self._to_sign = [self._signed(world) for _ in range(SIGNED)]
        self._jobs: deque[tuple[str, str]] = deque()
        """Conventions whose job has been started, and which."""
        self._to_refuse = [world.club(name=f"Refusée {n}").convention_id for n in range(conventions)]
        self.revoked: set[str] = set()
        self.countersigned: set[str] = set()
        self.refused: set[str] = set()

    def _signed(self, world: World) -> str:
        """Of a structure that partners knows: it hears of the signature."""
        structure_id = life_factories.structure(self._ground.databases["partners"], "Signataire", active=False)
        return world.club(approved=True, structure_id=structure_id).sign().convention_id

    def request(self, worker: int) -> bool:
        """One thing that offices do; True if it was accepted."""
        try:
            return self._dice.choice((self._revoke, self._rename, self._rename, self._convention))(worker)
        except (Refused, Unavailable):
            return False

    def _revoke(self, worker: int) -> bool:
        structure_id = self.structures[worker]
        terminal_id, _ = self._ground.pair(structure_id)
        token = self._ground.token("legal_representative", structure_id=structure_id)
        arguments = {"terminal_id": terminal_id}
        if not self._ground.done("identity", "revoke_terminal", arguments, token, already="terminal_unknown"):
            return False
        with self._lock:
            self.revoked.add(terminal_id)
        return True

    def _rename(self, worker: int) -> bool:
        """Save with the version that was read: after an unanswered attempt, «stale» tells that it went through."""
        structure_id = self.structures[worker]
        token = self._ground.token("manager", structure_id=structure_id)
        place_id, version = self._versions.get(structure_id) or self._seat(structure_id, token)
        arguments = {**PLACE, "establishment_id": place_id, "version": version, "name": f"Siège {version + 1}"}
        done = self._ground.done("partners", "save_establishment", arguments, token, already="stale_version")
        if done:
            self._versions[structure_id] = (place_id, version + 1)
            self.renames[structure_id] += 1
        return done

    def _seat(self, structure_id: str, token: str) -> tuple[str, int]:
        places = self._ground.insist("partners", "own_establishments", {}, token)["items"]
        return str(places[0]["establishment_id"]), int(places[0]["version"])

    def _convention(self, worker: int) -> bool:
        """Read the report of a job, or have another convention decided."""
        with self._lock:
            reads = self._jobs and (self._dice.randrange(2) or not self._to_refuse)
            job = self._jobs.popleft() if reads else None
        if job:
            return self._read_report(*job)
        with self._lock:
            signs = bool(self._to_sign) and self._dice.randrange(3) == 0
            waiting = self._to_sign if signs or not self._to_refuse else self._to_refuse
            if not waiting:
                return False
            convention_id = waiting.pop()
        return self._countersign(convention_id) if waiting is self._to_sign else self._refuse(convention_id)

    def _refuse(self, convention_id: str) -> bool:
        arguments = {"convention_id": convention_id, "reason": "Dossier incomplet"}
        done = self._ground.done(
            "conventions", "refuse_convention", arguments, self._agent, already="transition_refused"
        )
        if done:
            self.refused.add(convention_id)
        return done

    def _countersign(self, convention_id: str) -> bool:
        """Start a job of one convention, worked off by whoever has time. It is done when its report says so, which is
        read later: nobody stands waiting for it."""
        arguments = {"convention_ids": [convention_id], **ORIGIN}
        job = self._ground.insist("conventions", "countersign", arguments, self._agent)
        self._jobs.append((convention_id, job["job_id"]))
        return False

    def _read_report(self, convention_id: str, job_id: str) -> bool:
        """Whether it is signed. What is told to have failed is started again: a second job finds it signed."""
        told = self._ground.insist("conventions", "countersigning", {"job_id": job_id}, self._agent)
        if not told["finished_at"]:
            self._jobs.append((convention_id, job_id))
            return False
        if told["items"][0]["state"] not in ("signed", "already_signed"):
            return self._countersign(convention_id)
        self.countersigned.add(convention_id)
        return True

    def read_reports(self) -> None:
        """Those that are left when the day ends. Raises TooLate if a job never finishes."""

        def read() -> bool:
            for _ in range(len(self._jobs)):
                self._read_report(*self._jobs.popleft())
            return not self._jobs

        wait_for(read, "every job of counter-signing is finished", PATIENCE_S, every_s=0.3)

    @property
    def accepted(self) -> int:
        return len(self.revoked) + self.renames.total() + len(self.refused) + len(self.countersigned)
