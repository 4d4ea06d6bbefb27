"""The inventory of third-party packages with their licences, written from what is installed and locked.

    python -m deploy.licences            # write docs/licences.md

Python packages are those of ``requirements.lock`` (what runs) and, apart, what only development adds; their licences
are read from the installed packages' own metadata. Front-end packages are those of ``package-lock.json``.
"""

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "licences.md"
_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_LONGEST = 60
_TOLD_BY_TEXT = (
    ("Apache License", "Apache-2.0"),
    ("Mozilla Public License", "MPL-2.0"),
    ("Permission is hereby granted, free of charge", "MIT"),
    ("Redistribution and use in source and binary forms", "BSD"),
)


def locked(name: str) -> dict[str, str]:
    """Packages and versions of one lock file."""
    return dict(_PINNED.findall((ROOT / name).read_text(encoding="utf-8")))


def licence_of(package: str) -> str:
    """The licence as the installed package states it: SPDX expression, short text, classifiers, or the file's words.
    Raises LookupError when it isn't installed or states none."""
    try:
        found = distribution(package)
    except PackageNotFoundError:
        raise LookupError(f"{package} isn't installed: run `make setup`") from None
    for stated in _statements(found):
        if stated and stated.upper() != "UNKNOWN":
            return stated
    raise LookupError(f"{package} states no licence")


def _statements(found: Distribution) -> Iterator[str]:
    yield _one(found, "License-Expression").strip()
    short = " ".join(_one(found, "License").split())
    if len(short) <= _LONGEST:
        yield short
    kinds = [kind for kind in found.metadata.get_all("Classifier") or [] if kind.startswith("License ::")]
    yield ", ".join(sorted(kind.rpartition(" :: ")[2] for kind in kinds if kind != "License :: OSI Approved"))
    yield next((name for words, name in _TOLD_BY_TEXT if words in f"{short} {_file_text(found)}"), "")


def _one(found: Distribution, name: str) -> str:
    return str((found.metadata.get_all(name) or [""])[0])


def _file_text(found: Distribution) -> str:
    for file in found.files or []:
        if re.match(r"(licen[cs]e|copying)", file.name, re.IGNORECASE):
            return " ".join(file.read_text(encoding="utf-8").split())
    return ""


def front_end() -> dict[str, tuple[str, str]]:
    """Version and licence of each package of ``package-lock.json``."""
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found = {}
    for path, told in packages.items():
        if path:
            found[path.rpartition("node_modules/")[2]] = (told["version"], told.get("license") or _of_folder(path))
    return found


def _of_folder(path: str) -> str:
    told = json.loads((ROOT / path / "package.json").read_text(encoding="utf-8"))
    return str(told.get("license", ""))


def document() -> str:
    """The text of docs/licences.md."""
    runs, develops = locked("requirements.lock"), locked("requirements-dev.lock")
    only_here = {name: version for name, version in develops.items() if name not in runs}
    front = sorted(front_end().items())
    parts = [
        "# Third-party packages and their licences",
        "",
        "Written by `python -m deploy.licences` from the lock files and the installed packages; a test keeps it up to",
        "date. Every file of a lock has its SHA-256 there, so that what is installed is what was looked at.",
        "",
        f"## What runs ({len(runs)})",
        "",
        *_table((name, version, licence_of(name)) for name, version in sorted(runs.items())),
        "",
        f"## In the browser ({len(front)})",
        "",
        *_table((name, version, licence) for name, (version, licence) in front),
        "",
        f"## For development only ({len(only_here)})",
        "",
        *_table((name, version, licence_of(name)) for name, version in sorted(only_here.items())),
        "",
    ]
    return "\n".join(parts)


def _table(rows: Iterator[tuple[str, str, str]]) -> Iterator[str]:
    yield "| package | version | licence |"
    yield "|---|---|---|"
    for name, version, licence in rows:
        yield f"| {name} | {version} | {licence.replace('|', '/')} |"


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    print(f"wrote {DOCUMENT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
