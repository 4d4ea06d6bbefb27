"""What each step of the form accepts: marshmallow schemas with messages in French for the person who fills it in.

`load_step(step, answers, structure_type)` returns the normal form, or refuses `validation_failed`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date as day
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validates, validates_schema

from services.partners import catalogue, checks
from services.partners.domain.application import Step
from services.partners.domain.documents import DocumentKind, StructureType
from services.partners.domain.identifiers import compact, is_postcode, is_rna, is_siret, naf_code
from services.partners.domain.refusals import StepUnknown, ValidationFailed

REQUIRED = "Ce champ est obligatoire."
TOO_LONG = "Ce texte est trop long ({max} caractères au plus)."


class Line(fields.String):
    """One line of text: spaces tidied, at most `longest` characters. An empty one counts as not given."""

    def __init__(self, *, longest: int = 200, check: Callable[[str], str] | None = None, **kwargs: Any):
        kwargs.setdefault("required", False)
        if not kwargs["required"]:
            kwargs.setdefault("load_default", None)
            kwargs["allow_none"] = True
        kwargs["error_messages"] = {"required": REQUIRED, "null": REQUIRED, "invalid": REQUIRED}
        super().__init__(**kwargs)
        self._longest, self._check = longest, check

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = " ".join(super()._deserialize(value, attr, data, **kwargs).split())
        if len(text) > self._longest:
            raise ValidationError(TOO_LONG.format(max=self._longest))
        if any(ord(char) < 32 for char in text):
            raise ValidationError("Ce texte contient des caractères qui ne peuvent pas être enregistrés.")
        try:
            return self._check(text) if self._check else text
        except checks.Wrong as wrong:
            raise ValidationError(str(wrong)) from None


class Answers(Schema):
    """The base: unknown fields are ignored, empty texts are absent."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _without_blanks(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {
            name: value
            for name, value in data.items()
            if value is not None and not (isinstance(value, str) and not value.strip())
        }


def _siret(text: str) -> str:
    number = compact(text)
    if not number.isdigit() or len(number) != 14:
        raise checks.Wrong("Le numéro SIRET compte 14 chiffres : il figure sur votre avis SIRENE.")
    if not is_siret(number):
        raise checks.Wrong("Ce numéro SIRET n’existe pas : un chiffre est sans doute faux. Vérifiez-le.")
    return number


def _rna(text: str) -> str:
    number = compact(text)
    if not is_rna(number):
        raise checks.Wrong("Le numéro RNA s’écrit W suivi de 9 chiffres, par exemple W931234567.")
    return number


def _naf(text: str) -> str:
    code = naf_code(text)
    if code is None:
        raise checks.Wrong("Le code NAF (APE) s’écrit avec 4 chiffres et une lettre, par exemple 93.12Z.")
    return code


def _postcode(text: str) -> str:
    code = compact(text)
    if not is_postcode(code):
        raise checks.Wrong("Le code postal compte 5 chiffres, par exemple 93000.")
    return code


class StructureTypeAnswers(Answers):
    """Step 2."""

    structure_type_code = Line(required=True, data_key="structure_type")

    @validates("structure_type_code")
    def _known(self, value: str, **_: Any) -> None:
        if value not in catalogue.structure_types():
            raise ValidationError("Choisissez un type de structure dans la liste.")


class StructureAnswers(Answers):
    """Step 3: all of it will be public."""

    name = Line(required=True, longest=150)
    siret = Line(required=True, check=_siret)
    rna = Line(check=_rna)
    naf = Line(check=_naf)
    address_line1 = Line(required=True, longest=100)
    address_line2 = Line(longest=100)
    postcode = Line(required=True, check=_postcode)
    commune_name = Line(required=True, longest=80)
    email = Line(required=True, longest=254, check=checks.email)
    phone = Line(check=checks.french_phone)
    website = Line(check=checks.website)

    @validates_schema
    def _commune_of_the_postcode(self, data: dict[str, Any], **_: Any) -> None:
        postcode, name = data.get("postcode"), data.get("commune_name")
        known = catalogue.communes_at(postcode) if postcode else []
        if name and known and catalogue.commune_of(str(postcode), name) is None:
            names = " ou ".join(commune.name for commune in known)
            raise ValidationError(
                f"Ce code postal est celui de {names}. Corrigez le code postal ou la commune.", "commune_name"
            )


