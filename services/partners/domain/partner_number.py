"""The partner number: six digits counted without gaps from 100001, and a check digit.

The check digit is ISO/IEC 7064 MOD 11,10: it finds every single wrong digit and nearly every swap of neighbours, and is
always a digit.
"""

FIRST = 100_001


def check_digit(digits: str) -> str:
    """The ISO/IEC 7064 MOD 11,10 check digit of `digits`."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def partner_number(rank: int) -> str:
    """The number of the `rank`-th partner (from 1)."""
    digits = str(FIRST + rank - 1)
    return digits + check_digit(digits)


def is_partner_number(text: str) -> bool:
    """Seven digits, the last one being the check digit of the others."""
    return text.isascii() and text.isdigit() and len(text) == 7 and check_digit(text[:-1]) == text[-1]
