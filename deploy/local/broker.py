"""A private RabbitMQ node from Debian's package, under var/, with its own ports, cookie and port mapper."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from deploy.local import processes, secret
from deploy.local.ports import HOST, Ports
from deploy.local.waiting import accepts_connections, wait_for

BIN = Path("/usr/lib/rabbitmq/bin")
USER = "psl"

# Why each line: loopback only; quorum queues preallocate a log per node (512 MB by default, too much
# for a laptop); memory is watched in absolute terms, for several nodes may share the machine; a node that
# is cut off is noticed after eight to ten seconds instead of a minute.
CONFIG = """\
listeners.tcp.1 = {host}:{amqp}
default_vhost = /
default_user = {user}
default_pass = {password}
loopback_users = none
log.file.level = warning
vm_memory_high_watermark.absolute = 1GB
disk_free_limit.absolute = 200MB
raft.wal_max_size_bytes = 67108864
cluster_partition_handling = pause_minority
net_ticktime = 8
"""
# An event that returns from a retry queue while its own queue has no leader yet (a broker that restarts) is handed over
# again after this time; the default is three minutes.
HANDED_OVER_AGAIN_MS = 5000
ADVANCED = "[{ra, [{wal_sync_method, %s}]}, {rabbit, [{dead_letter_worker_publisher_confirm_timeout, %d}]}].\n"


class BrokerRefused(Exception):
    """A rabbitmqctl command failed; the message holds what it printed."""


@dataclass
class Broker:
    """One node. `index` > 0 are further nodes of the same run's cluster (they join node 0)."""

    var: Path
    ports: Ports
    index: int = 0
    durable: bool = True
    host: str = HOST
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _port_mapper: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.var = self.var.resolve()
        self.amqp, self.distribution = self.ports.broker_node(self.index)
        self.name = "broker" if self.index == 0 else f"broker-{self.index + 1}"
        self.node = f"psl{self.ports.gateway}n{self.index}@localhost"
        self.home = self.var / "broker"
        self.folder = self.home / f"node{self.index}"
        self.run_folder = self.var / "run"
        self.user, self.password = USER, secret.password(self.var, "broker")

    def uri(self, vhost: str = "/") -> str:
        """The AMQP address of one virtual host of this node."""
        return f"amqp://{self.user}:{self.password}@{self.host}:{self.amqp}/{'' if vhost == '/' else vhost}"

    def environment(self) -> dict[str, str]:
        """What rabbitmq-server and rabbitmqctl need to mean this node and no other."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": self.host,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_NODENAME": self.node,
            "RABBITMQ_NODE_PORT": str(self.amqp),
            "RABBITMQ_NODE_IP_ADDRESS": self.host,
            "RABBITMQ_DIST_PORT": str(self.distribution),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "node.pid"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.folder / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_SERVER_START_ARGS": "-start_epmd false",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            "RABBITMQ_CTL_ERL_ARGS": "-start_epmd false",
        }

    def start(self) -> None:
        """Start the port mapper and the node; return when the node answers."""
        self._write_configuration()
        self._start_port_mapper()
        self._child = processes.start(
            self.name,
            self.command(str(BIN / "rabbitmq-server")),
            self.run_folder,
            self.var / "log" / f"{self.name}.log",
            self.environment(),
            cwd=self.home,
        )
        wait_for(self._listens, f"the broker node {self.node} listens on {self.amqp}", 60)

    def command(self, *words: str) -> list[str]:
        """How a program of this node is started."""
        return list(words)

    def _listens(self) -> bool:
        if self._child and self._child.poll() is not None:
            raise BrokerRefused(f"the broker ended while starting; see {self.var}/log/{self.name}.log")
        return accepts_connections(self.host, self.amqp)

    def _write_configuration(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(host=self.host, amqp=self.amqp, user=self.user, password=self.password)
        (self.folder / "rabbitmq.conf").write_text(config, encoding="ascii")
        (self.folder / "rabbitmq.conf").chmod(0o600)
        sync = "datasync" if self.durable else "none"
        (self.folder / "advanced.config").write_text(ADVANCED % (sync, HANDED_OVER_AGAIN_MS), encoding="ascii")
        (self.folder / "enabled_plugins").write_text("[].\n", encoding="ascii")
        cookie = self.home / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secret.password(self.var, "cookie").upper(), encoding="ascii")
            cookie.chmod(0o400)

    def _start_port_mapper(self) -> None:
        """epmd in the foreground, as our child: `-daemon` would outlive us."""
        if accepts_connections(HOST, self.ports.epmd):
            return
        command = ["epmd", "-port", str(self.ports.epmd), "-address", HOST]
        log = self.var / "log" / "epmd.log"
        self._port_mapper = processes.start("epmd", command, self.run_folder, log, self.environment())
        wait_for(lambda: accepts_connections(HOST, self.ports.epmd), "epmd listens", 10)

    def join(self, first: "Broker") -> None:
        """Make this node a member of the first node's cluster."""
        self.control("stop_app")
        self.control("join_cluster", first.node)
        self.control("start_app")

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node and return what it printed."""
        done = subprocess.run(
            self.command(str(BIN / "rabbitmqctl"), "--quiet", "-n", self.node, *arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
            cwd=self.home,
        )
        if done.returncode != 0:
            said = done.stderr.strip() or done.stdout.strip()
            raise BrokerRefused(f"rabbitmqctl {' '.join(arguments)}: {said}")
        return done.stdout

    def add_vhost(self, vhost: str) -> None:
        """Make a virtual host of its own, for one platform among several on this node."""
        self._evaluate(making_vhost(vhost, self.user))

    def give_accounts(self, rights: Mapping[str, Sequence[str]], vhost: str = "/") -> None:
        """Make (anew) one account for each name, with its password of this run and its three rights."""
        steps = []
        for account, allowed in rights.items():
            user, password = self._account(account)
            texts = ", ".join(f"<<{json.dumps(each)}>>" for each in allowed)
            steps += [
                f'catch rabbit_auth_backend_internal:add_user(<<"{user}">>, <<"{password}">>, <<"deploy">>)',
                f'rabbit_auth_backend_internal:change_password(<<"{user}">>, <<"{password}">>, <<"deploy">>)',
                f'rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"{vhost}">>, {texts}, <<"deploy">>)',
            ]
        self._evaluate(", ".join(steps) + ".")

    def _account(self, name: str) -> tuple[str, str]:
        return f"{USER}-{name}", secret.password(self.var, f"broker-{name}")

    def account_uri(self, name: str) -> str:
        """The AMQP address of this node for one of the accounts."""
        user, password = self._account(name)
        return f"amqp://{user}:{password}@{HOST}:{self.amqp}/"

    def drop_vhost(self, vhost: str) -> None:
        self._evaluate(dropping_vhost(vhost))

    def _evaluate(self, expression: str) -> None:
        evaluate(self.node, self.environment(), expression)

    def stop(self) -> None:
        """Stop the node, then the port mapper; SIGTERM is RabbitMQ's orderly stop."""
        leftover = processes.PidFile(self.run_folder, self.name)
        if self._child:
            processes.stop(self._child, grace_s=30)
            self._child = None
        processes.end_leftover(leftover, grace_s=30)
        if self._port_mapper:
            processes.stop(self._port_mapper, grace_s=2)
            self._port_mapper = None
        if self.index == 0:
            processes.end_leftover(processes.PidFile(self.run_folder, "epmd"), grace_s=2)

    def kill(self) -> None:
        """What a power cut would do (for the fault campaign)."""
        if self._child:
            processes.kill_session(self._child.pid)
            self._child.wait(10)

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None


