"""What somebody typed into a form that could not be sent: the error page keeps it and sends it again.

Nothing is stored: the values travel in the page, like those of a form that was refused. They go with the CSRF token
that came with them, so that a page of somebody else gains nothing by it.
"""

from dataclasses import dataclass

from flask import request

SECRETS = {"password", "current", "again", "code", "totp", "secret"}
"""Words in the names of fields that no page shows again: passwords and one-time codes are typed anew."""


@dataclass(frozen=True)
class Typed:
    """`values`: the fields as (name, value) in the order sent. `files`: whether files were chosen, which no page can
    put back."""

    values: tuple[tuple[str, str], ...]
    files: bool


def typed() -> Typed | None:
    """What the request would send, or nothing when it isn't one of our forms or holds a secret."""
    if request.method != "POST" or "csrf_token" not in request.form:
        return None
    values = tuple(request.form.items(multi=True))
    if any(SECRETS & set(name.split("_")) for name, _ in values):
        return None
    return Typed(values, any(file.filename for file in request.files.values()))
