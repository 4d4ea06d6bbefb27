"""What may befall a platform besides the death of a process: to its broker, its database, its network and its disks.

Each trouble strikes, is measured until the platform accepts requests again, and is relieved. With ``survivable`` the
platform must be back *before* it is relieved: a node of a cluster may stay away.
"""

import os
import random
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from deploy.local import processes
from deploy.local.broker import Broker
from deploy.local.postgres import Postgres
from deploy.local.waiting import wait_for
from tests.chaos.stage import Stage
from tests.platform import Process

_pause = threading.Event()
CUT = "[exit(Pid, kill) || Pid <- rabbit_networking:connections()], length(rabbit_networking:connections())."
ALARM, CALM = "set_disk_free_limit", "200MB"


@dataclass(frozen=True)
class Trouble:
    """``strike`` and ``relieve`` return when it is done."""

    name: str
    strike: Callable[[], None]
    relieve: Callable[[], None] = lambda: None
    survivable: bool = False


def slow(victims: Sequence[Process], dice: random.Random) -> Trouble:
    """A process stands still for longer than its callers wait, then goes on as if nothing had been."""

    def strike() -> None:
        pid = dice.choice(list(victims)).pid
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGSTOP)
        _pause.wait(dice.uniform(2.6, 4.0))
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGCONT)

    return Trouble("slow answers", strike)


def connections_cut(broker: Broker) -> Trouble:
    """Every connection of a node ends without a goodbye."""
    return Trouble("connections cut", lambda: _told(broker, "eval", CUT))


def broker_stopped(broker: Broker) -> Trouble:
    return Trouble(f"{broker.name} stopped", broker.stop, broker.start)


def broker_killed(broker: Broker) -> Trouble:
    return Trouble(f"{broker.name} killed", broker.kill, broker.start)


def node_killed(broker: Broker) -> Trouble:
    """A node of a cluster dies and stays away until the platform is back without it."""
    return Trouble(f"node {broker.index} killed", broker.kill, broker.start, survivable=True)


def broker_disk_full(broker: Broker) -> Trouble:
    """The node believes its disk full and takes no message in, for some seconds."""

    def strike() -> None:
        _told(broker, ALARM, "900000GB")
        _pause.wait(3)

    return Trouble("broker's disk full", strike, lambda: _told(broker, ALARM, CALM))


def _told(broker: Broker, *words: str) -> None:
    broker.control(*words)


def postgres_restarted(postgres: Postgres) -> Trouble:
    return Trouble("PostgreSQL restarted", postgres.stop, postgres.start)


def postgres_crashed(postgres: Postgres) -> Trouble:
    """SIGQUIT: all sessions end at once, nothing is written; the next start recovers from the log."""

    def strike() -> None:
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGQUIT)
        wait_for(lambda: not postgres.alive, "PostgreSQL is gone", 30)

    return Trouble("PostgreSQL crashed", strike, postgres.start)


def postgres_disk_full(postgres: Postgres, disk: Path) -> Trouble:
    """The disk under the database is filled to the last byte for some seconds."""
    ballast = disk / "ballast"

    def strike() -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1 << 20))
        with ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(512))
        _pause.wait(4)

    def relieve() -> None:
        ballast.unlink()
        if not _answers(postgres):
            processes.end_leftover(processes.PidFile(postgres.run_folder, postgres.name), sign=signal.SIGQUIT)
            postgres.start()

    return Trouble("PostgreSQL's disk full", strike, relieve)


def _answers(postgres: Postgres) -> bool:
    """Whether it recovers by itself within ten seconds; a full disk may have ended it."""

    def tried() -> bool:
        if not postgres.alive:
            return True
        try:
            postgres.connect().close()
        except psycopg2.Error:
            return False
        return True

    with suppress(Exception):
        wait_for(tried, "PostgreSQL answers or is gone", 10)
    return postgres.alive


def of_single_broker(stage: Stage, victims: Sequence[Process], dice: random.Random) -> list[Trouble]:
    """Everything that can be done to this stage."""
    broker, postgres = stage.brokers[0], stage.postgres
    made = [
        connections_cut(broker),
        slow(victims, dice),
        broker_killed(broker),
        postgres_crashed(postgres),
        broker_disk_full(broker),
        broker_stopped(broker),
        postgres_restarted(postgres),
    ]
    if stage.disk:
        made.append(postgres_disk_full(postgres, stage.disk))
    return made


def of_cluster(stage: Stage, victims: Sequence[Process], dice: random.Random) -> list[Trouble]:
    """One node after the other, and the lines between."""
    return [*(node_killed(broker) for broker in stage.brokers), connections_cut(stage.brokers[0]), slow(victims, dice)]
