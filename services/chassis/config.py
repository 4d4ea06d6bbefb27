"""The one module that reads the environment. Everything else asks `settings()`.

In production (``PSL_ENV=production``) a process refuses to start with a development stand-in or without a
secret, and names what is wrong.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from environs import Env, validate

SERVICES = ("identity", "partners", "conventions", "transactions", "payouts")
_EXAMPLE_IBAN = "FR7630006000011234567890189"  # the one that French banks print in their explanations
_LOCAL_BROKER = "amqp://guest:guest@127.0.0.1:8001//"


class ConfigurationRefused(SystemExit):
    """The configuration is not fit for production; the text lists every reason."""

    def __init__(self, reasons: list[str]):
        super().__init__("Refusing to start in production:\n" + "\n".join(f"  - {reason}" for reason in reasons))
        self.reasons = reasons


class NotConfigured(LookupError):
    """A variable that is needed isn't set; the text names it."""


@dataclass(frozen=True)
class Twilio:
    """The account at the SMS provider; ``api_url`` only where tests stand in for it."""

    account_sid: str
    auth_token: str
    messaging_service_sid: str
    api_url: str


@dataclass(frozen=True)
class Settings:
    """What a process needs to know of its surroundings. URLs are as SQLAlchemy, kombu and fsspec write
    them."""

    env: str
    var: Path
    base_url: str
    amqp_uri: str
    amqp_ca: str
    files_url: str
    mail_url: str
    mail_from: str
    sms: str
    twilio: Twilio | None
    keys: Path
    clamd: str
    timestamp_url: str
    log_level: str
    spans: str
    trusted_proxies: int
    caf_name: str
    caf_department: str
    platform_name: str
    debtor_iban: str
    debtor_bic: str
    bank_reports: str
    bank_max_transfers: int
    bank_max_cents: int
    reminders: str
    clock_file: Path | None

    @property
    def production(self) -> bool:
        return self.env == "production"

    def database_url(self, service: str, *, owner: bool = False) -> str:
        """The URL of a service's database: with its everyday role, or with the role that owns the tables.
        Raises NotConfigured."""
        name = f"{service.upper()}_DATABASE_URL"
        everyday = os.environ.get(name, "")
        if owner:
            everyday = os.environ.get(f"{service.upper()}_DATABASE_OWNER_URL", "") or everyday
        if not everyday:
            raise NotConfigured(f"{name} is not set")
        return _psycopg2_url(everyday)


