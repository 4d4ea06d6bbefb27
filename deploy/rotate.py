"""The command `rotate-keys`: a new key beside the old ones, for one owner and purpose or for all of a purpose.

Old keys stay until they are removed by hand: what they sealed still opens, what they signed still verifies.
"""

from collections.abc import Iterator
from pathlib import Path

from deploy.keys import WANTED
from services.chassis import clock
from services.chassis.keys import create_key, reload

NEVER_ROTATED = {"fingerprint": "fingerprints would no longer match what is stored: addresses could be used twice"}


class RotationRefused(Exception):
    """No such key, or one that must not be rotated; the message says why."""


def rotate(folder: Path, purpose: str, owner: str | None = None) -> Iterator[str]:
    """Write a new key for each owner of the purpose; yields `owner/purpose/kid`. Raises RotationRefused."""
    if purpose in NEVER_ROTATED:
        raise RotationRefused(f"{purpose}: {NEVER_ROTATED[purpose]}")
    chosen = [(o, signs) for o, p, signs in WANTED if p == purpose and owner in (None, o)]
    if not chosen:
        purposes = ", ".join(sorted({p for _, p, _ in WANTED if p not in NEVER_ROTATED}))
        raise RotationRefused(f"no key «{purpose}» of {owner or 'anybody'}; purposes: {purposes}")
    for each, signs in chosen:
        kid = _next(folder / each / purpose)
        create_key(folder, each, purpose, kid, signing=signs)
        yield f"{each}/{purpose}/{kid}"
    reload()


def _next(home: Path) -> str:
    """Today's date and the next number: key ids are sorted as texts, the last one is current."""
    today = f"{clock.today():%Y%m%d}"
    taken = [path.stem for path in home.glob("*.key")]
    number = next(n for n in range(1, 10) if f"{today}-{n}" not in taken)
    if taken and f"{today}-{number}" < max(taken):
        raise RotationRefused(f"{home} holds a key dated later than today: {max(taken)}")
    return f"{today}-{number}"
