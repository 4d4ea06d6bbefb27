"""`python -m gateway.prepare`: what the gateway needs once after set-up.

Copies the browser's third-party files from `node_modules` (installed by npm from `package-lock.json`) to
`gateway/static/vendor`, and compiles the catalogues of translations. Both are made, never committed.
"""

import shutil
import sys
from pathlib import Path

from gateway.static_files import STATIC
from gateway.translation import compile_catalogues

PROJECT = Path(__file__).parent.parent
VENDOR = {
    "pico.min.css": "@picocss/pico/css/pico.min.css",
    "bricolage-grotesque.woff2":
        "@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2",
    "barcode-detector/ponyfill.js": "barcode-detector/dist/es/ponyfill.js",
    "barcode-detector/zxing-exported.js": "barcode-detector/dist/es/zxing-exported.js",
    "barcode-detector/zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
}  # fmt: skip


def copy_vendor_files(modules: Path, target: Path = STATIC / "vendor") -> list[str]:
    """Copy each file; returns the names that npm hasn't installed."""
    missing = []
    for name, source in VENDOR.items():
        found = modules / source
        if not found.is_file():
            missing.append(source)
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found, target / name)
    return missing


def main() -> int:
    compile_catalogues()
    missing = copy_vendor_files(PROJECT / "node_modules")
    for name in missing:
        print(f"missing in node_modules: {name} (run npm ci)", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
