"""Where the processes of tests' platforms are born: a Python that has loaded the libraries forks one for each.

A platform is seven processes, and most of a start goes into importing the same libraries; a run of all tests
starts more than two hundred. Here they are imported once for each kind of process: with eventlet's green threads, or
without. What runs is what the command says, as ``python -m`` runs it, with its own session, environment and log; only
the loading is shared. What isn't known here is started in full, and so is all where nobody has opened the nursery: the
benchmark and the fault campaign (`python -m tests.chaos`) start as an operator does.

The forked process is its starter's own child (the one in between ends at once, and who asks is made the parent of
orphans for that moment): its end is seen, and its status read, as for any other.

    python -m tests.nursery green     # answers each request, a line of JSON, with a process id; for `Nursery` only
"""

import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deploy.local import processes
from services.chassis import config, faults
from services.chassis.config import SERVICES

ROOT = Path(__file__).resolve().parent.parent
KINDS = {
    "green": ("services.chassis.run", *(f"services.{name}.service" for name in SERVICES)),
    "plain": ("services.chassis.relay", "gunicorn.app.wsgiapp", "gateway.worker", "gateway.app"),
}
"""What each kind loads; the order counts: the green one patches first."""
KIND_OF = {"services.chassis.run": "green", "services.chassis.relay": "plain", "gunicorn": "plain"}
"""Which kind is the mother of which module's processes, which run it as __main__, and once."""
READ_THEIR_SURROUNDINGS = ("gateway", "services", "prometheus_client")
"""Forgotten once what they import is there: a gateway's counters are files in the folder that its environment names
when they are imported, so each process imports them for itself (a tenth of a second)."""
_SET_CHILD_SUBREAPER = 36
_opened = False
_waitpid, _read, _write = os.waitpid, os.read, os.write  # not the green ones, which would make a hub for all children


class Child:
    """A forked process, as far as `deploy.local.processes` and tests deal with one: like `subprocess.Popen`."""

    def __init__(self, pid: int, command: Sequence[str]):
        self.pid, self.args = pid, list(command)
        self.returncode: int | None = None
        self._looking = threading.Lock()

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        with self._looking:
            if self.returncode is None:
                ended, status = os.waitpid(self.pid, os.WNOHANG)
                if ended:
                    self.returncode = os.waitstatus_to_exitcode(status)
            return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; returns the exit status. Raises subprocess.TimeoutExpired."""
        if self.poll() is None:
            watched = os.pidfd_open(self.pid)
            try:
                select.select([watched], [], [], timeout)
            finally:
                os.close(watched)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return status

    def send_signal(self, sign: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sign)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nursery:
    """One kind's mother process; it ends with the process that asks."""

    def __init__(self, kind: str):
        command = [sys.executable, "-m", "tests.nursery", kind]
        self._mother = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._one_at_a_time = threading.Lock()

    def start(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> Child:
        """Fork a process that runs ``python -m MODULE ARGUMENTS``. Raises RuntimeError if the mother has ended."""
        request = {"arguments": list(command[2:]), "log": str(log), "environment": dict(environment)}
        with self._one_at_a_time:
            _adopt_orphans(True)
            try:
                answer = self._ask(request)
            finally:
                _adopt_orphans(False)
        return Child(int(answer), command)

    def _ask(self, request: dict[str, Any]) -> bytes:
        assert self._mother.stdin and self._mother.stdout
        self._mother.stdin.write(json.dumps(request).encode() + b"\n")
        self._mother.stdin.flush()
        answer = self._mother.stdout.readline()
        if not answer:
            raise RuntimeError(f"the mother process ended with {self._mother.wait(5)}")
        return answer


def _adopt_orphans(whether: bool) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, int(whether), 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@cache
def _nursery(kind: str) -> Nursery:
    return Nursery(kind)


def open_here() -> None:
    """From now on this process's platforms are forked."""
    global _opened
    _opened = True


def start(name: str, command: Sequence[str], run_folder: Path, log: Path, environment: Mapping[str, str]) -> Any:
    """Start a process of a platform and note its pid, as `deploy.local.processes.start` does."""
    kind = KIND_OF.get(command[2]) if list(command[:2]) == [sys.executable, "-m"] else None
    if kind is None or not _opened:
        return processes.start(name, command, run_folder, log, environment, cwd=ROOT)
    log.parent.mkdir(parents=True, exist_ok=True)
    child = _nursery(kind).start(command, log, environment)
    processes.PidFile(run_folder, name).write(child.pid)
    return child


def _load(kind: str) -> None:
    for module in KINDS[kind]:
        importlib.import_module(module)
    for module in list(sys.modules):
        if module in KIND_OF or (kind == "plain" and module.partition(".")[0] in READ_THEIR_SURROUNDINGS):
            del sys.modules[module]
    if config.settings.cache_info().currsize:
        raise RuntimeError("a module reads the settings when it is imported: forked processes would share them")
    gc.collect()
    gc.freeze()  # what all share isn't looked at again, and so isn't copied


def _attend() -> dict[str, Any] | None:
    """Fork a process for each request. Returns the request in the forked process, and None at the end."""
    for line in sys.stdin.buffer:
        request: dict[str, Any] = json.loads(line)
        if _forked():
            return request
    return None


def _forked() -> bool:
    """True in the new process, whose parent is the mother's; False in the mother, which has told its number."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.close(writing)
            return True
        _write(writing, b"%d\n" % child)
        os._exit(0)
    _waitpid(between, 0)  # from here on the child is an orphan, and its starter's
    _write(1, _read(reading, 32))
    os.close(reading)
    os.close(writing)
    return False


def _become(kind: str, request: dict[str, Any]) -> None:
    """Leave all that is the mother's, and run the module."""
    if kind == "green":  # the mother's hub has nothing to do yet, but its epoll descriptor would be everybody's
        importlib.import_module("eventlet.hubs").use_hub()
    os.setsid()
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(request["environment"])
    if kind == "green" and "PSL_FAULTS" in os.environ:  # the other kind imports it anew
        importlib.reload(faults)
    module, *arguments = request["arguments"]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _load(sys.argv[1])
    wanted = _attend()
    if wanted is not None:
        _become(sys.argv[1], wanted)
