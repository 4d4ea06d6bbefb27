"""Named moments at which a process may be made to die, so that the fault campaign can hit them on purpose.

``PSL_FAULTS="relay.published=0.01,inbox.effect=0.02"`` makes the process kill itself (SIGKILL, as abrupt as a power
cut) with that probability each time it passes the point. Never in production: configuration refuses it there.
"""

import os
import random
import signal

MARK = "killed at the named point "
"""How a process's log tells where it died."""

POINTS = {
    "commit.before": "the work is done, nothing is stored yet",
    "commit.after": "state, events and journal are stored, nobody was told",
    "call.asked": "a connection to call somebody is there, the question is not sent",
    "call.answered": "the called service has answered, the caller has done nothing with it",
    "rpc.answered": "the answer is on its way, the question not acknowledged",
    "relay.publish": "events are read, none is sent",
    "relay.published": "the broker has confirmed, the outbox doesn't know yet",
    "relay.marked": "the outbox knows that its events are sent",
    "inbox.effect": "the effect is stored, the event not acknowledged",
    "inbox.acknowledged": "the event is acknowledged",
    "finance.received": "finance has an event in hand, nothing is written",
    "finance.written": "finance has it on the disk, not acknowledged",
    "finance.acknowledged": "finance has acknowledged",
}


def _parse(text: str) -> dict[str, float]:
    chances = {}
    for part in filter(None, text.split(",")):
        name, _, chance = part.partition("=")
        if name not in POINTS:
            raise SystemExit(f"PSL_FAULTS names an unknown point: {name}; known: {', '.join(POINTS)}")
        chances[name] = float(chance)
    return chances


_chances = _parse(os.environ.get("PSL_FAULTS", ""))
_dice = random.SystemRandom()


def point(name: str) -> None:
    """Pass a named moment; without ``PSL_FAULTS`` this does nothing."""
    if _chances and _dice.random() < _chances.get(name, 0.0):
        os.write(2, f"{MARK}{name}\n".encode())
        os.kill(os.getpid(), signal.SIGKILL)
