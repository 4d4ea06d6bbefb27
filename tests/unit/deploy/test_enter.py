"""What a container becomes, and where its secrets come from."""

from pathlib import Path

import pytest

from deploy import enter


def test_secrets_in_files_become_variables(tmp_path: Path) -> None:
    (tmp_path / "uri").write_text("amqp://a:b@broker//\n")
    assert enter.secrets({"AMQP_URI_FILE": str(tmp_path / "uri"), "PSL_ENV": "production"}) == {
        "AMQP_URI": "amqp://a:b@broker//"
    }


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
