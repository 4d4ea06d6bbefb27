"""The keys of a platform: which there are, and how a folder of them is made.

    python -m deploy.keys DIR          # create what is missing in DIR

Every key is a file that only its owner needs (see services/chassis/keys.py); the public halves lie under ``public/``.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from services.chassis import clock
from services.chassis.config import SERVICES
from services.chassis.keys import ensure_keys

WANTED: tuple[tuple[str, str, bool], ...] = (
    # owner, purpose, whether it signs (and so has a public half)
    *((owner, "actor", True) for owner in ("gateway", *SERVICES)),
    *((owner, "audit", True) for owner in SERVICES),
    *((owner, "vault", False) for owner in SERVICES),
    ("identity", "proof", True),
    ("transactions", "pass", True),
    ("transport", "vault", False),
    *((owner, "fingerprint", False) for owner in SERVICES),
    ("files", "content", False),
    ("gateway", "cookies", False),
    *((owner, "links", False) for owner in ("identity", "partners", "transactions")),
)

NEEDED: Mapping[str, tuple[str, ...]] = {
    **{service: ("public", "files", service) for service in SERVICES},
    # an IBAN on its way from one to the other
    "partners": ("public", "files", "transport", "partners"),
    "payouts": ("public", "files", "transport", "payouts"),
    "gateway": ("public", "files", "gateway"),
    # it sends every service's mails and signs the heads of every journal
    "relay": ("public", "files", *(f"{service}/{purpose}" for service in SERVICES for purpose in ("audit", "vault"))),
}
"""The folders of keys that a process needs, by process; it is given no other."""


def needed(folder: Path, process: str) -> Iterator[Path]:
    """The files of a folder of keys that a process needs, the certificate of the seal included."""
    for home in NEEDED[process]:
        yield from (path for path in sorted((folder / home).rglob("*")) if path.is_file())


def flat_name(path: Path) -> str:
    """The name of a key where there are no folders (a Secret of Kubernetes); ``path`` is relative to the folder."""
    owner, purpose, name = path.parts
    return f"{owner}.{purpose}.{name}"


def lay_out(flat: Path, folder: Path) -> None:
    """Make of flat names the folder of keys that processes read. Links, so that nothing secret is copied."""
    for source in flat.iterdir():
        if source.name.startswith("."):  # what Kubernetes keeps there for itself
            continue
        target = folder.joinpath(*source.name.split(".", 2))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.symlink_to(source)


def create(folder: Path) -> None:
    """Create every key that is missing in ``folder``; key ids begin with today's date, so that newer ones sort last."""
    ensure_keys(folder, WANTED, f"{clock.today():%Y%m%d}-1")


if __name__ == "__main__":
    asked = argparse.ArgumentParser(
        prog="python -m deploy.keys", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("folder", type=Path, metavar="DIR", help="folder of keys; what exists there stays")
    create(asked.parse_args().folder)
