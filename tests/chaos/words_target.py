"""The chassis under fire: a small service of one table (the one of the chassis' own tests) with everything that the
chassis promises, killed from outside and, at every named point, by itself."""

import sys
import threading
from collections import Counter
from collections.abc import Sequence

from services.chassis import actor
from services.chassis.faults import POINTS
from services.chassis.refusals import Refused, Unavailable
from tests.chaos.campaign import Tally
from tests.platform import Platform, Process

MODULE = "tests.integration.chassis.echo.service"
TABLES = (
    "CREATE TABLE words (word text PRIMARY KEY); CREATE TABLE heard (word text); GRANT ALL ON words, heard TO PUBLIC"
)
SERVICE_FAULTS = ",".join(f"{name}=0.004" for name in POINTS if not name.startswith(("relay", "finance")))
RELAY_FAULTS = ",".join(f"{name}=0.01" for name in POINTS if name.startswith("relay"))


class WordsTarget:
    """Each request says a new word; a well-behaved client repeats it until it is answered, and "said already" counts
    as said."""

    def __init__(self, platform: Platform):
        self._platform = platform
        platform.use(["echo"])
        self._connection = platform.connect("echo")
        self._connection.cursor().execute(TABLES)
        run = [sys.executable, "-m", "services.chassis.run", MODULE]
        relay = [sys.executable, "-m", "services.chassis.relay", "echo"]
        self._victims = [
            platform.add("echo", run, faults=SERVICE_FAULTS),
            platform.add("echo-2", run, faults=SERVICE_FAULTS),
            platform.add("relay", relay, faults=RELAY_FAULTS),
        ]
        for victim in self._victims:
            victim.wait_ready()
        self._token, _ = actor.issue(["manager"], issuer="identity", account_id="a-1", lifetime_s=3600)
        self._accepted: set[str] = set()
        self._lock = threading.Lock()

    @property
    def victims(self) -> Sequence[Process]:
        return self._victims

    def request(self, worker: int, number: int) -> bool:
        word = f"{worker}-{number}"
        for _ in range(30):
            try:
                arguments = {"speaker": str(worker), "word": word}
                self._platform.bus.call("echo", "say_once", arguments, token=self._token, deadline_s=1.5)
            except (Unavailable, Refused):
                continue
            with self._lock:
                self._accepted.add(word)
            return True
        return False

    def _column(self, sql: str) -> list[str]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()]

    def closing(self) -> None:
        """Nothing follows."""

    def settled(self) -> bool:
        """The broker's counts are some seconds old: whether all was heard, the table tells."""
        unsent = self._column("SELECT id FROM outbox WHERE sent_at IS NULL")
        unheard = self._column("SELECT word FROM words EXCEPT SELECT word FROM heard")
        return not unsent and not unheard and not any(self._platform.queues().values())

    def waiting(self) -> str:
        return str({name: count for name, count in self._platform.queues().items() if count})

    def tally(self) -> Tally:
        stored, heard = set(self._column("SELECT word FROM words")), Counter(self._column("SELECT word FROM heard"))
        lost = sum(1 for word in self._accepted if word not in stored or not heard[word])
        duplicated = sum(1 for count in heard.values() if count > 1)
        invented = set(heard) - stored
        remarks = (f"{len(invented)} heard that were never stored",) if invented else ()
        return Tally(len(self._accepted), lost, duplicated, remarks)
