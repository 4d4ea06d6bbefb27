"""The versions of the convention's text: what each changes, a preview with a chosen structure's data, and
amendments."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from gateway.access import allow, viewer
from gateway.clients.conventions import CafConventionsClient, TextsClient
from gateway.clients.conventions_results import ConventionLine
from gateway.files import send_stored
from gateway.security import allow_framing_by_ourselves

blueprint = Blueprint("caf_convention_texts", __name__, url_prefix="/caf/textes-de-convention")

SEARCHED, OFFERED = 50, 10
REVIEWERS = ("signatory", "instructor", "administrator")


@blueprint.get("")
@allow(*REVIEWERS)
def index() -> ResponseReturnValue:
    """The versions, newest first, the difference of two of them, and the preview of one with the data of a structure
    that is looked for by name or number."""
    versions = TextsClient().text_versions()
    known = [one["version"] for one in versions["items"]]
    now = request.args.get("apres") or known[0]
    before = request.args.get("avant") or known[min(1, len(known) - 1)]
    words = (request.args.get("structure") or "").strip()[:100]
    compared = TextsClient().text_difference(before, now) if before != now else None
    return render_template(
        "caf_conventions/texts.html",
        versions=versions,
        before=before,
        now=now,
        compared=compared,
        may_sign=viewer().may("signatory"),
        typed=words,
        found=_structures(words) if words else [],
        **_chosen(known, versions["in_effect"]),
    )


def _structures(words: str) -> list[ConventionLine]:
    """Those whose data is known, each once by its newest convention; an agent who sees too many types more."""
    lines = CafConventionsClient().conventions(words=words, sort="newest", limit=SEARCHED)["items"]
    newest = {line["structure_id"]: line for line in reversed(lines) if line["has_document"]}
    return sorted(newest.values(), key=lambda line: line["structure_name"])[:OFFERED]


def _chosen(known: list[str], in_effect: str) -> dict[str, Any]:
    """The structure and the version to be previewed: the one in effect unless another was chosen."""
    wanted = request.args.get("convention")
    version = request.args.get("version")
    return {
        "chosen": CafConventionsClient().convention(wanted) if wanted else None,
        "previewed": version if version in known else in_effect,
    }


@blueprint.get("/<version>/apercu")
@allow(*REVIEWERS)
def preview(version: str) -> ResponseReturnValue:
    """The version filled with the data of the structure of `convention`, or else of the first one that has a
    document."""
    wanted = request.args.get("convention") or _any_convention()
    if wanted is None:
        flash(_("Aucune convention n’a encore de document : l’aperçu demande les données d’une structure."), "info")
        return redirect(url_for(".index"), 303)
    allow_framing_by_ourselves()
    return send_stored(dict(TextsClient().preview_text(version, wanted)), inline=True)


def _any_convention() -> str | None:
    for state in ("active", "signed_by_partner"):
        found = CafConventionsClient().conventions(state=state, limit=1)["items"]
        if found:
            return found[0]["convention_id"]
    return None


@blueprint.post("/avenants")
@allow("signatory")
def amend_all() -> ResponseReturnValue:
    """Propose the newest text to every partner who has an older one."""
    proposed: Any = TextsClient().amend_all()["proposed"]
    text = ngettext(
        "La nouvelle version est proposée à %(num)s partenaire.",
        "La nouvelle version est proposée à %(num)s partenaires.",
        proposed,
    )
    flash(text, "success")
    return redirect(url_for(".index"), 303)
