"""In production a process refuses to start with a stand-in or without a secret, and names every reason."""

from pathlib import Path

import pytest

from services.chassis import config
from services.chassis.config import ConfigurationRefused

FIT = {
    "PSL_ENV": "production",
    "PSL_BASE_URL": "https://pass.example",
    "PSL_KEYS": "/run/secrets/keys",
    "PSL_MAIL_URL": "smtps://mail.example",
    "PSL_SMS": "twilio",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "secret",
    "TWILIO_MESSAGING_SERVICE_SID": "MG1",
    "PSL_DEBTOR_IBAN": "FR7630006000011234567890189",
    "PSL_DEBTOR_BIC": "AGRIFRPP",
    "AMQP_URI": "amqp://psl:secret@broker.example//",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Read the settings of a production with these changes."""
    monkeypatch.delenv("PSL_FAULTS", raising=False)

    def read(**changes: str | None) -> config.Settings:
        for name, value in {**FIT, "PSL_VAR": str(tmp_path), **changes}.items():
            monkeypatch.setenv(name, value) if value is not None else monkeypatch.delenv(name, raising=False)
        config.reset()
        return config.settings()

    yield read
    monkeypatch.undo()
    config.reset()


def test_a_fit_production_starts_and_its_clock_can_not_be_moved(production) -> None:
    settings = production()
    assert settings.production
    assert settings.clock_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PSL_MAIL_URL", "file:/tmp/mail"),
        ("PSL_MAIL_URL", None),
        ("PSL_SMS", "file"),
        ("PSL_SMS", None),
        ("TWILIO_AUTH_TOKEN", None),
        ("PSL_KEYS", None),
        ("PSL_DEBTOR_IBAN", None),
        ("AMQP_URI", None),
        ("AMQP_URI", "amqp://guest:guest@broker.example//"),
        ("PSL_BASE_URL", "http://pass.example"),
        ("PSL_FAULTS", "relay.published=0.5"),
    ],
)
def test_a_stand_in_or_a_missing_secret_is_refused_by_name(production, name: str, value: str | None) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        production(**{name: value})
    word = {"AMQP_URI": "AMQP_URI", "TWILIO_AUTH_TOKEN": "TWILIO"}.get(name, name)
    assert any(word in reason for reason in refused.value.reasons)


def test_every_reason_is_told_at_once(production) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        production(PSL_MAIL_URL=None, PSL_SMS=None, PSL_KEYS=None)
    assert len(refused.value.reasons) >= 3


def test_a_movable_clock_is_refused(production, tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("+1d")
    with pytest.raises(ConfigurationRefused):
        production()


VERIFIED = {
    "PSL_TLS": "required",
    "AMQP_URI": "amqps://psl:secret@a.example//;amqps://psl:secret@b.example//",
    "IDENTITY_DATABASE_URL": "postgresql://identity:secret@db.example/identity?sslmode=verify-full",
}


def test_a_production_that_requires_tls_starts_when_all_is_verified(production) -> None:
    assert production(**VERIFIED).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AMQP_URI", "amqps://psl:secret@a.example//;amqp://psl:secret@b.example//"),
        ("IDENTITY_DATABASE_URL", "postgresql://identity:secret@db.example/identity"),
        ("IDENTITY_DATABASE_URL", "postgresql://identity:secret@db.example/identity?sslmode=require"),
        ("IDENTITY_DATABASE_OWNER_URL", "postgresql://owner:secret@db.example/identity"),
    ],
)
def test_a_production_that_requires_tls_refuses_what_nobody_verifies(production, name: str, value: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        production(**{**VERIFIED, name: value})
    (reason,) = refused.value.reasons
    assert name in reason
    assert "secret" not in reason
