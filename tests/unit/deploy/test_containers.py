"""Compose file and systemd units start what exists, give each process its own database only, and name real secrets."""

import configparser
import re
from pathlib import Path

import pytest
import yaml

from deploy import enter, keys
from deploy.local import broker
from deploy.prepare import Places, prepare
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


@pytest.mark.parametrize("name", OURS)
def test_a_container_has_its_own_account_at_the_broker(name: str) -> None:
    account = "relay" if name == "migrate" else name
    assert OURS[name]["environment"]["AMQP_URI_FILE"] == f"/run/secrets/{account}_amqp_uri"


@pytest.mark.parametrize("name", OURS)
def test_a_container_has_no_keys_of_another_process(name: str) -> None:
    """The relay sends every service's mails and signs its journal: of each it has the vault and that key, no other."""
    volumes = [volume.split(":") for volume in OURS[name]["volumes"] if "secrets/keys" in volume]
    assert all(rights == "ro" and source.removeprefix("./secrets/") in seen for source, seen, rights in volumes)
    given = {source.removeprefix("./secrets/keys/") for source, _, _ in volumes}
    assert given == set(keys.NEEDED.get(name, ("public",)))


def test_only_who_signs_has_what_signs() -> None:
    signing = {f"{owner}/{purpose}" for owner, purpose, signs in keys.WANTED if signs}
    assert signing & set(keys.NEEDED["relay"]) == {f"{service}/audit" for service in SERVICES}
    assert set(keys.NEEDED["gateway"]) == {"public", "files", "gateway"}


def test_a_retried_event_waits_for_its_queue_equally_long_wherever_the_broker_runs() -> None:
    said = f"dead_letter_worker_publisher_confirm_timeout, {broker.HANDED_OVER_AGAIN_MS}}}"
    places = [DEPLOY / "container" / "rabbitmq-advanced.config", DEPLOY / "kubernetes" / "base" / "broker.yaml"]
    assert [said in place.read_text(encoding="utf-8") for place in places] == [True, True]


def test_the_compose_file_reads_what_prepare_writes_as_it_writes_it(tmp_path: Path) -> None:
    written = list(prepare(tmp_path, "https://pass.example", Path("/var/lib/psl"), Places("broker:1", "postgres:2")))
    assert written
    files = [secret["file"] for secret in COMPOSE["secrets"].values()]
    for service in COMPOSE["services"].values():
        files += service.get("env_file", [])
        files += [volume.partition(":")[0] for volume in service.get("volumes", []) if volume.startswith("./secrets")]
    missing = [file for file in files if not (tmp_path / file.removeprefix("./secrets/")).exists()]
    assert not missing


def test_the_config_map_names_all_that_production_asks_for() -> None:
    """Secrets come beside it; what is empty has to be filled in, and no process starts before."""
    (settings,) = [found for found in MANIFESTS if found["kind"] == "ConfigMap" and found["metadata"]["name"] == "psl"]
    asked = {"PSL_SMS", "PSL_KEYS", "PSL_BASE_URL", "PSL_DEBTOR_IBAN", "PSL_DEBTOR_BIC"}
    assert asked <= set(settings["data"])


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


KUBERNETES = DEPLOY / "kubernetes" / "base"
MANIFESTS = [
    found
    for path in sorted(KUBERNETES.glob("*.yaml"))
    for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))
]
DEPLOYMENTS = {found["metadata"]["name"]: found for found in MANIFESTS if found["kind"] == "Deployment"}


def test_every_process_of_the_platform_is_deployed_with_a_disruption_budget() -> None:
    assert set(DEPLOYMENTS) == {*SERVICES, "relay", "gateway"}
    assert {m["metadata"]["name"] for m in MANIFESTS if m["kind"] == "PodDisruptionBudget"} == set(DEPLOYMENTS)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_pods_run_known_commands_without_rights_and_are_watched(name: str) -> None:
    pod = DEPLOYMENTS[name]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert enter.command(container["args"])
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert {"readinessProbe", "livenessProbe", "startupProbe"} <= set(container)
    assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_knows_its_own_database_and_no_other(service: str) -> None:
    (container,) = DEPLOYMENTS[service]["spec"]["template"]["spec"]["containers"]
    names = [variable["name"] for variable in container["env"]]
    assert names == ["AMQP_URI", f"{service.upper()}_DATABASE_URL"]


def test_the_kustomization_names_every_manifest() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"} == set(listed)
