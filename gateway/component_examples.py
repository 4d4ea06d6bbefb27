"""A form with one field of each kind, for `/dev/components`."""

from wtforms import (
    BooleanField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from gateway.forms import EurosField, Form
from services.chassis.refusals import Refused


class ExampleForm(Form):
    name = StringField("Nom de la structure", validators=[InputRequired()])
    email = StringField("Adresse e-mail", validators=[InputRequired()])
    amount = EurosField("Montant", validators=[InputRequired()])
    secret = PasswordField("Mot de passe", validators=[InputRequired()])
    kind = SelectField("Type de structure", choices=[("association", "Association"), ("company", "Entreprise")])
    text = TextAreaField("Présentation")
    when = RadioField("Quand ?", choices=[("now", "Tout de suite"), ("later", "Plus tard")])
    activities = SelectMultipleField(
        "Activités",
        choices=[("judo", "Judo"), ("swimming", "Natation"), ("theatre", "Théâtre"), ("music", "Musique")],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    agreed = BooleanField("J’accepte les conditions d’utilisation de mes données")
    proof = FileField("Statuts")


def example_form_with_errors() -> ExampleForm:
    """The same form as a service would refuse it."""
    form = ExampleForm(prefix="wrong")
    form.take_refusal(
        Refused(
            "validation_failed",
            {
                "errors": {
                    "name": ["Donnez le nom de la structure."],
                    "email": ["Cette adresse e-mail est déjà celle d’un compte. Une adresse = un seul compte."],
                    "amount": ["Écrivez un montant en euros, par exemple 12,50."],
                    "kind": ["Choisissez un type dans la liste."],
                    "activities": ["Cochez au moins une activité."],
                    "agreed": ["Cochez la case pour continuer."],
                    "proof": ["Ce fichier est un document Word. Les formats acceptés sont : PNG, JPEG, GIF, PDF."],
                }
            },
        )
    )
    return form
