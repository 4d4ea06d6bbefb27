"""Addresses of people, checked on the server: e-mail syntax and French mobile numbers, overseas included."""

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

# France, then the overseas departments whose national numbers look alike but have their own country code.
_REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")

EMAIL_WRONG = "Saisissez une adresse e-mail valide, par exemple prenom.nom@exemple.fr."
MOBILE_WRONG = "Saisissez un numéro de téléphone portable français, par exemple 06 12 34 56 78."


def email(text: str) -> str:
    """The address in its tidy form. Raises ValueError with the French sentence."""
    try:
        return validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError as fault:
        raise ValueError(EMAIL_WRONG) from fault


def mobile(text: str) -> str:
    """The number in E.164. Raises ValueError with the French sentence."""
    for region in _REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(number, region) and _is_mobile(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    raise ValueError(MOBILE_WRONG)


def _is_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(number) == PhoneNumberType.MOBILE
