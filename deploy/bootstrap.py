"""Make a fresh clone ready to run: `python3 deploy/bootstrap.py run|test`. Standard library only.

Nothing is installed yet when this runs. Each step is done once, and again only when what it depends on
changed, so that a second `make run` starts at once.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OLDEST_PYTHON = (3, 11)
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NotReady(Exception):
    """Somebody has to do something first; the message is what to tell them."""


def main(arguments: Sequence[str]) -> int:
    purpose = arguments[0] if arguments else "run"
    if purpose not in (*LOCKS, "front-end"):
        print("usage: python3 deploy/bootstrap.py run|test|front-end", file=sys.stderr)
        return 2
    try:
        check_python()
        if purpose in LOCKS:
            install_system_packages(missing_packages(purpose))
            create_environment()
            install_python_packages(purpose)
        install_front_end()
    except NotReady as reason:
        print(reason, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"failed: {' '.join(map(str, failure.cmd))}", file=sys.stderr)
        return 1
    return 0


def check_python() -> None:
    if sys.version_info < OLDEST_PYTHON:
        raise NotReady(f"Python 3.11 or newer is needed; this is {sys.version_info.major}.{sys.version_info.minor}")


def missing_packages(purpose: str) -> list[str]:
    """The system packages to install: the broker, a browser for the tests, venv where Debian split it off."""
    missing = []
    if not Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        missing.append("rabbitmq-server")
    if purpose == "test" and not (os.environ.get("PSL_CHROMIUM") or any(map(shutil.which, CHROMIUM))):
        missing.append("chromium")
    if not (VENV / "bin" / "python").exists() and find_spec("ensurepip") is None:
        missing.append(f"python3.{sys.version_info.minor}-venv")
    return missing


def install_system_packages(packages: Sequence[str]) -> None:
    """As root, or with sudo; else say which one line an administrator must run."""
    if not packages:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    line = f"apt-get update && {' '.join(install)}"
    rights = _rights()
    if rights is None or not shutil.which("apt-get"):
        raise NotReady(f"Missing on this machine: {', '.join(packages)}. An administrator must run:\n\n  {line}\n")
    say(f"installing {', '.join(packages)}")
    environment = [*rights, "env", "DEBIAN_FRONTEND=noninteractive"]
    subprocess.run([*environment, "apt-get", "update", "-qq"], check=True)
    subprocess.run([*environment, *install, "-qq"], check=True)


def _rights() -> list[str] | None:
    """The prefix that makes a command run as root, or None where there is no way."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    may_ask = sys.stdin.isatty()
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return ["sudo"] if allowed or may_ask else None


def create_environment() -> None:
    if not (VENV / "bin" / "python").exists():
        say("creating .venv")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def install_python_packages(purpose: str) -> None:
    """Install what the lock names, by hash. What the tests need includes what the platform needs."""
    done = read_stamp()
    if any(done.get(name) == digest(ROOT / LOCKS[name]) for name in {purpose, "test"}):
        return
    say(f"installing Python packages of {LOCKS[purpose]}")
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / LOCKS[purpose])], check=True)
    write_stamp(purpose, digest(ROOT / LOCKS[purpose]))


def install_front_end() -> None:
    """Fetch the npm packages of package-lock.json and copy what the pages use to gateway/static/vendor."""
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["vendor"]
    vendor, state = (
        ROOT / "gateway" / "static" / "vendor",
        digest(ROOT / "package.json", ROOT / "package-lock.json"),
    )
    stamp = vendor / ".stamp"
    if stamp.exists() and stamp.read_text(encoding="ascii") == state:
        return
    say("installing front-end packages of package-lock.json")
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    npm = [str(VENV / "bin" / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(npm, check=True, cwd=ROOT, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL)
    shutil.rmtree(vendor, ignore_errors=True)
    vendor.mkdir(parents=True)
    for name, source in wanted.items():
        shutil.copyfile(ROOT / "node_modules" / source, vendor / name)
    stamp.write_text(state, encoding="ascii")


def digest(*paths: Path) -> str:
    """What the files say and which Python reads them, as one short text."""
    content = b"".join(path.read_bytes() for path in paths)
    return hashlib.sha256(content + sysconfig.get_python_version().encode()).hexdigest()


def read_stamp() -> dict[str, str]:
    """Which lock was installed for which purpose."""
    try:
        return dict(json.loads((VENV / "installed.json").read_text(encoding="ascii")))
    except (FileNotFoundError, ValueError):
        return {}


def write_stamp(purpose: str, state: str) -> None:
    (VENV / "installed.json").write_text(json.dumps({**read_stamp(), purpose: state}), encoding="ascii")


def say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