class RepresentativeAnswers(Answers):
    """Step 4: checked here as typed, kept by identity, which checks again."""

    civility = Line(required=True)
    last_name = Line(required=True, longest=100)
    first_name = Line(required=True, longest=80)
    position = Line(required=True, longest=80)
    email = Line(required=True, longest=254, check=checks.email)
    mobile = Line(required=True, check=checks.french_mobile)

    @validates("civility")
    def _known(self, value: str, **_: Any) -> None:
        if value not in ("Mme", "M."):
            raise ValidationError("Choisissez une civilité.")


class ActivitiesAnswers(Answers):
    """Step 5."""

    activities = fields.List(fields.String(), required=True, error_messages={"required": "Cochez une activité."})
    federation = Line(longest=120)

    @validates("activities")
    def _known(self, value: list[str], **_: Any) -> None:
        if not value or not set(value) <= set(catalogue.activities()):
            raise ValidationError("Cochez au moins une activité.")


class BankAccountAnswers(Answers):
    """Step 6. Going back without typing the IBAN again keeps the one already given."""

    iban = Line(required=True, check=lambda text: checks.iban(text).iban)
    holder = Line(required=True, longest=70)


SCHEMAS: dict[int, type[Answers]] = {
    Step.STRUCTURE_TYPE: StructureTypeAnswers,
    Step.STRUCTURE: StructureAnswers,
    Step.REPRESENTATIVE: RepresentativeAnswers,
    Step.ACTIVITIES: ActivitiesAnswers,
    Step.BANK_ACCOUNT: BankAccountAnswers,
}


def load_step(step: int, answers: Mapping[str, Any], structure_type: StructureType | None = None) -> dict[str, Any]:
    """The answers in their normal form. Refuses `validation_failed`, `step_unknown`."""
    found, errors = _load(step, answers)
    if errors:
        raise ValidationFailed(errors)
    if step == Step.STRUCTURE:
        _settle_structure(found, structure_type)
    if step == Step.ACTIVITIES:
        found["activities"] = [code for code in catalogue.activities() if code in set(found["activities"])]
    return found


def load_dates(kinds: Iterable[DocumentKind], given: Mapping[str, Any], today: day) -> dict[str, str]:
    """The dates of documents, typed beside them as `date_<kind>`; none is required. Refuses `validation_failed`."""
    found, errors = {}, {}
    for kind in kinds:
        name = f"date_{kind.kind}"
        typed = str(given.get(name) or "").strip()
        try:
            if kind.date and typed:
                found[kind.kind] = _date(kind, typed, today).isoformat()
        except ValueError:
            errors[name] = ["Cette date n’est pas valide. Écrivez-la par exemple 31/12/2026."]
    if errors:
        raise ValidationFailed(errors)
    return found


def _date(kind: DocumentKind, typed: str, today: day) -> day:
    """A day as browsers send it or as people write it; one of issue isn't in the future. Raises ValueError."""
    written = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", typed)
    found = day(int(written[3]), int(written[2]), int(written[1])) if written else day.fromisoformat(typed)
    if not 1950 <= found.year <= 2100 or (kind.date == "issued" and found > today):
        raise ValueError(typed)
    return found


def check_some(step: int, answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """The messages for the fields given, and for those only (check as typed)."""
    _, errors = _load(step, answers)
    return {name: messages for name, messages in errors.items() if answers.get(name)}


def _load(step: int, answers: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    if step not in SCHEMAS:
        raise StepUnknown(step=step)
    try:
        return SCHEMAS[step]().load(answers), {}
    except ValidationError as invalid:
        return {}, {name: _flat(messages) for name, messages in invalid.normalized_messages().items()}


def _flat(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [text for part in messages.values() for text in _flat(part)]
    return [messages] if isinstance(messages, str) else list(messages)


def _settle_structure(found: dict[str, Any], structure_type: StructureType | None) -> None:
    """The commune's official name and INSEE code, where known; an RNA only where the type has one."""
    commune = catalogue.commune_of(found["postcode"], found["commune_name"])
    found["commune_code"] = commune.code if commune else None
    if commune:
        found["commune_name"] = commune.name
    if structure_type is not None and not structure_type.has_rna:
        found["rna"] = None
