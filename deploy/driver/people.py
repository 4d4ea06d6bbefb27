"""Made-up people and structures with identifiers that pass every check: nobody real, nothing secret."""

import random
from dataclasses import dataclass, field
from threading import Event
from time import time

import pyotp
from schwifty import IBAN
from stdnum import luhn

NAMES = (
    ("Judo Club du Lac", "Judo, jujitsu", "93000", "Bobigny"),
    ("École de danse des Lilas", "Danse", "93260", "Les Lilas"),
    ("Escalade Montreuil", "Escalade", "93100", "Montreuil"),
    ("Harmonie de Pantin", "Musique, instrument", "93500", "Pantin"),
    ("Nautique Saint-Denis", "Natation", "93200", "Saint-Denis"),
)
PASSWORD = "Galets-Verts-77-Lagune"  # noqa: S105 - of a made-up person on a development platform
STEP_S = 30
TYPING_S = 20


@dataclass
class Applicant:
    """A structure and its legal representative, before and after they are labelled."""

    structure: str
    activity: str
    postcode: str
    commune: str
    siret: str
    iban: str
    structure_email: str
    first_name: str
    last_name: str
    email: str
    mobile: str
    password: str = PASSWORD
    partner_number: str = ""
    structure_id: str = ""


def applicant(index: int = 0, mark: str = "") -> Applicant:
    """The index-th made-up structure; `mark` keeps addresses of several runs on one platform apart."""
    name, activity, postcode, commune = NAMES[index % len(NAMES)]
    number = random.Random(f"{index}{mark}").randrange(10**8)  # noqa: S311 - an example, not a secret
    return Applicant(
        structure=f"{name} {mark}".strip(),
        activity=activity,
        postcode=postcode,
        commune=commune,
        siret=siret(number),
        iban=iban(number),
        structure_email=f"contact{index}{mark}@structure.example",
        first_name="Camille",
        last_name="Morel",
        email=f"camille.morel{index}{mark}@personne.example",
        mobile=f"061234{number % 10_000:04d}",
    )


def siret(number: int) -> str:
    """A SIRET whose SIREN and whole both satisfy Luhn (INSEE)."""
    siren = f"{number % 10**8:08d}"
    siren += luhn.calc_check_digit(siren)
    return siren + "0001" + luhn.calc_check_digit(siren + "0001")


def iban(number: int) -> str:
    """A French IBAN with a right national key and right check digits."""
    return str(IBAN.generate("FR", bank_code="20041", account_code=f"{number % 10**8:011d}", branch_code="01005"))


def international(mobile: str) -> str:
    """`06…` as the SMS provider wants it."""
    return "+33" + mobile.removeprefix("0")


@dataclass
class Agent:
    """An agent of the Caf with password and authenticator."""

    login: str
    password: str
    totp_secret: str
    _last_step: int = field(default=0, repr=False)

    def _next_step(self) -> int:
        present, gone_s = divmod(time(), STEP_S)
        return max(self._last_step + 1, int(present) - (1 if gone_s < STEP_S - TYPING_S else 0))

    def waits_s(self) -> float:
        """How long until there is a code that was not used yet; nothing or less when there is one."""
        return (self._next_step() - 1) * STEP_S - time()

    def code(self) -> str:
        """A code that was not used yet. The platform accepts the steps before and after the present one, once; the one
        before only until the present one ends, so it is taken while there is time to type it."""
        step = self._next_step()
        wait_s = self.waits_s()
        if wait_s > 0:
            Event().wait(wait_s)
        self._last_step = step
        return pyotp.TOTP(self.totp_secret).at(step * STEP_S)