def making_vhost(vhost: str, user: str) -> str:
    """In Erlang: a virtual host in which the user may do everything."""
    return (
        f'rabbit_vhost:add(<<"{vhost}">>, <<"{user}">>), '
        f'rabbit_auth_backend_internal:set_permissions(<<"{user}">>, <<"{vhost}">>, '
        '<<".*">>, <<".*">>, <<".*">>, <<"deploy">>).'
    )


def dropping_vhost(vhost: str) -> str:
    """In Erlang: the virtual host goes, with all that is in it."""
    return f'rabbit_vhost:delete(<<"{vhost}">>, <<"deploy">>).'


def evaluate(node: str, environment: Mapping[str, str], expression: str) -> None:
    """Have the node evaluate Erlang. Raises BrokerRefused.

    Erlang's own caller needs 0.03 s for it; rabbitmqctl, for where that is missing, 0.7 s. Several callers at once need
    names of their own (what `-r` draws isn't)."""
    caller = Path(shutil.which("erl") or "erl").resolve().with_name("erl_call")
    if caller.exists():
        name = f"psl{uuid4().hex}"
        kind = "-name" if environment.get("RABBITMQ_USE_LONGNAME") else "-sname"
        command, said = [str(caller), "-h", name, kind, node, "-timeout", "90", "-e"], expression + "\n"
    else:
        command, said = [str(BIN / "rabbitmqctl"), "--quiet", "-n", node, "eval", expression], ""
    done = subprocess.run(
        command, input=said, env=dict(environment), cwd=environment["HOME"], capture_output=True, text=True, timeout=90,
        check=False,
    )  # fmt: skip
    if done.returncode != 0 or done.stdout.startswith("{error"):
        raise BrokerRefused(f"{expression}: {done.stderr.strip()}{done.stdout.strip()}")


def installed() -> bool:
    """Whether Debian's RabbitMQ is on this machine."""
    return (BIN / "rabbitmq-server").exists()


def taken(ports: Sequence[int]) -> list[int]:
    """Those of the ports that somebody already listens on."""
    busy = []
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                busy.append(port)
    return busy
