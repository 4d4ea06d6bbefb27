"""The base of every form: CSRF, French messages, and refusals of a service shown at their fields."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField

from gateway.formatting import phone
from gateway.refusals import describe
from gateway.typography import NO_BREAK
from services.chassis.refusals import Refused

REQUIRED = _l("Ce champ est obligatoire.")


class Form(FlaskForm):
    """A form whose errors can also come from the service that owns the rule."""

    def take_refusal(self, refused: Refused) -> None:
        """Show `refused` on the form: `validation_failed` at its fields, anything else at the top."""
        if refused.code != "validation_failed":
            self.form_errors.append(describe(refused).text)
            return
        for name, messages in (refused.fields.get("errors") or {}).items():
            self._add_errors(name, [messages] if isinstance(messages, str) else _flatten(messages))

    def _add_errors(self, name: str, messages: list[str]) -> None:
        if name in self._fields:
            field = self._fields[name]
            field.errors = [*field.errors, *messages]
        else:
            self.form_errors.extend(messages)

    def listed_errors(self) -> list[tuple[str | None, str]]:
        """(id of the field or None, message) in the order of the page, for the error summary."""
        listed: list[tuple[str | None, str]] = [(None, message) for message in self.form_errors]
        for field in self:
            listed += [(field.id, _self_sufficient(message, field.label.text)) for message in _flatten(field.errors)]
        return listed


def _self_sufficient(message: str, label: str) -> str:
    """In the summary a message stands without its field: «Ce champ» must be named."""
    return _("« %(label)s » est à remplir.", label=label) if message == str(REQUIRED) else message


def _flatten(errors: Any) -> list[str]:
    """Messages of a field, whatever their nesting (marshmallow and WTForms nest lists and dicts)."""
    if not isinstance(errors, dict | list | tuple):
        return [str(errors)]  # a text, or one that is translated when it is shown
    parts = errors.values() if isinstance(errors, dict) else errors
    return [message for part in parts for message in _flatten(part)]


class PhoneField(StringField):
    """A number shown as it is dialled, in whatever form it is kept; what was typed stays as it was typed."""

    def _value(self) -> str:
        if self.raw_data or not self.data:
            return str(super()._value())
        return phone(self.data).replace(NO_BREAK, " ")


class EurosField(StringField):
    """An amount typed as people write it («12», «12,50 €»); `data` is an integer number of cents."""

    AMOUNT = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))?")

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = re.sub(r"[\s€]", "", valuelist[0]) if valuelist else ""
        self.data = None
        if not typed:
            return
        match = self.AMOUNT.fullmatch(typed)
        if not match:
            raise ValueError(_("Écrivez un montant en euros, par exemple 12,50."))
        self.data = int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, cents = divmod(self.data, 100)
        return f"{whole},{cents:02d}" if cents else str(whole)
