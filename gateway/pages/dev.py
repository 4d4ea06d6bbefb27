"""Development only: the mails and SMS that would have left, every component in all its states, every error page."""

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from gateway.access import VISITOR, allow
from gateway.component_examples import ExampleForm, example_form_with_errors, example_plots
from gateway.errors import TEXTS, page
from gateway.security import allow_framing_by_ourselves
from gateway.told import tell
from services.chassis.config import settings

blueprint = Blueprint("dev", __name__, url_prefix="/dev")
SHOWN = 100


def _folder(kind: str) -> Path:
    return settings().var / "outbox" / kind


def _mail(path: Path) -> EmailMessage:
    return message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]


def _newest(kind: str, pattern: str) -> list[Path]:
    return sorted(_folder(kind).glob(pattern), reverse=True)[:SHOWN]


def _shown_mail(path: Path) -> dict[str, Any]:
    mail = _mail(path)
    text = mail.get_body(("plain",))
    return {
        "name": path.name,
        "to": mail["To"],
        "subject": mail["Subject"],
        "date": mail["Date"],
        "text": text.get_content() if text else "",
        "html": mail.get_body(("html",)) is not None,
        "attachments": [part.get_filename() for part in mail.iter_attachments()],
    }


@blueprint.get("/outbox")
@allow(VISITOR)
def outbox() -> ResponseReturnValue:
    messages = [json.loads(path.read_text("utf-8")) for path in _newest("sms", "*.json")]
    mails = [_shown_mail(path) for path in _newest("mail", "*.eml")]
    return render_template("dev/outbox.html", mails=mails, messages=messages)


@blueprint.get("/outbox/<name>")
@allow(VISITOR)
def mail_html(name: str) -> ResponseReturnValue:
    """The HTML part alone, as the reader would see it: no script, its own styles."""
    path = _folder("mail") / Path(name).name
    html = _mail(path).get_body(("html",)) if path.is_file() else None
    if html is None:
        abort(404)
    allow_framing_by_ourselves()
    response = Response(html.get_content(), mimetype="text/html")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"
    )
    return response


@blueprint.get("/erreurs/<int:status>")
@allow(VISITOR)
def error(status: int) -> ResponseReturnValue:
    """Each page of our own for what can fail, without making it fail."""
    if status not in TEXTS:
        abort(404)
    return page(status)


@blueprint.get("/components")
@allow(VISITOR)
def components() -> ResponseReturnValue:
    tell("Ce code n’est pas le bon.", at="exemple")
    return render_template(
        "dev/components.html", form=ExampleForm(), wrong=example_form_with_errors(), plots=example_plots()
    )
