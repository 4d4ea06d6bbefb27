"""The command `run`: start, tell where, keep alive, stop."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from deploy.local.infra import CannotStart
from deploy.local.runner import Runner, Stopped, signals

LABELS = {
    "instructor": "instruction",
    "signatory": "signature",
    "preparer": "préparation des lots",
    "releaser": "libération des lots",
    "administrator": "administration",
}


def run(var: Path, port: int, *, scale: Mapping[str, int], nodes: int, demo_data: bool) -> int:
    """Run the platform until SIGTERM or Ctrl-C. Returns the exit status."""
    runner, began = Runner(var, port, scale=scale, nodes=nodes), monotonic()
    with signals() as ended:
        try:
            say("starting broker, databases, five services, relay and gateway …")
            with runner.running():
                if demo_data:
                    load_demo_data(runner)
                announce(runner, monotonic() - began)
                runner.supervise(ended)
        except Stopped:
            say("stopped; nothing is left running")
        except CannotStart as reason:
            print(reason, file=sys.stderr)
            return 1
    return 0


def load_demo_data(runner: Runner) -> None:
    """Once per folder. A platform without demonstration data is still a platform: a failure is told, not fatal."""
    from deploy import demo_data

    if (runner.var / demo_data.FILE).exists():
        return
    say("loading demonstration data, once …")
    try:
        demo_data.load(runner.platform, lambda title: say(f"  {title}"))
    except Stopped:
        raise
    except Exception as fault:
        print(f"demonstration data could not be loaded: {type(fault).__name__}: {fault}", file=sys.stderr)


def announce(runner: Runner, seconds: float) -> None:
    """Where it is, and with which accounts to look at it."""
    print(f"\nReady after {seconds:.1f} s: {runner.platform.base_url}\n")
    file = runner.var / "demo.json"
    if file.exists():
        print_accounts(runner.platform.base_url, json.loads(file.read_text(encoding="utf-8")))
    print("Ctrl-C stops everything.", flush=True)


def print_accounts(base_url: str, found: Mapping[str, dict[str, dict[str, str]]]) -> None:
    """The demonstration accounts of `demo.json`."""
    partner = found["partner"]
    print(f"Partner   {base_url}/login/partner   {partner['login']}   {partner['password']}")
    print(f"Caf       {base_url}/caf   (authenticator secrets are in demo.json)")
    for role, agent in found["agents"].items():
        print(f"          {LABELS[role]:<22} {agent['login']:<34} {agent['password']}")
    print(f"Mails and SMS that were sent: {base_url}/dev/outbox\n")


def say(text: str) -> None:
    print(f"· {text}", flush=True)
