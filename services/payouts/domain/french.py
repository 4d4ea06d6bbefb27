"""Amounts and days as French documents write them (Lexique des règles typographiques de l'Imprimerie nationale)."""

from datetime import date

_NARROW = "\u202f"  # between groups of three digits
_NO_BREAK = "\u00a0"  # before the currency
_MINUS = "\u2212"


def euros(cents: int) -> str:
    """123450 → «1 234,50 €» with unbreakable spaces; a negative amount has a true minus sign."""
    whole, rest = divmod(abs(cents), 100)
    grouped = f"{whole:,}".replace(",", _NARROW)
    return f"{_MINUS if cents < 0 else ''}{grouped},{rest:02d}{_NO_BREAK}€"


def day(on: date) -> str:
    """«26/11/2026»."""
    return f"{on:%d/%m/%Y}"


def decimal(cents: int) -> str:
    """123450 → «1234,50»: an amount for a French spreadsheet."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole},{rest:02d}"
