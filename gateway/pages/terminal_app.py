"""The SmartTPE web app at `/terminal`: an installable page that uses only the public API v1, as any third party would.

The server gives a shell, a manifest and a service worker; everything else happens in the browser. No session, no
cookie: the terminal's token lives encrypted in the device.
"""

import hashlib

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.access import VISITOR, allow
from gateway.security import allow_source
from gateway.static_files import asset
from services.chassis.config import settings

blueprint = Blueprint("terminal_app", __name__, url_prefix="/terminal")

SHELL_FILES = (
    "vendor/pico.min.css",
    "vendor/barcode-detector.js",
    "vendor/zxing_reader.wasm",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/terminal.css",
    "img/favicon.svg",
    "img/icons.svg",
    "img/terminal-192.png",
    "img/terminal-512.png",
)
FONTS = ("vendor/bricolage-grotesque.woff2", "vendor/atkinson-hyperlegible-next.woff2")
MODULES = (
    "app", "desk", "pairing", "camera", "recording", "lists", "api", "views", "qr", "vault", "queue", "reconcile",
    "money",
)  # fmt: skip


def _addresses() -> list[str]:
    """What the app needs to start without network. Modules import one another, and style sheets fonts, by plain names:
    hence no hash there."""
    modules = [url_for("static", filename=f"js/terminal/{name}.js") for name in MODULES]
    return [
        url_for("terminal_app.shell"),
        *(asset(name) for name in SHELL_FILES),
        asset("js/terminal/app.js"),
        *modules,
        *(url_for("static", filename=name) for name in FONTS),
        url_for("static", filename="js/scanner.js"),
    ]


def _version(addresses: list[str]) -> str:
    """Changes whenever a file of the shell changes: the browser then takes the whole of the new one."""
    plain = (*(f"js/terminal/{name}.js" for name in MODULES), "js/scanner.js", *FONTS)
    contents = [asset(name) for name in plain]
    return hashlib.sha256(
        "\n".join([*addresses, *contents, render_template("terminal/app.html")]).encode()
    ).hexdigest()[:16]


@blueprint.get("")
@allow(VISITOR)
def without_slash() -> ResponseReturnValue:
    return redirect(url_for("terminal_app.shell"), 308)


@blueprint.get("/")
@allow(VISITOR)
def shell() -> ResponseReturnValue:
    allow_source("script-src", "'wasm-unsafe-eval'")
    response = Response(render_template("terminal/app.html"))
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/service-worker.js")
@allow(VISITOR)
def service_worker() -> ResponseReturnValue:
    addresses = _addresses()
    script = render_template("terminal/service_worker.js", addresses=addresses, version=_version(addresses))
    response = Response(script, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@blueprint.get("/manifest.webmanifest")
@allow(VISITOR)
def manifest() -> ResponseReturnValue:
    response = jsonify(
        id=url_for("terminal_app.shell"),
        name=f"SmartTPE – {settings().platform_name}",
        short_name="SmartTPE",
        description=_("Scanner les pass’sports-loisirs"),
        lang="fr",
        start_url=url_for("terminal_app.shell"),
        scope=url_for("terminal_app.shell"),
        display="standalone",
        orientation="portrait",
        background_color="#fffaf3",
        theme_color="#ff8f2b",
        icons=[
            {"src": asset("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"},
            {"src": asset("img/terminal-192.png"), "sizes": "192x192", "type": "image/png"},
            {"src": asset("img/terminal-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "no-cache"
    return response
