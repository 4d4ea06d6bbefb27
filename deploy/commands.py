"""Every command of `python -m deploy`. Each imports what it needs only when it is called."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Command: TypeAlias = Callable[[argparse.Namespace], int]
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
  python -m deploy kubernetes-secrets /etc/psl | kubectl apply -f -

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
    if not asked.of_a_platform:
        return int(asked.command(asked) or 0)
    return _on_a_platform(asked)


def _on_a_platform(asked: argparse.Namespace) -> int:
    """A command about the platform of the environment, or of `make run` in this folder."""
    from deploy.surroundings import adopt
    from services.chassis.config import NotConfigured

    adopt()
    try:
        return int(asked.command(asked) or 0)
    except NotConfigured as missing:
        print(f"no platform runs in the folder «{default_var()}», and {missing}", file=sys.stderr)
        return 1


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


def _add(
    commands: Commands,
    name: str,
    does: str,
    command: Command,
    more: str = "",
    *,
    of_a_platform: bool = False,
    **how: Any,
) -> argparse.ArgumentParser:
    """One command: its line in the list, and what its own help says beyond that line."""
    text = f"{does[0].upper()}{does[1:]}.\n\n{more}"
    plain = argparse.RawDescriptionHelpFormatter
    made = commands.add_parser(name, help=does, description=text, formatter_class=plain, **how)
    made.set_defaults(command=command, of_a_platform=of_a_platform)
    return made


def _add_run(commands: Commands) -> None:
    more = """\
Broker, databases, five services, relay and gateway; demonstration data is loaded once. It is ready when GET /readyz
answers 200. A process that dies is started again; Ctrl-C or SIGTERM stops all of it."""
    run = _add(commands, "run", "the whole platform in the foreground, for development and trial", run_platform, more)
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


def _add_demo(commands: Commands) -> None:
    more = "Prints one line per step; exit status 0 only if each was observed from outside (HTTP, mail, SMS, AMQP)."
    demo = _add(commands, "demo", "the main job from end to end, unattended, on a platform of its own", run_demo, more)
    demo.add_argument("--port", type=int, default=8200, help="first port of its platform (default: 8200)")
    demo.add_argument("--kill", metavar="SERVICE", help="kill -9 this process while the terminal records")
    demo.add_argument("--keep", action="store_true", help="keep the folder with all data at the end")


def _add_operations(commands: Commands) -> None:
    more = """\
By service: processes that take calls, calls that wait, events not yet sent, dead letters, the database. Exit status 0
if all is well, 1 if something needs a look."""
    status = _add(commands, "status", "what runs, what waits, what failed", show_status, more, of_a_platform=True)
    status.add_argument("--json", action="store_true", help="for other programs")
    more = """\
With the role that owns the tables (…_DATABASE_OWNER_URL). Can be repeated. Migrations only add, so that the version
that runs goes on meanwhile."""
    does = "bring all databases to the newest version"
    migrate = _add(commands, "migrate", does, migrate_databases, more, of_a_platform=True)
    migrate.add_argument("services", nargs="*", type=service, metavar="SERVICE", help="only these services")
    does = "look at, replay or drop what a service could not handle"
    _add(commands, "deadletters", does, dead_letters, of_a_platform=True, add_help=False).set_defaults(rest=())


def _add_installing(commands: Commands) -> None:
    more = """\
Accounts and passwords are made up; nothing that exists in the folder is replaced. What only you know (mail, SMS, the
account that pays) is then written into psl.env and credentials/: see docs/install.md."""
    does = "write keys, passwords, roles and accounts of a new installation"
    making = _add(commands, "prepare", does, prepare_installation, more)
    making.add_argument("folder", type=Path, help="where to write, e.g. /etc/psl; what exists there stays")
    making.add_argument("--base-url", required=True, help="the https address that people will use")
    making.add_argument("--var", type=Path, default=Path("/var/lib/psl"), help="folder of data (default: /var/lib/psl)")
    making.add_argument("--broker", default="127.0.0.1:5672", help="host:port of RabbitMQ (default: 127.0.0.1:5672)")
    making.add_argument(
        "--database", default="127.0.0.1:5432", help="host:port of PostgreSQL (default: 127.0.0.1:5432)"
    )
    does = "print what `prepare` wrote as the Secrets that the manifests name"
    secrets = _add(commands, "kubernetes-secrets", does, print_kubernetes_secrets, "For `kubectl apply -f -`.")
    secrets.add_argument("folder", type=Path, help="the folder that was prepared, e.g. /etc/psl")
    more = """\
