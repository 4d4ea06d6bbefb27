"""Every command of `python -m deploy`. Each imports what it needs only when it is called."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

EPILOG = """\
examples:
  python -m deploy run --port 8000 --scale transactions=3,payouts=2
  python -m deploy status
  python -m deploy create-agent --email a.martin@caf.example --first-name Anne --last-name Martin --roles administrator
  python -m deploy clock +1d
  python -m deploy deadletters list
  python -m deploy reconcile                       # exit status 1 and one line per difference
  python -m deploy rotate-keys vault --owner identity
  python -m deploy backup /srv/backup/2026-11-24

Broker, databases, mail, SMS and keys are configured by the environment: see «Configuration» in README.md.
"""
SCALE = re.compile(r"(identity|partners|conventions|transactions|payouts)=([1-9]\d?)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    top = parser()
    asked, rest = top.parse_known_args(arguments)
    if rest and not hasattr(asked, "rest"):
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    asked.rest = rest
    return int(asked.command(asked) or 0)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="python -m deploy",
        description="Start, look into and operate the Pass'Sports-Loisirs platform.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_demo(commands)
    _add_installing(commands)
    _add_operations(commands)
    _add_safekeeping(commands)
    _add_development(commands)
    return top


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="the whole platform in the foreground, for development and trial")
    run.add_argument("--port", type=int, default=8000, help="the gateway's port; the others follow (default: 8000)")
    run.add_argument("--var", type=Path, default=default_var(), help="folder for all data (default: var)")
    run.add_argument("--scale", type=scale, default={}, help="processes by service: transactions=3,payouts=2")
    run.add_argument("--nodes", type=int, default=1, choices=range(1, 6), help="broker nodes (default: 1)")
    run.add_argument(
        "--demo-data",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="load demonstration data once (default: yes)",
    )
    run.set_defaults(command=run_platform)


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    demo = commands.add_parser("demo", help="the main job from end to end, unattended, on a platform of its own")
    demo.add_argument("--port", type=int, default=8200, help="first port of its platform (default: 8200)")
    demo.add_argument("--kill", metavar="SERVICE", help="kill -9 this process while the terminal records")
    demo.add_argument("--keep", action="store_true", help="keep the folder with all data at the end")
    demo.set_defaults(command=run_demo)


def _add_operations(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    status = commands.add_parser("status", help="what runs, what waits, what failed")
    status.add_argument("--json", action="store_true", help="for other programs")
    status.set_defaults(command=show_status)
    migrate = commands.add_parser("migrate", help="bring all databases to the newest version (repeatable)")
    migrate.add_argument("services", nargs="*", help="only these services")
    migrate.set_defaults(command=migrate_databases)
    letters = commands.add_parser(
        "deadletters", help="look at, replay or drop what a service could not handle", add_help=False
    )
    letters.set_defaults(command=dead_letters, rest=())  # its own parser reads the rest


def _add_installing(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    making = commands.add_parser("prepare", help="write keys, passwords, roles and accounts of a new installation")
    making.add_argument("folder", type=Path, help="where to write, e.g. /etc/psl; what exists there stays")
    making.add_argument("--base-url", required=True, help="the https address that people will use")
    making.add_argument("--var", type=Path, default=Path("/var/lib/psl"), help="folder of data (default: /var/lib/psl)")
    making.add_argument("--broker", default="127.0.0.1:5672", help="host:port of RabbitMQ (default: 127.0.0.1:5672)")
    making.add_argument(
        "--database", default="127.0.0.1:5432", help="host:port of PostgreSQL (default: 127.0.0.1:5432)"
    )
    making.set_defaults(command=prepare_installation)
    rotating = commands.add_parser("rotate-keys", help="add a new key beside the old ones")
    rotating.add_argument("purpose", help="actor, audit, vault, proof, pass, content, cookies, links")
    rotating.add_argument("--owner", help="only this service's (default: every owner of such a key)")
    rotating.set_defaults(command=rotate_keys)


def _add_safekeeping(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    agent = commands.add_parser("create-agent", help="make an account for an agent of the Caf", add_help=False)
    agent.set_defaults(command=create_agent, rest=())
    adding = commands.add_parser("reconcile", help="do all accounts add up, to the cent? exit status 1 if not")
    adding.set_defaults(command=reconcile)
    saving = commands.add_parser("backup", help="all databases and files, at one point in time")
    saving.add_argument("folder", type=Path, help="a folder that doesn't exist yet")
    saving.set_defaults(command=make_backup)
    restoring = commands.add_parser("restore", help="fill empty databases and the file store from a backup")
    restoring.add_argument("folder", type=Path)
    restoring.set_defaults(command=restore_backup)


def _add_development(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    clock = commands.add_parser("clock", help="development: move the platform's clock (+0s, +1d, +36h), or show it")
    clock.add_argument("offset", nargs="?", help="new offset to the machine's clock")
    clock.add_argument("--var", type=Path, default=default_var(), help="folder of the run (default: var)")
    clock.set_defaults(command=move_clock)

    data = commands.add_parser("demo-data", help="development: load demonstration data into a running platform")
    data.add_argument("--port", type=int, default=8000, help="the gateway's port (default: 8000)")
    data.add_argument("--var", type=Path, default=default_var(), help="folder of the run (default: var)")
    data.set_defaults(command=load_demo_data)


def default_var() -> Path:
    return Path(os.environ.get("PSL_VAR", "var"))


def scale(text: str) -> dict[str, int]:
    """`transactions=3,payouts=2` as a mapping."""
    found = {}
    for part in filter(None, text.split(",")):
        match = SCALE.fullmatch(part.strip())
        if match is None:
            raise argparse.ArgumentTypeError(f"«{part}» is not SERVICE=NUMBER")
        found[match[1]] = int(match[2])
    return found


def run_platform(asked: argparse.Namespace) -> int:
    from deploy.run import run

    return run(asked.var, asked.port, scale=asked.scale, nodes=asked.nodes, demo_data=asked.demo_data)


def run_demo(asked: argparse.Namespace) -> int:
    from deploy.demo import demo

    return demo(asked.port, kill=asked.kill, keep=asked.keep)


def show_status(asked: argparse.Namespace) -> int:
    from deploy.status import show

    return show(as_json=asked.json)


def migrate_databases(asked: argparse.Namespace) -> int:
    from deploy.migrate import prepare
    from services.chassis.config import SERVICES

    for line in prepare(asked.services or SERVICES):
        print(line)
    return 0


def dead_letters(asked: argparse.Namespace) -> int:
    from deploy.deadletters import main as tool

    return tool(asked.rest)


def create_agent(asked: argparse.Namespace) -> int:
    from deploy.surroundings import adopt
    from services.identity.__main__ import main as identity

    adopt()
    sys.argv[1:] = ["create-agent", *asked.rest]
    return identity()


def prepare_installation(asked: argparse.Namespace) -> int:
    from deploy.prepare import Places, prepare

    for line in prepare(asked.folder.resolve(), asked.base_url, asked.var, Places(asked.broker, asked.database)):
        print(line)
    return 0


def rotate_keys(asked: argparse.Namespace) -> int:
    from deploy.rotate import RotationRefused, rotate
    from deploy.surroundings import adopt
    from services.chassis.config import settings

    adopt()
    try:
        for name in rotate(settings().keys, asked.purpose, asked.owner):
            print(name)
    except RotationRefused as reason:
        print(reason, file=sys.stderr)
        return 1
    print(
        "restart every process, one after the other; then see docs/operations.md, «Keys», for what may be removed when"
    )
    return 0


def reconcile(asked: argparse.Namespace) -> int:
    """Both ledgers; each in a process of its own, as operators may run them alone."""
    import subprocess

    from deploy.surroundings import adopt

    adopt()
    found = 0
    for service in ("transactions", "payouts"):
        print(f"{service}:", flush=True)
        done = subprocess.run([sys.executable, "-m", f"services.{service}.reconcile"], check=False)
        found = max(found, done.returncode)
    return found


def make_backup(asked: argparse.Namespace) -> int:
    from deploy.backup import BackupRefused, backup
    from deploy.surroundings import adopt

    adopt()
    try:
        manifest = backup(asked.folder)
    except BackupRefused as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"{len(manifest['parts'])} databases and {manifest['files']} files as of {manifest['taken_at']}")
    return 0


def restore_backup(asked: argparse.Namespace) -> int:
    from deploy.backup import BackupRefused, restore

    try:
        manifest = restore(asked.folder)
    except BackupRefused as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"restored to {manifest['taken_at']}; start the platform, then reconcile")
    return 0


def load_demo_data(asked: argparse.Namespace) -> int:
    from deploy.demo_data import load
    from deploy.local.platform import Platform
    from deploy.surroundings import noted

    load(Platform(asked.var, asked.port, noted(asked.var)), print)
    return 0


def move_clock(asked: argparse.Namespace) -> int:
    file = asked.var / "clock"
    if asked.offset is None:
        print(file.read_text(encoding="ascii").strip() if file.exists() else "+0s")
        return 0
    if not re.fullmatch(r"[+-]\d+[smhd]", asked.offset):
        print(f"«{asked.offset}» is not an offset like +1d, +36h or +0s", file=sys.stderr)
        return 2
    file.write_text(asked.offset, encoding="ascii")
    return 0
