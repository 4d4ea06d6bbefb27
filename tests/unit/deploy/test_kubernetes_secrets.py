"""Every Secret that the manifests name is made from what `prepare` wrote, and each process gets its own keys only."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.keys import NEEDED, lay_out
from deploy.kubernetes_secrets import NotPrepared, secrets
from deploy.prepare import Places, prepare
from services.chassis.config import SERVICES

KUBERNETES = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes"
BROUGHT = {"psl-backup"}
"""Not ours to make: the account of another store."""
SECRET_FIELDS = ("secretRef", "secretKeyRef", "passwordSecret", "accessKeyId", "secretAccessKey")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    places = Places("broker:5672", "databases-rw:5432")
    assert list(prepare(folder, "https://pass.example", Path("/var/lib/psl"), places))
    (folder / "keys" / "conventions" / "seal").mkdir()
    (folder / "keys" / "conventions" / "seal" / "private_key.pem").write_text("the seal")
    return folder


@pytest.fixture(scope="module")
def made(prepared: Path) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in secrets(prepared)["items"]}


def named(found: Any) -> Iterator[tuple[str, str | None]]:
    """(secret, key in it or nothing) wherever a manifest names one."""
    if isinstance(found, list):
        for each in found:
            yield from named(each)
    if isinstance(found, dict):
        if "secretName" in found:
            yield found["secretName"], None
        if "parameter" in found:
            yield found["name"], found["key"]
        yield from ((found[field]["name"], found[field].get("key")) for field in SECRET_FIELDS if field in found)
        for each in found.values():
            yield from named(each)


def test_every_secret_that_a_manifest_names_is_made(made: dict[str, dict[str, Any]]) -> None:
    manifests = [yaml.safe_load_all(path.read_text(encoding="utf-8")) for path in KUBERNETES.rglob("*.yaml")]
    wanted = {each for documents in manifests for each in named(list(documents))}
    assert len(wanted) > 30
    missing = [(name, key) for name, key in wanted if name not in made or (key and key not in made[name]["data"])]
    assert {name for name, _ in missing} == BROUGHT


def test_the_secrets_fit_the_published_schema(made: dict[str, dict[str, Any]]) -> None:
    for one in made.values():
        assert kubernetes_validate.validate(one, "1.30", strict=True)


@pytest.mark.parametrize("service", SERVICES)
def test_the_operator_of_the_databases_gets_both_roles_as_it_wants_them(service: str, made: Any) -> None:
    for name in (f"psl-database-{service}", f"psl-database-{service}-owner"):
        assert made[name]["type"] == "kubernetes.io/basic-auth"
        data = {key: base64.b64decode(value).decode() for key, value in made[name]["data"].items()}
        assert data["username"] == (service if name.endswith(service) else f"{service}_owner") and data["password"]
    uri = base64.b64decode(made[f"psl-database-{service}"]["data"]["uri"]).decode()
    assert uri.startswith(f"postgresql://{service}:") and uri.endswith(f"@databases-rw:5432/{service}")


@pytest.mark.parametrize("process", NEEDED)
def test_a_process_finds_its_keys_in_their_folders_again_and_no_other(
    process: str, prepared: Path, made: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    flat, folder = tmp_path / "flat", tmp_path / "keys"
    flat.mkdir()
    (flat / "..data").mkdir()  # as Kubernetes mounts it
    for name, value in made[f"psl-keys-{process}"]["data"].items():
        (flat / name).write_bytes(base64.b64decode(value))
    lay_out(flat, folder)
    lay_out(flat, folder)  # a container that was started again
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    every = {path.relative_to(prepared / "keys"): path for path in (prepared / "keys").rglob("*") if path.is_file()}
    wanted = {name: path for name, path in every.items() if any(name.is_relative_to(home) for home in NEEDED[process])}
    assert found == {name: path.read_bytes() for name, path in wanted.items()}


def test_every_pod_has_its_own_keys_where_they_are_laid_out_from() -> None:
    settings = yaml.safe_load((KUBERNETES / "base" / "settings.yaml").read_text(encoding="utf-8"))["data"]
    for process in NEEDED:
        documents = yaml.safe_load_all((KUBERNETES / "base" / f"{process}.yaml").read_text(encoding="utf-8"))
        (pod,) = [one["spec"]["template"]["spec"] for one in documents if one["kind"] == "Deployment"]
        (volume,) = [one for one in pod["volumes"] if one["name"] == "keys"]
        assert volume["secret"]["secretName"] == f"psl-keys-{process}"
        mounted = {one["name"]: one["mountPath"] for one in pod["containers"][0]["volumeMounts"]}
        assert mounted["keys"] == settings["PSL_KEYS_FLAT"]
        assert Path(settings["PSL_KEYS"]).is_relative_to(mounted["var"])


def test_a_folder_that_was_not_prepared_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPrepared, match="run `python -m deploy prepare"):
        secrets(tmp_path)