What the old ones sealed still opens, what they signed still verifies. Restart every process afterwards;
docs/operations.md, «Keys», says what may be removed when."""
    does = "add a new key beside the old ones"
    rotating = _add(commands, "rotate-keys", does, rotate_keys, more, of_a_platform=True)
    rotating.add_argument("purpose", help="actor, audit, vault, proof, pass, content, cookies, links")
    rotating.add_argument("--owner", help="only this service's (default: every owner of such a key)")


def _add_safekeeping(commands: Commands) -> None:
    does = "make an account for an agent of the Caf"
    _add(commands, "create-agent", does, create_agent, of_a_platform=True, add_help=False).set_defaults(rest=())
    more = """\
The ledger of transactions with passes, seasons and partners; payouts with lines, slips, bank files and their ledger;
and what transactions has locked or corrected with what payouts holds, partner by partner. One line per difference.
Changes nothing."""
    does = "do all accounts add up, to the cent? exit status 1 if not"
    _add(commands, "reconcile", does, reconcile, more, of_a_platform=True)
    more = "The platform goes on meanwhile. Keys are no part of it: keep them elsewhere, it can't be read without."
    does = "all databases and files, at one point in time"
    saving = _add(commands, "backup", does, make_backup, more, of_a_platform=True)
    saving.add_argument("folder", type=Path, help="a folder that doesn't exist yet")
    more = """\
Refuses databases that hold tables, and a backup of which a part is missing or changed. Events are sent again; listeners
recognise what they have handled. Then start the platform and reconcile."""
    does = "fill empty databases and the file store from a backup"
    restoring = _add(commands, "restore", does, restore_backup, more, of_a_platform=True)
    restoring.add_argument("folder", type=Path, help="what `backup` wrote")


def _add_development(commands: Commands) -> None:
    does = "development: move the platform's clock, or show it"
    clock = _add(commands, "clock", does, move_clock, "Every process follows within a second.")
    clock.add_argument("offset", nargs="?", help="new offset to the machine's clock: +0s, +1d, +36h")
    clock.add_argument("--var", type=Path, default=default_var(), help="folder of the run (default: var)")
    does = "development: load demonstration data into a running platform"
    data = _add(commands, "demo-data", does, load_demo_data, "Accounts and passes are then in VAR/demo.json.")
    data.add_argument("--port", type=int, help="the gateway's port (default: that of the run)")
    data.add_argument("--var", type=Path, default=default_var(), help="folder of the run (default: var)")


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


def service(text: str) -> str:
    """The name of a service."""
    from services.chassis.config import SERVICES

    if text not in SERVICES:
        raise argparse.ArgumentTypeError(f"«{text}» is no service: {', '.join(SERVICES)}")
    return text


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
    from services.identity.__main__ import main as identity

    return identity(["create-agent", *asked.rest], prog="python -m deploy")


def prepare_installation(asked: argparse.Namespace) -> int:
    from deploy.prepare import Places, prepare

    for line in prepare(asked.folder.resolve(), asked.base_url, asked.var, Places(asked.broker, asked.database)):
        print(line)
    return 0


def print_kubernetes_secrets(asked: argparse.Namespace) -> int:
    import json

    from deploy.kubernetes_secrets import NotPrepared, secrets

    try:
        print(json.dumps(secrets(asked.folder), indent=1))
    except NotPrepared as reason:
        print(reason, file=sys.stderr)
        return 1
    return 0


def rotate_keys(asked: argparse.Namespace) -> int:
    from deploy.rotate import RotationRefused, rotate
    from services.chassis.config import settings

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
    from deploy.reconcile import reconcile as compare

    return compare()


def make_backup(asked: argparse.Namespace) -> int:
    from deploy.backup import BackupRefused, backup

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
    from urllib.parse import urlsplit

    from deploy.demo_data import FILE, load
    from deploy.local.platform import Platform, answers
    from deploy.surroundings import noted

    if not (surroundings := noted(asked.var)):
        print(f"no platform runs in the folder «{asked.var}»", file=sys.stderr)
        return 1
    platform = Platform(asked.var, asked.port or urlsplit(surroundings["PSL_BASE_URL"]).port or 80, surroundings)
    if not answers(f"{platform.base_url}/readyz"):
        print(f"nothing is ready at {platform.base_url}: see «python -m deploy status»", file=sys.stderr)
        return 1
    load(platform, print)
    print(f"accounts and passes: {asked.var / FILE}")
    return 0


def move_clock(asked: argparse.Namespace) -> int:
    file = asked.var / "clock"
    if asked.offset is None:
        print(file.read_text(encoding="ascii").strip() if file.exists() else "+0s")
        return 0
    if not re.fullmatch(r"[+-]\d+[smhd]", asked.offset):
        print(f"«{asked.offset}» is not an offset like +1d, +36h or +0s", file=sys.stderr)
        return 2
    if not asked.var.is_dir():
        print(f"there is no folder «{asked.var}»", file=sys.stderr)
        return 1
    file.write_text(asked.offset, encoding="ascii")
    print(f"the platform's clock: {asked.offset} to the machine's")
    return 0
