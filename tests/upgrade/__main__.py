"""Keep the code of a release, so that later versions are tested against it: ``python -m tests.upgrade [COMMIT]``.

The archive holds `services` as they were; the test of upgrades runs them on today's schema. Run it once per release.
"""

import lzma
import subprocess
import sys
from pathlib import Path

RELEASED = Path(__file__).with_name("released.tar.xz")


def main() -> int:
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    archive = subprocess.run(["git", "archive", commit, "services"], capture_output=True, check=True).stdout
    RELEASED.write_bytes(lzma.compress(archive, preset=9))
    print(f"{RELEASED.name}: {RELEASED.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
