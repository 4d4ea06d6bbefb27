"""Confirming who one is before an act that weighs: the password and, for who has one, a code of the second factor."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from gateway.access import viewer
from gateway.forms import REQUIRED, Form


class CodeAsked(Form):
    """A form that asks for a code too, of who has a second factor (agents show theirs where money leaves)."""

    code = StringField(_l("Code d’authentification"), validators=[InputRequired(REQUIRED)])

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if not viewer().second_factor or viewer().is_agent:
            del self.code

    @property
    def typed_code(self) -> str | None:
        """The code; None of who isn't asked for one."""
        return self.code.data if self.code else None


class Confirmed(CodeAsked):
    """The password too."""

    password = PasswordField(_l("Mot de passe actuel"), validators=[InputRequired(REQUIRED)])
