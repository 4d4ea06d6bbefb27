"""The forms of the seven steps. Their rules are the partners service's: here is only what a page needs to show."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length

from gateway.clients.partners_results import Catalogue, Document, Draft
from gateway.forms import Form, PhoneField
from gateway.reference_lists import ActivitiesField

STEP_LABELS = (
    _l("Informations générales sur les modalités d’inscription"),
    _l("Type de structure"),
    _l("Information concernant la structure"),
    _l("Information concernant le représentant légal"),
    _l("Activités proposées"),
    _l("Coordonnées bancaires"),
    _l("Utilisation des données"),
)
"""The guide's headings."""

FILE_PREFIX, DATE_PREFIX = "file_", "date_"
DATE_LABELS = {"issued": _l("Date du document"), "expires": _l("Date de fin de validité")}


class DocumentField(MultipleFileField):
    """The files of one kind of document: those already kept (`files`) and those just chosen."""

    def __init__(self, *args: Any, kind: str = "", hint: str = "", max_files: int = 1, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.kind, self.hint, self.max_files = kind, hint, max_files
        self.files: list[Document] = []

    def chosen(self) -> list[Any]:
        """The uploads that really hold a file."""
        return [upload for upload in self.data or [] if getattr(upload, "filename", "")]


class StepForm(Form):
    """One step: its fields, its documents, and the version that the page was made from."""

    step_version = HiddenField()

    def document_fields(self) -> list[DocumentField]:
        return [field for field in self if isinstance(field, DocumentField)]

    def date_of(self, field: DocumentField) -> Any | None:
        """The field for the date that a document bears, where one is asked for."""
        return self._fields.get(f"{DATE_PREFIX}{field.kind}")

    def answers(self) -> dict[str, Any]:
        """What was typed, by field."""
        skipped = {"step_version", "csrf_token"}
        return {
            field.name: field.data
            for field in self
            if field.name not in skipped and not isinstance(field, DocumentField)
        }

    def version_seen(self) -> int:
        typed = str(self.step_version.data or "")
        return int(typed) if typed.isdigit() else 0

    def has_errors(self) -> bool:
        return bool(self.form_errors) or any(field.errors for field in self)

    def listed_errors(self) -> list[tuple[str | None, str]]:
        """The summary names the field: «Commune : ce champ est obligatoire» can be read alone."""
        labels = {field.id: field.label.text for field in self}
        return [
            (field_id, f"{labels[field_id]} : {text}" if field_id else text)
            for field_id, text in super().listed_errors()
        ]

    def add_error(self, name: str, text: str) -> None:
        self._add_errors(name, [text])

    def show_files(self, draft: Draft) -> None:
        for field in self.document_fields():
            field.files = [file for file in draft["documents"] if file["kind"] == field.kind]

    def ask_for_missing_documents(self, draft: Draft) -> None:
        """Required documents that aren't there yet."""
        self.show_files(draft)
        for field in self.document_fields():
            if field.flags.required and not field.files and not field.errors:
                field.errors = [_("Déposez ce justificatif : %(name)s.", name=field.label.text)]


class StructureTypeForm(StepForm):
    structure_type = SelectField(_l("Type de structure"), validate_choice=False)


class StructureForm(StepForm):
    name = StringField(_l("Nom de la structure"))
    siret = StringField(_l("Numéro SIRET"))
    rna = StringField(_l("Numéro RNA"))
    naf = StringField(_l("Code NAF (APE)"))
    address_line1 = StringField(_l("Adresse"))
    address_line2 = StringField(_l("Complément d’adresse"))
    postcode = StringField(_l("Code postal"))
    commune_name = StringField(_l("Commune"))
    email = StringField(_l("Adresse e-mail de la structure"))
    phone = PhoneField(_l("Téléphone"))
    website = StringField(_l("Site internet"))


class RepresentativeForm(StepForm):
    civility = RadioField(
        _l("Civilité"), choices=[("Mme", _l("Madame")), ("M.", _l("Monsieur"))], validate_choice=False
    )
    last_name = StringField(_l("Nom"))
    first_name = StringField(_l("Prénom"))
    position = StringField(_l("Fonction dans la structure"))
    email = StringField(_l("Adresse e-mail personnelle"))
    mobile = PhoneField(_l("Téléphone portable"))


class RepresentativeNameForm(StepForm):
    """What of the representative is corrected here; address and mobile have pages of their own."""

    civility = RadioField(
        _l("Civilité"), choices=[("Mme", _l("Madame")), ("M.", _l("Monsieur"))], validate_choice=False
    )
    last_name = StringField(_l("Nom"))
    first_name = StringField(_l("Prénom"))
    position = StringField(_l("Fonction dans la structure"))


class ActivitiesForm(StepForm):
    activities = ActivitiesField(_l("Activités proposées"), validate_choice=False)
    federation = StringField(_l("Fédération d’affiliation"))


class BankAccountForm(StepForm):
    iban = StringField(_l("IBAN"))
    holder = StringField(_l("Titulaire du compte"))


class ConsentForm(Form):
    version = HiddenField()
    consent = BooleanField(
        _l("J’ai lu les conditions d’utilisation de mes données et je les accepte."),
        validators=[InputRequired(_l("Cochez la case pour accepter les conditions d’utilisation de vos données."))],
    )


class LinkForm(Form):
    email = StringField(
        _l("Adresse e-mail où envoyer le lien"),
        validators=[InputRequired(_l("Saisissez une adresse e-mail.")), Length(max=254)],
    )


FORMS: dict[int, type[StepForm]] = {
    2: StructureTypeForm,
    3: StructureForm,
    4: RepresentativeForm,
    5: ActivitiesForm,
    6: BankAccountForm,
}
_NOT_GIVEN = object()


def form_with_documents(base: type[StepForm], kinds: Sequence[Any]) -> type[StepForm]:
    """The form and one file field for each kind of document."""
    fields: dict[str, Any] = {
        f"{FILE_PREFIX}{kind['kind']}": DocumentField(
            kind["label"],
            kind=kind["kind"],
            hint=kind["hint"],
            max_files=kind["max_files"],
            render_kw={"required": True} if kind["required"] else None,
        )
        for kind in kinds
    }
    fields |= {f"{DATE_PREFIX}{kind['kind']}": StringField(DATE_LABELS[kind["date"]]) for kind in kinds if kind["date"]}
    return type(base.__name__, (base,), fields)


def form_of_step(number: int, draft: Draft, catalogue: Catalogue, formdata: Any = _NOT_GIVEN) -> StepForm:
    """The form of a step with what the draft holds; with `formdata=None`, nothing of the request."""
    structure_type = _structure_type(draft, catalogue)
    kinds = [kind for kind in structure_type["documents"] if kind["step"] == number] if structure_type else []
    form_class = form_with_documents(FORMS[number], kinds)
    given = {} if formdata is _NOT_GIVEN else {"formdata": formdata}
    form = form_class(**given, data=_known(number, draft))
    for kind in kinds:
        form[f"{FILE_PREFIX}{kind['kind']}"].flags.required = kind["required"]
    _offer_choices(form, catalogue, structure_type)
    form.show_files(draft)
    return form


def correction_form(
    form_class: type[StepForm], data: dict[str, Any], catalogue: Catalogue, structure_type: str, **given: Any
) -> StepForm:
    """The form of one group of fields with what the application holds."""
    form = form_class(**given, data=data)
    found = next((one for one in catalogue["structure_types"] if one["code"] == structure_type), None)
    _offer_choices(form, catalogue, found)
    return form


def _structure_type(draft: Draft, catalogue: Catalogue) -> Any:
    return next((one for one in catalogue["structure_types"] if one["code"] == draft["structure_type"]), None)


def _known(number: int, draft: Draft) -> dict[str, Any]:
    """What the draft holds of a step, as the form's fields. The IBAN itself never comes back."""
    known: dict[int, dict[str, Any]] = {
        2: {"structure_type": draft["structure_type"]},
        3: dict(draft["structure"]),
        4: dict(draft["representative"] or {}),
        5: {"activities": draft["activities"], "federation": draft["federation"]},
        6: {"holder": draft["bank_account"]["holder"] if draft["bank_account"] else draft["structure"].get("name")},
    }
    dates = {f"{DATE_PREFIX}{kind}": on for kind, on in draft["document_dates"].items()}
    return {**known[number], **dates, "step_version": draft["step_versions"].get(str(number), 0)}


def _offer_choices(form: StepForm, catalogue: Catalogue, structure_type: Any) -> None:
    if isinstance(form, StructureTypeForm):
        offered = [(one["code"], one["label"]) for one in catalogue["structure_types"]]
        form.structure_type.choices = [("", _("Choisissez…")), *offered]
    if isinstance(form, ActivitiesForm):
        form.activities.offer(catalogue["activities"])
    if isinstance(form, StructureForm) and structure_type and not structure_type["has_rna"]:
        del form.rna
