"""Who may know whom."""

import ast
import sys
from pathlib import Path

import pytest

from services.chassis.config import SERVICES
from tests.guards import house

STANDARD = sys.stdlib_module_names
GATEWAY_MAY_KNOW = ("services.chassis",)
CHASSIS_WITHOUT_NAMEKO = ("bus", "actor", "clock", "config", "files", "keys", "refusals", "telemetry", "vault")


def offenders(paths: list[Path], forbidden) -> list[str]:
    return [
        f"{house.relative(path)} imports {name}" for path in paths for name in house.imports(path) if forbidden(name)
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_imports_another(service):
    others = tuple(f"services.{other}" for other in SERVICES if other != service)
    assert offenders(house.python_files(f"services/{service}"), lambda name: name.startswith(others)) == []


def test_the_chassis_imports_no_service():
    every = tuple(f"services.{service}" for service in SERVICES)
    assert (
        offenders(house.python_files("services/chassis"), lambda name: name.startswith((*every, "gateway", "deploy")))
        == []
    )


@pytest.mark.parametrize("service", SERVICES)
def test_services_know_neither_gateway_nor_deployment(service):
    assert (
        offenders(
            house.python_files(f"services/{service}"), lambda name: name.startswith(("gateway", "deploy", "tests"))
        )
        == []
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_domain_knows_the_standard_library_only(service):
    def foreign(name: str) -> bool:
        return name.split(".")[0] not in STANDARD and not name.startswith(f"services.{service}.domain")

    home = f"services/{service}"
    domain = house.python_files(f"{home}/domain") + house.python_files(f"{home}/domain.py")
    assert offenders(domain, foreign) == []


def test_the_gateway_knows_of_services_only_the_chassis():
    def inside(name: str) -> bool:
        return name.startswith("services.") and not name.startswith(GATEWAY_MAY_KNOW)

    assert offenders(house.python_files("gateway"), inside) == []


def test_pages_reach_the_bus_only_through_clients():
    pages = house.python_files("gateway/pages", "gateway/terminal")
    assert offenders(pages, lambda name: name.startswith("services.chassis.bus")) == []


def test_the_gateway_needs_no_nameko():
    """It is not monkey-patched: whatever it imports must work in plain threads."""
    modules = [house.ROOT / "services" / "chassis" / f"{name}.py" for name in CHASSIS_WITHOUT_NAMEKO]
    green = ("nameko", "eventlet", "services.chassis.rpc.", "services.chassis.database")
    assert offenders([*house.python_files("gateway"), *modules], lambda name: name.startswith(green)) == []


def test_nobody_uses_psycopg_3():
    """It blocks the whole event loop under eventlet (docs/decisions)."""
    assert offenders(house.python_files(), lambda name: name.split(".")[0] in ("psycopg", "psycopg_pool")) == []
    wanted = [
        line
        for name in ("requirements.in", "requirements.lock")
        for line in (house.ROOT / name).read_text().splitlines()
    ]
    assert [line for line in wanted if line.split("==")[0].split("[")[0].strip() == "psycopg"] == []


def test_nobody_loads_what_could_run():
    """Formats whose loading makes objects of the sender's choice (ASVS 1.5.2)."""
    loaders = ("pickle", "marshal", "shelve", "dill", "jsonpickle", "yaml.load", "yaml.unsafe_load")
    ours = house.python_files("services", "gateway", "deploy")
    assert offenders(ours, lambda name: name.split(".")[0] in loaders or name in loaders) == []


def calls_of(path, *names):
    """Whether a file calls one of these names."""
    called = {ast.unparse(node.func) for node in ast.walk(house.tree(path)) if isinstance(node, ast.Call)}
    return bool(called & set(names))


def test_the_broker_is_reached_through_what_verifies_it():
    """An `amqps://` address that is opened elsewhere would be believed whatever certificate it shows."""
    ours = house.python_files("services", "gateway", "deploy")
    opens = {house.relative(path) for path in ours if calls_of(path, "Connection", "kombu.Connection")}
    assert opens == {"services/chassis/broker.py"}
    speaks_pika = {house.relative(path) for path in ours if calls_of(path, "pika.URLParameters")}
    copied_as_it_is, of_the_demonstration = "services/payouts/finance.py", "deploy/driver/finance.py"
    assert speaks_pika == {"services/chassis/tls.py", copied_as_it_is, of_the_demonstration}


@pytest.mark.parametrize("service", house.services())
def test_each_service_module_holds_one_service(service):
    """`nameko run` starts every service class that it finds in a module."""
    assert house.service_class(service).name == service


def test_only_one_module_reads_the_environment():
    allowed = {
        "services/chassis/config.py",
        "services/chassis/run.py",
        "services/chassis/health.py",
        "services/chassis/faults.py",
        "gateway/gunicorn_settings.py",
    }
    readers = {
        house.relative(path)
        for path in house.python_files("services", "gateway")
        if "os.environ" in path.read_text() or "os.getenv" in path.read_text()
    }
    assert readers - allowed == set()
