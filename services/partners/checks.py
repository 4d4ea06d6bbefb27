"""Identifiers that need a table of the outside world: banks (schwifty), phone plans (phonenumbers), mail syntax.

Each function returns the normal form or raises `Wrong` with one French sentence that says what to do.
"""

import re
from dataclasses import dataclass

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberType
from schwifty import IBAN
from schwifty.exceptions import InvalidBBANChecksum, SchwiftyException

from services.partners.domain.identifiers import compact, is_iban_shape

REGIONS = ("FR", "GP", "MQ", "GF", "RE", "YT", "PM")
"""A number typed «06 …» may belong to mainland France or to an overseas department (LIBRARIES)."""

SEPA = frozenset((
    "AD", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI",
    "FR", "GB", "GI", "GR", "HR", "HU", "IE", "IS", "IT", "LI", "LT", "LU",
    "LV", "MC", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "SM",
    "VA",
))  # fmt: skip
"""Countries that a euro transfer reaches (EPC409-09); the overseas departments' accounts are written FR."""


class Wrong(ValueError):
    """What was typed isn't right; the text is for the person who typed it."""


@dataclass(frozen=True)
class CheckedIban:
    """An account that a transfer can reach. `bank_name` and `bic` may be unknown."""

    iban: str
    bank_name: str | None
    bic: str | None


def iban(text: str) -> CheckedIban:
    """An IBAN whose international and national keys are right. Raises Wrong."""
    typed = compact(text)
    if not is_iban_shape(typed):
        raise Wrong("Cet IBAN n’est pas valide. Vérifiez chaque caractère sur votre RIB.")
    try:
        found = IBAN(typed, validate_bban=True)
    except InvalidBBANChecksum:
        raise Wrong("La clé RIB de cet IBAN ne correspond pas au compte. Recopiez-le depuis votre RIB.") from None
    except SchwiftyException:
        raise Wrong("Cet IBAN n’est pas valide. Vérifiez chaque caractère sur votre RIB.") from None
    if typed[:2] not in SEPA:
        raise Wrong("Ce compte n’est pas dans la zone SEPA : le remboursement ne peut pas y être viré.")
    return CheckedIban(typed, found.bank_name or None, str(found.bic) if found.bic else None)


def ibans_in(text: str) -> list[str]:
    """The valid IBANs that a text holds, however they are spaced, each once."""
    packed = re.sub(r"\s", "", text).upper()
    starts = [match.start() for match in re.finditer(r"(?=[A-Z]{2}\d{2}[A-Z0-9]{11})", packed)]
    found = (_iban_at(packed, start) for start in starts)
    return list(dict.fromkeys(iban for iban in found if iban))


def _iban_at(packed: str, start: int) -> str | None:
    """The IBAN that begins there; its country tells its length (ISO 13616: 15 to 34 characters)."""
    candidates = (packed[start : start + length] for length in range(15, 35))
    return next((one for one in candidates if IBAN(one, allow_invalid=True).is_valid), None)


def french_mobile(text: str) -> str:
    """A French mobile number, overseas included, as E.164 («+33612345678»). Raises Wrong."""
    number = _parsed(text)
    if number is None:
        raise Wrong("Ce numéro de téléphone n’est pas valide. Écrivez-le par exemple 06 12 34 56 78.")
    if phonenumbers.number_type(number) not in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise Wrong("Indiquez un numéro de téléphone portable : le code de signature y est envoyé par SMS.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def french_phone(text: str) -> str:
    """Any French number, as E.164. Raises Wrong."""
    number = _parsed(text)
    if number is None:
        raise Wrong("Ce numéro de téléphone n’est pas valide. Écrivez-le par exemple 01 48 00 00 00.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _parsed(text: str) -> phonenumbers.PhoneNumber | None:
    """The number in the first French numbering plan in which it exists."""
    for region in REGIONS:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and phonenumbers.region_code_for_number(number) in REGIONS:
            return number
    return None


def email(text: str) -> str:
    """An address of valid syntax, normalised. Raises Wrong."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise Wrong("Cette adresse e-mail n’est pas valide. Écrivez-la par exemple club@exemple.fr.") from None


def same_email(one: str, other: str) -> bool:
    """Whether two addresses are one for us (compared without case, DOMAIN «Accounts»)."""
    return bool(one) and one.strip().casefold() == other.strip().casefold()


def website(text: str) -> str:
    """An http or https address; without a scheme, https is meant. Raises Wrong."""
    typed = text.strip()
    address = typed if "://" in typed else f"https://{typed}"
    scheme, _, rest = address.partition("://")
    host = rest.split("/")[0]
    if scheme not in ("http", "https") or "." not in host or any(char.isspace() for char in address):
        raise Wrong("Cette adresse de site n’est pas valide. Écrivez-la par exemple https://www.mon-club.fr.")
    return address
