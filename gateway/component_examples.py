"""A form with one field of each kind, for `/dev/components`."""

from typing import Any

from wtforms import (
    BooleanField,
    FileField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from gateway import map_plot, plots
from gateway.clients.partners_results import Activity
from gateway.forms import EurosField, Form
from gateway.reference_lists import ActivitiesField
from services.chassis.refusals import Refused

ACTIVITIES: list[Activity] = [
    {"code": "judo", "label": "Judo", "family": "Sports"},
    {"code": "swimming", "label": "Natation", "family": "Sports"},
    {"code": "theatre", "label": "Théâtre", "family": "Danse et expression"},
]


class ExampleForm(Form):
    name = StringField("Nom de la structure", validators=[InputRequired()])
    email = StringField("Adresse e-mail", validators=[InputRequired()])
    amount = EurosField("Montant", validators=[InputRequired()])
    secret = PasswordField("Mot de passe", validators=[InputRequired()])
    kind = SelectField("Type de structure", choices=[("association", "Association"), ("company", "Entreprise")])
    text = TextAreaField("Présentation")
    when = RadioField("Quand ?", choices=[("now", "Tout de suite"), ("later", "Plus tard")])
    activities = ActivitiesField("Activités")
    code = StringField("Code d’authentification")
    agreed = BooleanField("J’accepte les conditions d’utilisation de mes données")
    proof = FileField("Statuts")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.activities.offer(ACTIVITIES)


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


def example_plots() -> dict[str, dict[str, Any]]:
    """One plot of each kind."""
    months = [plots.Point(label, value, f"{value} transactions", label[:5]) for label, value in MONTHS]
    states = [plots.Point("À prendre en charge", 12, "12"), plots.Point("En cours d’instruction", 5, "5")]
    parts = [plots.Point("Engagé (pass émis)", 62, "62 000,00 €"), plots.Point("Dépensé", 31, "31 000,00 €")]
    places = [map_plot.Place(name, north, east) for name, north, east, _ in COMMUNES]
    used = [plots.Point(name, count, f"{count} transactions") for name, _, _, count in COMMUNES if count]
    return {
        "bars": plots.bars("Vos transactions, mois par mois", "Mois", "Transactions", months),
        "rows": plots.rows("Demandes de labellisation, par état", "État", "Demandes", states),
        "shares": plots.shares("Budget de 2026-2027 : 100 000,00 €", "Part", "Montant", parts, 100),
        "map": map_plot.areas("Communes où les pass sont utilisés", "Commune", "Transactions", places, used),
        "empty": plots.bars("Vos remboursements, mois par mois", "Mois", "Remboursements", []),
    }


MONTHS = (
    ("juin 2026", 4),
    ("juil. 2026", 2),
    ("août 2026", 0),
    ("sept. 2026", 31),
    ("oct. 2026", 24),
    ("nov. 2026", 9),
)
COMMUNES = (
    ("Bobigny", 48.91, 2.44, 31), ("Pantin", 48.894, 2.41, 12), ("Montreuil", 48.863, 2.448, 24), 
    ("Bondy", 48.902, 2.483, 4),
    ("Drancy", 48.923, 2.445, 0), ("Aubervilliers", 48.914, 2.382, 9), ("Saint-Denis", 48.936, 2.357, 18),
)  # fmt: skip
