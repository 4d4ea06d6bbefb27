"""The gateway's application: blueprints, languages, security, errors and health in one place.

`create_app()` is what gunicorn loads. Every module of `gateway/pages` that has a `blueprint` is registered;
the SmartTPE API registers itself through `gateway.terminal.v1`.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

import structlog
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway import (
    cookies,
    errors,
    formatting,
    health,
    navigation,
    pages,
    preferences,
    requests_log,
    security,
    static_files,
    told,
    translation,
    waiting,
)
from gateway.access import viewer
from gateway.limits import limiter
from gateway.terminal import v1 as terminal_api
from services.chassis import keys, telemetry
from services.chassis.config import settings

MAX_UPLOAD_BYTES = 12 * 1024 * 1024
"""One document may weigh 10 MB (DOMAIN); the rest of the form rides along."""
DEVELOPMENT_PAGES = frozenset({"dev"})
csrf = CSRFProtect()


def create_app(bus: Any = None, **overrides: Any) -> Flask:
    """Build the gateway. `bus` replaces the message bus (unit tests); `overrides` change the configuration."""
    if not structlog.is_configured() and not overrides.get("TESTING"):
        telemetry.configure("gateway")  # JSON lines, and no local variables in them
    app = Flask("gateway", root_path=str(static_files.ROOT))
    app.config.update(_configuration(), **overrides)
    app.session_interface = cookies.PageSessions()
    app.extensions["bus"] = bus or _message_bus()
    _trust_proxies(app)
    translation.set_up_languages(app)
    requests_log.register(app)
    security.register(app)
    static_files.register(app)
    formatting.register_filters(app)
    csrf.init_app(app)
    limiter.init_app(app)
    errors.register(app)
    told.register(app)
    waiting.register(app)
    health.register(app)
    _register_pages(app)
    _register_terminal_api(app)
    _register_template_names(app)
    return app


def _configuration() -> dict[str, Any]:
    ring = keys.keyring("gateway", "cookies")
    current = ring.current
    production = settings().production
    return {
        "SECRET_KEY": current.secret,
        "SECRET_KEY_FALLBACKS": [key.secret for kid, key in ring.by_kid.items() if kid != current.kid],
        "SESSION_COOKIE_NAME": cookies.name_of("psl_page", production=production),
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": production,
        "MAX_CONTENT_LENGTH": MAX_UPLOAD_BYTES,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": production,
        "PRODUCTION": production,
        "RATE_LIMITS": True,
        "TEMPLATES_AUTO_RELOAD": not production,
    }


def _message_bus() -> Any:
    from services.chassis.bus import Bus

    return Bus()


def _trust_proxies(app: Flask) -> None:
    """Believe `X-Forwarded-*` only from as many proxies as the configuration names."""
    hops = settings().trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def page_modules() -> list[ModuleType]:
    """The modules of `gateway/pages`, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(pages.__path__))
    return [importlib.import_module(f"gateway.pages.{name}") for name in names]


def _register_pages(app: Flask) -> None:
    for module in page_modules():
        name = module.__name__.rpartition(".")[2]
        if hasattr(module, "blueprint") and not (app.config["PRODUCTION"] and name in DEVELOPMENT_PAGES):
            app.register_blueprint(module.blueprint)


def _register_terminal_api(app: Flask) -> None:
    """The SmartTPE API brings its own errors, limits and authentication, and no cookies: no CSRF there."""
    terminal_api.register(app, csrf=csrf, limiter=limiter)


def _register_template_names(app: Flask) -> None:
    app.jinja_env.globals["theme"] = preferences.theme

    @app.context_processor
    def names() -> dict[str, Any]:
        return {
            "viewer": viewer,
            "navigation": navigation,
            "platform_name": settings().platform_name,
            "caf_name": settings().caf_name,
            "languages": translation.LANGUAGES,
            "language": translation.chosen_language(),
            "development": not app.config["PRODUCTION"],
        }
