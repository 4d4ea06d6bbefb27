"""Writes the table of communes anew: `python -m deploy.communes COMMUNES_JSON CITIES_TXT`, each January.

COMMUNES_JSON is `data/communes.json` of Etalab's «decoupage-administratif» (INSEE's Code officiel géographique with the
postcodes of each commune, Licence Ouverte 2.0); CITIES_TXT is GeoNames' `cities500.txt` (CC BY 4.0), whose fourth
administrative code is INSEE's.
"""

import csv
import json
import sys
from pathlib import Path
from typing import Any

from services.partners.catalogue import FOLDER

COLUMNS = ("code", "name", "postcodes", "latitude", "longitude", "former_names")
PRESENT, MERGED = "commune-actuelle", ("commune-deleguee", "commune-associee")
NOT_IN_GEONAMES = {"93039": (48.937, 2.343)}  # L’Île-Saint-Denis
FRANCE = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF"})


def centres(lines: Any) -> dict[str, tuple[float, float]]:
    """The place of the most people of each commune, by INSEE code, to about a hundred metres."""
    found: dict[str, tuple[int, tuple[float, float]]] = {}
    for line in lines:
        cells = line.rstrip("\n").split("\t")
        if cells[8] not in FRANCE or not cells[13]:
            continue
        people = int(cells[14])
        if people >= found.get(cells[13], (-1,))[0]:
            found[cells[13]] = people, (round(float(cells[4]), 3), round(float(cells[5]), 3))
    return NOT_IN_GEONAMES | {code: place for code, (_, place) in found.items()}


def rows(communes: list[dict[str, Any]], known: dict[str, tuple[float, float]]) -> list[tuple[Any, ...]]:
    """One row for each present commune with a postcode; names of communes that were merged into it are kept."""
    former: dict[str, set[str]] = {}
    for one in communes:
        if one["type"] in MERGED:
            former.setdefault(one["chefLieu"], set()).add(one["nom"])
    return sorted(
        _row(one, known, former.get(one["code"], set()))
        for one in communes
        if one["type"] == PRESENT and one.get("codesPostaux")
    )


def _row(one: dict[str, Any], known: dict[str, tuple[float, float]], former: set[str]) -> tuple[Any, ...]:
    codes = [one["code"], *one.get("anciensCodes", [])]
    centre = next((known[code] for code in codes if code in known), ("", ""))
    names = "|".join(sorted(former - {one["nom"]}))
    return one["code"], _french(one["nom"]), " ".join(one["codesPostaux"]), *centre, _french(names)


def _french(text: str) -> str:
    """With the apostrophe of French typography."""
    return text.replace("'", "’")


def main(communes_json: str, cities_txt: str) -> None:
    with Path(cities_txt).open(encoding="utf-8") as lines:
        known = centres(lines)
    made = rows(json.loads(Path(communes_json).read_text(encoding="utf-8")), known)
    with (FOLDER / "communes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *made])
    print(f"{len(made)} communes, {sum(1 for row in made if row[3] != '')} with a centre")


if __name__ == "__main__":
    main(*sys.argv[1:])
