"""What a container becomes, and where its secrets come from."""

import re
from pathlib import Path

import pytest

from deploy import enter


def test_secrets_in_files_become_variables(tmp_path: Path) -> None:
    (tmp_path / "uri").write_text("amqp://a:b@broker//\n")
    assert enter.secrets({"AMQP_URI_FILE": str(tmp_path / "uri"), "PSL_ENV": "production"}) == {
        "AMQP_URI": "amqp://a:b@broker//"
    }


def test_a_variable_of_somebody_else_that_names_a_file_stays_what_it_is(tmp_path: Path) -> None:
    assert enter.secrets({"SSL_CERT_FILE": str(tmp_path / "nothing"), "AWS_CONFIG_FILE": "/x"}) == {}


def test_every_secret_of_the_compose_file_is_taken_up() -> None:
    compose = (Path(enter.__file__).parent / "compose.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"([A-Z_]+)_FILE:", compose)) - {"POSTGRES_PASSWORD"}  # that one is the database's own
    assert len(named) > 10
    assert [name for name in named if not enter.OURS.fullmatch(f"{name}_FILE")] == []


def test_systemd_credentials_become_variables(tmp_path: Path) -> None:
    (tmp_path / "TWILIO_AUTH_TOKEN").write_text("secret")
    (tmp_path / "something.pem").write_text("not a variable")
    assert enter.secrets({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == {"TWILIO_AUTH_TOKEN": "secret"}


def test_a_missing_secret_stops_the_process(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        enter.secrets({"AMQP_URI_FILE": str(tmp_path / "nothing")})


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["service", "payouts"], "services.payouts.service"),
        (["relay"], "transactions"),
        (["relay", "identity"], "identity"),
        (["gateway"], "gateway.app:create_app()"),
        (["migrate"], "migrate"),
    ],
)
def test_each_role_has_its_command(arguments: list[str], part: str) -> None:
    assert part in enter.command(arguments)


@pytest.mark.parametrize("arguments", [[], ["service"], ["service", "chassis"], ["relay", "bank"], ["run"]])
def test_anything_else_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="usage"):
        enter.command(arguments)
