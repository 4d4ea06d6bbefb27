"""Write the lock files anew: versions and hashes, never a registry's address or a path of this machine."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.prefix) / "bin"
PAIRS = {"requirements.in": "requirements.lock", "requirements-dev.in": "requirements-dev.lock"}


def lock_python(source: str, target: str, *extra: str) -> None:
    """One lock. `make lock EXTRA=--upgrade` moves to newer versions; without it they stay."""
    options = ["--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-header"]
    silent = ["--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--no-emit-options"]
    subprocess.run(
        [str(BIN / "pip-compile"), *options, *silent, *extra, "--output-file", target, source],
        check=True,
        cwd=ROOT,
    )


def main() -> None:
    for source, target in PAIRS.items():
        lock_python(source, target, *sys.argv[1:])
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(BIN / "npm"), "install", "--package-lock-only", "--ignore-scripts", "--loglevel=error"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main()
