"""Child processes told apart from strangers: a pid alone may have been given to somebody else since."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.waiting import TooLate, wait_for

GRACE_S = 12.0  # a process finishes what it has in hand within 10 s


def identity(pid: int) -> str | None:
    """What tells this process from another one with the same pid: the machine's boot and the start time."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state == "Z" else f"{boot} {rest[18]}"


class PidFile:
    """`<process>.pid` holds the number for everybody; `<process>.started` says whose it was."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._pid = folder / f"{name}.pid"
        self._started = folder / f"{name}.started"

    def write(self, pid: int) -> None:
        self._pid.parent.mkdir(parents=True, exist_ok=True)
        self._started.write_text(identity(pid) or "", encoding="ascii")
        self._pid.write_text(f"{pid}\n", encoding="ascii")

    def live_pid(self) -> int | None:
        """The pid, if that very process still runs."""
        try:
            pid = int(self._pid.read_text(encoding="ascii"))
            started = self._started.read_text(encoding="ascii")
        except (FileNotFoundError, ValueError):
            return None
        return pid if started and identity(pid) == started else None

    def remove(self) -> None:
        self._pid.unlink(missing_ok=True)
        self._started.unlink(missing_ok=True)


def start(
    name: str,
    command: Sequence[str],
    run_folder: Path,
    log: Path,
    env: Mapping[str, str],
    *,
    user: str | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start one child in a session of its own (Ctrl-C reaches the runner only) and note its pid."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(command),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=cwd,
            user=user,
            group=group_of(user) if user else None,
            extra_groups=[] if user else None,
        )
    PidFile(run_folder, name).write(child.pid)
    return child


def group_of(user: str) -> int:
    """The user's own group: a process that keeps root's is judged by the group's rights on each folder."""
    import pwd

    return pwd.getpwnam(user).pw_gid


def stop(child: subprocess.Popen[bytes], *, sign: int = signal.SIGTERM, grace_s: float = GRACE_S) -> None:
    """Ask, wait, then kill the whole session of the child."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(grace_s)
    kill_session(child.pid)
    child.wait(5)


def kill_session(pid: int) -> None:
    """Kill what is left of a session that we started (the leader's pid is the process group's)."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def end_leftover(pid_file: PidFile, *, grace_s: float = GRACE_S, sign: int = signal.SIGTERM) -> bool:
    """End the process of a killed earlier run, never a stranger. True if there was one."""
    pid = pid_file.live_pid()
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        with contextlib.suppress(TooLate):
            wait_for(lambda: identity(pid) is None, f"{pid_file.name} ends", grace_s)
        if pid_file.live_pid() is not None:
            kill_session(pid)
            wait_for(lambda: identity(pid) is None, f"{pid_file.name} is gone", 5)
    pid_file.remove()
    return pid is not None


def end_leftovers(run_folder: Path, *, last: Sequence[str] = ()) -> list[str]:
    """End everything that an earlier run left in this folder; the names in `last` go last."""
    names = sorted(path.stem for path in run_folder.glob("*.pid"))
    ordered = [name for name in names if name not in last] + [name for name in last if name in names]
    return [name for name in ordered if end_leftover(PidFile(run_folder, name))]
