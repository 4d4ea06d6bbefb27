"""Compose file and systemd units start what exists, give each process its own database only, and name real secrets."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from deploy import enter
from services.chassis.config import SERVICES

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
OURS = {name: found for name, found in COMPOSE["services"].items() if "command" in found}
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def test_every_process_of_the_platform_is_in_the_compose_file() -> None:
    assert set(OURS) == {*SERVICES, "relay", "gateway", "migrate"}


@pytest.mark.parametrize("name", OURS)
def test_containers_run_known_commands_without_rights(name: str) -> None:
    enter.command(OURS[name]["command"])
    assert OURS[name]["read_only"] and OURS[name]["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", OURS)
def test_every_secret_that_a_container_reads_is_given_to_it(name: str) -> None:
    read = {Path(v).name for k, v in OURS[name]["environment"].items() if k.endswith("_FILE")}
    assert read == set(OURS[name]["secrets"])
    assert read <= set(COMPOSE["secrets"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_knows_its_own_database_and_no_other(service: str) -> None:
    databases = [name for name in OURS[service]["environment"] if "DATABASE" in name]
    assert databases == [f"{service.upper()}_DATABASE_URL_FILE"]
    assert not [name for name in OURS["gateway"]["environment"] if "DATABASE" in name]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_known_commands(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    arguments = unit["Service"]["ExecStart"].partition("deploy.enter ")[2].replace("%i", "identity").split()
    assert enter.command(arguments)
    assert unit["Service"]["User"] == "psl"


def test_the_target_names_every_process() -> None:
    wanted = re.findall(r"psl[@-][a-z]+", (DEPLOY / "systemd" / "psl.target").read_text(encoding="utf-8"))
    assert set(wanted) == {*(f"psl@{service}" for service in SERVICES), "psl-relay", "psl-gateway"}
