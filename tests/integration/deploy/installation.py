"""Follows the install page: runs its commands in a folder instead of `/`, and plays systemd for its units."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from deploy.local import processes
from deploy.local.platform import ROOT, answers, tail
from deploy.local.waiting import wait_for
from services.chassis.config import SERVICES

PAGE = ROOT / "docs" / "install.md"
UNITS = ROOT / "deploy" / "systemd"
CONTAINERS = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text(encoding="utf-8"))["services"]
BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """The page's commands, in order: (what kind, text)."""
    return BLOCK.findall(PAGE.read_text(encoding="utf-8"))


class Machine:
    """A root folder in which the page's commands work; `replaced` are the page's example values and ours."""

    def __init__(self, root: Path, environment: Mapping[str, str], replaced: Mapping[str, str]):
        self.root, self.environment = root, dict(environment)
        self._replaced = {
            "/opt/pass-sports-loisirs/.venv/bin/python": sys.executable,
            ".venv/bin/python": sys.executable,
            "/opt/pass-sports-loisirs": str(ROOT),
            "/etc/psl": str(root / "etc" / "psl"),
            "sudo -u postgres ": "",
            **replaced,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def here(self, text: str) -> str:
        """A text of the page or of a unit, as it reads on this machine."""
        longest_first = sorted(self._replaced, key=len, reverse=True)
        return re.sub("|".join(map(re.escape, longest_first)), lambda found: self._replaced[found[0]], text)

    def run(self, commands: str) -> str:
        """One block of the page, in a shell that ends at the first failure."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(commands)],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, name: str, **more: str) -> None:
        """What systemd does with a unit, e.g. `psl@identity`: settings, credentials, ExecStart; waits for a oneshot."""
        prefix, at, instance = name.partition("@")
        lines = [line.replace("%i", instance).replace("%N", name) for line in self._unit(f"{prefix}{at}.service")]
        credentials = self.root / "run" / "credentials" / name
        credentials.mkdir(parents=True)
        for secret, _, source in (line.partition(":") for line in _values(lines, "LoadCredential")):
            (credentials / secret).write_bytes(Path(source).read_bytes())
        environment = {"PATH": os.environ["PATH"], "CREDENTIALS_DIRECTORY": str(credentials), **more}
        for source in _values(lines, "EnvironmentFile"):
            environment |= _settings(Path(source.removeprefix("-")))
        environment["PSL_KEYS"] = str(self._keys_of(instance or prefix.removeprefix("psl-")))
        (command,) = _values(lines, "ExecStart")
        log = self.root / "log" / f"{name}.log"
        child = processes.start(name, command.split(), self.root / "run", log, environment, cwd=ROOT)
        if "oneshot" in _values(lines, "Type"):
            assert child.wait(120) == 0, tail(log)
            return
        self._running[name] = child

    def _keys_of(self, process: str) -> Path:
        """A folder with the keys that the process's container sees, and no others: they suffice for all that is
        tested here."""
        folder = self.root / "run" / "keys" / process
        for volume in CONTAINERS[process]["volumes"]:
            source, _, rest = volume.partition(":/run/keys/")
            if rest:
                seen = folder / rest.removesuffix(":ro")
                seen.parent.mkdir(parents=True, exist_ok=True)
                seen.symlink_to(self.root / "etc" / "psl" / source.removeprefix("./secrets/"))
        return folder

    def _unit(self, file: str) -> list[str]:
        return self.here((UNITS / file).read_text(encoding="utf-8")).splitlines()

    def ready(self, url: str) -> None:
        """Until the address answers; a process that ended meanwhile fails the test with its log."""

        def probe() -> bool:
            ended = [name for name, child in self._running.items() if child.poll() is not None]
            assert not ended, "\n".join(tail(self.root / "log" / f"{name}.log") for name in ended)
            return answers(url)

        wait_for(probe, f"{url} answers", 90, every_s=0.3)

    def start_all(self, ports: Mapping[str, int]) -> None:
        """`systemctl enable --now psl.target`."""
        self.start("psl-migrate")
        for service in SERVICES:
            self.start(f"psl@{service}", PSL_HEALTH_PORT=str(ports[service]))
        for service in SERVICES:
            self.ready(f"http://127.0.0.1:{ports[service]}/readyz")
        self.start("psl-relay", PSL_HEALTH_PORT=str(ports["relay"]))
        self.start("psl-gateway", PSL_BIND=f"127.0.0.1:{ports['gateway']}")
        self.ready(f"http://127.0.0.1:{ports['gateway']}/readyz")

    def stop(self) -> None:
        for child in self._running.values():
            child.terminate()
        for child in self._running.values():
            processes.stop(child)


def _values(lines: list[str], name: str) -> list[str]:
    return [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]


def _settings(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    pairs = [line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return {name: value.strip('"') for name, value in pairs}
