"""Cells for spreadsheets, in CSV and XLSX: text from outside must stay text there.

A spreadsheet takes what begins like a formula for one, and formulas can read files and call out (OWASP, «CSV
injection»; ASVS 5.0, 1.2.10). Every export passes its texts through `harmless`; a guard looks for those that don't.
"""

from typing import Any

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


_MARKED = tuple(f"'{sign}" for sign in FORMULA_SIGNS)


def harmless(cell: Any) -> Any:
    """The cell; a text that a spreadsheet would take for a formula is marked as text by a quote in front."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_SIGNS) else cell


def as_it_was(cell: str) -> str:
    """A cell that comes back, without the quote that `harmless` put in front."""
    return cell[1:] if cell.startswith(_MARKED) else cell