def _psycopg2_url(url: str) -> str:
    """SQLAlchemy 2.1 takes psycopg 3 for a bare ``postgresql://``, which blocks eventlet: name the driver."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2://{rest}" if separator and scheme in ("postgresql", "postgres") else url


def _twilio(env: Env) -> Twilio | None:
    if env.str("PSL_SMS", "file") != "twilio":
        return None
    return Twilio(
        account_sid=env.str("TWILIO_ACCOUNT_SID", ""),
        auth_token=env.str("TWILIO_AUTH_TOKEN", ""),
        messaging_service_sid=env.str("TWILIO_MESSAGING_SERVICE_SID", ""),
        api_url=env.str("TWILIO_API_URL", ""),
    )


def _production_problems(found: Settings, env: Env) -> list[str]:
    """Every reason not to run with these settings in production."""
    reasons = []
    if found.mail_url.startswith("file:"):
        reasons.append("PSL_MAIL_URL is the file stand-in; give smtp:// or smtps://")
    if found.sms != "twilio":
        reasons.append("PSL_SMS is the file stand-in; give twilio")
    if found.twilio and not (found.twilio.account_sid and found.twilio.auth_token):
        reasons.append("TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is missing")
    if not env.str("PSL_KEYS", ""):
        reasons.append("PSL_KEYS is missing: the folder of keys")
    if not env.str("PSL_DEBTOR_IBAN", "") or not env.str("PSL_DEBTOR_BIC", ""):
        reasons.append("PSL_DEBTOR_IBAN or PSL_DEBTOR_BIC is missing: the account that pays the partners")
    if not env.str("AMQP_URI", ""):
        reasons.append("AMQP_URI is missing")
    elif "guest:guest@" in found.amqp_uri:
        reasons.append("AMQP_URI uses the broker's default account")
    if env.str("PSL_TLS", "") == "required":
        reasons += _unverified(found)
    if not found.base_url.startswith("https://"):
        reasons.append("PSL_BASE_URL must begin with https://")
    if env.str("PSL_FAULTS", ""):
        reasons.append("PSL_FAULTS makes processes kill themselves; it is for the fault campaign")
    if (found.var / "clock").exists():
        reasons.append(f"the movable clock {found.var / 'clock'} exists")
    return reasons


def _unverified(found: Settings) -> list[str]:
    """The broker and databases of this process whose certificate nobody checks."""
    reasons = []
    if not all(node.startswith("amqps://") for node in found.amqp_uri.split(";")):
        reasons.append("PSL_TLS is required, and AMQP_URI names a node without amqps://")
    for name, url in sorted(os.environ.items()):
        if name.endswith(("_DATABASE_URL", "_DATABASE_OWNER_URL")) and "sslmode=verify-full" not in url:
            reasons.append(f"PSL_TLS is required, and {name} lacks sslmode=verify-full")
    return reasons


def _read() -> Settings:
    env = Env()
    var = Path(env.str("PSL_VAR", "var")).resolve()
    mode = env.str("PSL_ENV", "development")
    found = Settings(
        env=mode,
        var=var,
        base_url=env.str("PSL_BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
        amqp_uri=env.str("AMQP_URI", _LOCAL_BROKER),
        amqp_ca=env.str("AMQP_CA", ""),
        files_url=env.str("PSL_FILES_URL", f"file://{var}/files"),
        mail_url=env.str("PSL_MAIL_URL", f"file:{var}/outbox/mail"),
        mail_from=env.str("PSL_MAIL_FROM", "Pass'Sports-Loisirs <ne-pas-repondre@pass-sports-loisirs.example>"),
        sms=env.str("PSL_SMS", "file"),
        twilio=_twilio(env),
        keys=Path(env.str("PSL_KEYS", "") or var / "keys").resolve(),
        clamd=env.str("PSL_CLAMD", ""),
        timestamp_url=env.str("PSL_TIMESTAMP_URL", ""),
        log_level=env.str("PSL_LOG_LEVEL", "info"),
        spans=env.str("PSL_SPANS", ""),
        trusted_proxies=env.int("PSL_TRUSTED_PROXIES", 0),
        caf_name=env.str("PSL_CAF_NAME", "Caf de la Seine-Saint-Denis"),
        caf_department=env.str("PSL_CAF_DEPARTMENT", "93"),
        platform_name=env.str("PSL_PLATFORM_NAME", "Pass'Sports-Loisirs"),
        debtor_iban=env.str("PSL_DEBTOR_IBAN", _EXAMPLE_IBAN),
        debtor_bic=env.str("PSL_DEBTOR_BIC", "AGRIFRPP"),
        bank_reports=env.str("PSL_BANK_REPORTS", ""),
        bank_max_transfers=env.int("PSL_BANK_MAX_TRANSFERS", 10_000, validate=validate.Range(min=1)),
        bank_max_cents=env.int("PSL_BANK_MAX_CENTS", 99_999_999_999, validate=validate.Range(min=1)),
        reminders=env.str("PSL_REMINDERS", ""),
        clock_file=None if mode == "production" else var / "clock",
    )
    if found.production and (reasons := _production_problems(found, env)):
        raise ConfigurationRefused(reasons)
    return found


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Raises ConfigurationRefused in an unfit production."""
    return _read()


def reset() -> None:
    """Read the environment again at the next question (tests)."""
    settings.cache_clear()
