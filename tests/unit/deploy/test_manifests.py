"""Kubernetes manifests fit the published schemas, the operators' resources fit what we use of theirs, and the overlays
patch what exists."""

import copy
import functools
import operator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "kubernetes"
VERSION = "1.30"


def documents(folder: str) -> list[dict[str, Any]]:
    """The resources of one folder, as they are written."""
    paths = [path for path in sorted((FOLDER / folder).glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [found for path in paths for found in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


EVERY = [*documents("base"), *documents("large")]
OWN = [found for found in EVERY if "." not in found["apiVersion"].partition("/")[0] or ".k8s.io" in found["apiVersion"]]
OPERATORS = [found for found in EVERY if found not in OWN]


def name_of(found: dict[str, Any]) -> str:
    return f"{found['kind']}-{found['metadata']['name']}"


@pytest.mark.parametrize("found", OWN, ids=name_of)
def test_a_resource_fits_the_published_schema(found: dict[str, Any]) -> None:
    assert kubernetes_validate.validate(found, VERSION, strict=True).startswith(VERSION)


def strictly(required: list[str], **properties: Any) -> dict[str, Any]:
    """An object with these fields and no other."""
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


TEXT, COUNT, ANY = {"type": "string"}, {"type": "integer", "minimum": 1}, {"type": "object"}
NAMED = strictly(["name"], name=TEXT)
KEY = strictly(["name", "key"], name=TEXT, key=TEXT)
SIZE = {"type": "string", "pattern": r"^\d+(Gi|Mi)$"}
RESOURCES = strictly(["requests", "limits"], requests=ANY, limits=ANY)
TRIGGER = strictly(
    ["type", "metadata", "authenticationRef"],
    type={"const": "rabbitmq"},
    metadata=strictly(
        ["protocol", "queueName", "mode", "value"],
        protocol={"enum": ["amqp", "http", "auto"]},
        queueName={"type": "string", "pattern": "^rpc-[a-z]+$"},
        mode={"enum": ["QueueLength", "MessageRate"]},
        value={"type": "string", "pattern": r"^\d+$"},
    ),
    authenticationRef=NAMED,
)
SPECS: dict[str, dict[str, Any]] = {
    # https://www.rabbitmq.com/kubernetes/operator/using-operator
    "rabbitmq.com/v1beta1/RabbitmqCluster": strictly(
        ["replicas"],
        replicas=COUNT,
        image=TEXT,
        persistence=strictly(["storage"], storage=SIZE, storageClassName=TEXT),
        resources=RESOURCES,
        rabbitmq=strictly([], additionalConfig=TEXT, advancedConfig=TEXT),
        override=strictly([], statefulSet=ANY),
        affinity=ANY,
    ),
    # https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/
    "postgresql.cnpg.io/v1/Cluster": strictly(
        ["instances", "storage"],
        instances=COUNT,
        imageName=TEXT,
        storage=strictly(["size"], size=SIZE),
        resources=RESOURCES,
        postgresql=strictly([], parameters={"type": "object", "additionalProperties": TEXT}, synchronous=ANY),
        managed=strictly(
            ["roles"],
            roles={
                "type": "array",
                "items": strictly(
                    ["name"], name=TEXT, ensure={"enum": ["present"]}, login={"type": "boolean"}, passwordSecret=NAMED
                ),
            },
        ),
    ),
    "postgresql.cnpg.io/v1/Database": strictly(["name", "owner", "cluster"], name=TEXT, owner=TEXT, cluster=NAMED),
    "postgresql.cnpg.io/v1/ScheduledBackup": strictly(
        ["schedule", "cluster"],
        schedule={"type": "string", "pattern": r"^(\S+ ){5}\S+$"},  # six fields, seconds first
        cluster=NAMED,
        method={"enum": ["plugin", "volumeSnapshot", "barmanObjectStore"]},
        pluginConfiguration=NAMED,
    ),
    # https://cloudnative-pg.io/plugin-barman-cloud/docs/usage
    "barmancloud.cnpg.io/v1/ObjectStore": strictly(
        ["configuration"],
        retentionPolicy={"type": "string", "pattern": r"^[1-9]\d*[dwm]$"},
        configuration=strictly(
            ["destinationPath"],
            destinationPath={"type": "string", "pattern": "^s3://"},
            s3Credentials=strictly([], accessKeyId=KEY, secretAccessKey=KEY),
            wal=ANY,
        ),
    ),
    # https://keda.sh/docs/latest/reference/scaledobject-spec/
    "keda.sh/v1alpha1/ScaledObject": strictly(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=NAMED,
        minReplicaCount=COUNT,
        maxReplicaCount=COUNT,
        cooldownPeriod=COUNT,
        triggers={"type": "array", "minItems": 1, "items": TRIGGER},
    ),
    "keda.sh/v1alpha1/TriggerAuthentication": strictly(
        ["secretTargetRef"],
        secretTargetRef={
            "type": "array",
            "items": strictly(["parameter", "name", "key"], parameter=TEXT, name=TEXT, key=TEXT),
        },
    ),
}


@pytest.mark.parametrize("found", OPERATORS, ids=name_of)
def test_an_operator_s_resource_uses_only_fields_that_we_know_of(found: dict[str, Any]) -> None:
    schema = SPECS[f"{found['apiVersion']}/{found['kind']}"]
    assert [fault.message for fault in jsonschema.Draft202012Validator(schema).iter_errors(found["spec"])] == []


def test_a_typing_error_would_be_found() -> None:
    (deployment, *_) = [found for found in OWN if found["kind"] == "Deployment"]
    wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSION, strict=True)


@pytest.mark.parametrize("overlay", ["small", "large"])
def test_an_overlay_names_files_and_resources_that_exist(overlay: str) -> None:
    found = yaml.safe_load((FOLDER / overlay / "kustomization.yaml").read_text(encoding="utf-8"))
    assert all((FOLDER / overlay / path).exists() for path in found["resources"])
    known = {(one["kind"], one["metadata"]["name"]) for one in EVERY}
    for patch in found.get("patches", ()):
        assert (patch["target"]["kind"], patch["target"]["name"]) in known
        assert yaml.safe_load(patch["patch"])


def test_what_scales_by_its_queue_is_every_service() -> None:
    scaled = {one["metadata"]["name"]: one["spec"] for one in EVERY if one["kind"] == "ScaledObject"}
    deployed = {one["metadata"]["name"] for one in EVERY if one["kind"] == "Deployment"} - {"relay", "gateway"}
    assert set(scaled) == deployed
    for name, spec in scaled.items():
        assert spec["triggers"][0]["metadata"]["queueName"] == f"rpc-{name}" and spec["scaleTargetRef"]["name"] == name


def patched(overlay: str, kind: str, name: str) -> dict[str, Any]:
    """A resource with the overlay's patches: `add` makes a field, `replace` wants it there (RFC 6902)."""
    (found,) = [one for one in EVERY if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    made = copy.deepcopy(found)
    kustomization = yaml.safe_load((FOLDER / overlay / "kustomization.yaml").read_text(encoding="utf-8"))
    for patch in kustomization.get("patches", ()):
        if (patch["target"]["kind"], patch["target"]["name"]) == (kind, name):
            for operation in yaml.safe_load(patch["patch"]):
                *way, last = operation["path"].strip("/").split("/")
                place = functools.reduce(operator.getitem, way, made)
                assert operation["op"] == "add" or last in place, operation["path"]
                place[last] = operation["value"]
    return made


@pytest.mark.parametrize(("overlay", "servers"), [("small", 1), ("large", 3)])
def test_an_overlay_s_patches_fit_what_they_change(overlay: str, servers: int) -> None:
    broker, databases = patched(overlay, "RabbitmqCluster", "broker"), patched(overlay, "Cluster", "databases")
    assert broker["spec"]["replicas"] == databases["spec"]["instances"] == servers
    if overlay == "large":
        assert patched(overlay, "Deployment", "relay")["spec"]["replicas"] == 2
        assert databases["spec"]["postgresql"]["synchronous"]["number"] == 1


def policies() -> dict[str, dict[str, Any]]:
    return {found["metadata"]["name"]: found["spec"] for found in OWN if found["kind"] == "NetworkPolicy"}


def test_only_those_who_need_the_broker_or_a_database_reach_it() -> None:
    """Nobody talks to anybody (ASVS 13.2.4), except our own processes to the broker and the databases, and their own
    kind; the proxy reaches the gateway alone."""
    found = policies()
    assert found["nothing-by-default"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    ours = {"matchLabels": {"app.kubernetes.io/part-of": "pass-sports-loisirs"}}
    for name in ("broker", "databases"):
        (rule,) = found[name]["ingress"]
        own = found[name]["podSelector"]
        assert [each["podSelector"] for each in rule["from"] if "podSelector" in each] == [ours, own]
    opened = {name for name, spec in found.items() for rule in spec.get("ingress", []) if "from" not in rule}
    assert opened == set()
    assert found["proxy-to-gateway"]["podSelector"] == {"matchLabels": {"app.kubernetes.io/name": "gateway"}}
