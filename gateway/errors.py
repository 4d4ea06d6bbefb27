"""Pages of our own for every way that a request can fail. The API answers problem+json by itself."""

import structlog
from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from gateway import cookies
from gateway.access import SESSION_COOKIE, close_session, forget_resolved_session, viewer
from gateway.clients.base import ACTOR_CODES
from gateway.refusals import describe, flash_refusal
from gateway.resending import typed
from gateway.translation import N_
from services.chassis.refusals import Refused, Unavailable

RETRY_AFTER_S = 5
PASSING = (429, 503)
"""What a little patience mends."""
log = structlog.get_logger("gateway")

TEXTS: dict[int, tuple[str, str]] = {
    400: (N_("Cette demande n’a pas pu être comprise"),
          N_("Revenez à la page précédente et recommencez ; ce que vous avez saisi y est encore.")),
    403: (N_("Cette page ne vous est pas ouverte"),
          N_("Votre rôle ne donne pas accès à cette page. Le représentant légal de la structure peut l’élargir "
             "dans « Mes délégués ».")),
    404: (N_("Cette page n’existe pas, ou plus"),
          N_("Vérifiez l’adresse, ou repartez de l’accueil.")),
    405: (N_("Cette action ne se fait pas ainsi"), N_("Revenez à la page précédente et utilisez ses boutons.")),
    410: (N_("Ce lien n’est plus valable"), N_("Demandez un nouveau lien, puis ouvrez le plus récent.")),
    413: (N_("Ce fichier est trop lourd"),
          N_("Un justificatif pèse au plus 10 Mo. Réduisez-le ou prenez une photo moins grande, puis recommencez.")),
    415: (N_("Ce type de fichier n’est pas accepté"), N_("Les formats acceptés sont : PNG, JPEG, GIF, PDF.")),
    429: (N_("Trop de demandes à la fois"),
          N_("Patientez quelques secondes, puis recommencez. Rien n’est perdu.")),
    500: (N_("Une erreur est survenue de notre côté"),
          N_("L’incident est enregistré. Réessayez dans quelques minutes ; si cela continue, ouvrez une demande "
             "d’assistance en citant la référence ci-dessous.")),
    503: (N_("Le service est momentanément indisponible"),
          N_("Rien n’est perdu. Patientez quelques secondes, puis réessayez.")),
}  # fmt: skip
NOT_FOR_THIS_AGENT = N_("Votre rôle ne donne pas accès à cette page. Un administrateur peut l’élargir dans « Agents ».")


def page(status: int, title: str | None = None, text: str | None = None) -> Response:
    """The error page for `status`; 5xx and 429 say when to come back."""
    known_title, known_text = TEXTS.get(status, TEXTS[400 if status < 500 else 500])
    if status == 403 and viewer().is_agent:
        known_text = NOT_FOR_THIS_AGENT
    passing = status in PASSING
    body = render_template(
        "errors/error.html",
        status=status,
        title=title or _(known_title),
        text=text or _(known_text),
        kept=typed() if passing else None,
        back=_again() if passing else None,
    )
    response = make_response(body, status)
    if passing:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return response


def _again() -> str | None:
    """Where to try again: this page, or the form that was sent; nothing when the browser doesn't tell."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return (request.referrer or "").removeprefix(request.host_url.rstrip("/")) if _came_from_here() else None


def _came_from_here() -> bool:
    return bool(request.referrer and request.referrer.startswith(request.host_url))


def on_http(error: HTTPException) -> AnyResponse:
    """Redirects pass through; everything else becomes a page."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    response = page(status)
    for name, value in error.get_headers():
        if name.lower() in ("retry-after", "allow"):
            response.headers[name] = value
    return response


def on_csrf(error: CSRFError) -> Response:
    """The form was open for too long or in another browser: nothing was done."""
    return page(
        400,
        _("Cette page est restée ouverte trop longtemps"),
        _("Par sécurité, rien n’a été enregistré. Revenez à la page précédente, rechargez-la et recommencez."),
    )


def on_refused(refused: Refused) -> AnyResponse:
    """A refusal that the page itself didn't take care of."""
    if refused.code in ACTOR_CODES:
        return _sign_in_again(refused)
    described = describe(refused)
    return page(described.status, text=described.text)


def _sign_in_again(refused: Refused) -> AnyResponse:
    """The service refuses this actor: forget it here too, and let the person sign in."""
    was_agent = viewer().is_agent
    forget_resolved_session()
    if not cookies.kept(SESSION_COOKIE):
        return page(403)
    flash_refusal(refused)
    return close_session(redirect(url_for("sign_in.agent" if was_agent else "sign_in.partner")))  # type: ignore[arg-type]


def on_unavailable(error: Unavailable) -> Response:
    log.warning("service_unavailable", detail=str(error))
    return page(503)


def on_bug(error: Exception) -> Response:
    """Anything unforeseen: logged with its trace id, which the page shows as a reference."""
    log.exception("unhandled_error", exc_info=error)
    return page(500)


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, on_csrf)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(Refused, on_refused)
    app.register_error_handler(Unavailable, on_unavailable)
    app.register_error_handler(Exception, on_bug)
