"""Every door says who may pass, and every call finds its method."""

import ast
import importlib
import inspect

import pytest

from gateway.app import create_app
from gateway.refusals import tables
from services.chassis.config import SERVICES
from services.chassis.rpc import ANYONE
from tests.guards import house

ROLES = {
    "visitor", "family", "person", "unpersonalised", "legal_representative", "manager", "accountant", "cashier",
    "terminal", "agent", "instructor", "signatory", "preparer", "releaser", "administrator",
    *(f"service:{service}" for service in SERVICES),
}  # fmt: skip
OPEN_TO_ANYONE = {"ready"}

METHODS = [(service, name) for service in house.services() for name in house.rpc_methods(service)]


@pytest.fixture(scope="module")
def app():
    return create_app(bus=object())


def test_every_route_states_who_may_use_it(app):
    unstated = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if not hasattr(
            inspect.unwrap(app.view_functions[rule.endpoint], stop=lambda view: hasattr(view, "allowed_roles")),
            "allowed_roles",
        )
    ]
    assert unstated == []


def test_routes_name_known_roles(app):
    for rule in app.url_map.iter_rules():
        view = inspect.unwrap(app.view_functions[rule.endpoint], stop=lambda view: hasattr(view, "allowed_roles"))
        assert set(getattr(view, "allowed_roles", ())) <= ROLES, rule.rule


@pytest.mark.parametrize(("service", "name"), METHODS, ids=[f"{s}.{n}" for s, n in METHODS])
def test_every_method_states_known_roles(service, name):
    demands = house.rpc_methods(service)[name].demands
    if demands is ANYONE:
        assert name in OPEN_TO_ANYONE or "visitor" not in name, "ANYONE is for what even a visitor may do"
        return
    assert demands and set(demands) <= ROLES


def client_calls():
    """(file, class's service, method, keyword arguments, whether there are ** arguments) of every client
    call."""
    for path in house.python_files("gateway/clients"):
        for node in house.tree(path).body:
            if isinstance(node, ast.ClassDef):
                yield from _calls_of(path, node)


def _calls_of(path, node):
    named = [
        ast.literal_eval(step.value)
        for step in node.body
        if isinstance(step, ast.Assign | ast.AnnAssign)
        and step.value is not None
        and ast.unparse(step.targets[0] if isinstance(step, ast.Assign) else step.target) == "service"
        and isinstance(step.value, ast.Constant)
    ]
    if not named:
        return
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "self._call" and call.args:
            method = call.args[0]
            if isinstance(method, ast.Constant):
                keywords = {each.arg for each in call.keywords if each.arg}
                yield (
                    path,
                    named[0],
                    method.value,
                    keywords - {"idempotent", "deadline_s"},
                    len(keywords) < len(call.keywords),
                )


CALLS = [each for each in client_calls() if each[1] in house.services()]


@pytest.mark.parametrize(
    ("path", "service", "method", "keywords", "open_ended"),
    CALLS,
    ids=[f"{c[1]}.{c[2]}-{n}" for n, c in enumerate(CALLS)],
)
def test_each_client_call_has_a_method_that_takes_its_arguments(path, service, method, keywords, open_ended):
    methods = house.rpc_methods(service)
    assert method in methods, f"{house.relative(path)} calls {service}.{method}, which there isn't"
    fields = methods[method].arguments().fields
    assert keywords <= set(fields)
    required = {name for name, field in fields.items() if field.required}
    assert open_ended or required <= keywords


def service_calls():
    """(file, target, method) wherever a service calls another: ``….<service>.call("method", …)``."""
    for service in house.services():
        for path in house.python_files(f"services/{service}"):
            for node in ast.walk(house.tree(path)):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr == "call"
                    and node.args
                ):
                    target = ast.unparse(node.func.value).split(".")[-1]
                    if target in SERVICES and isinstance(node.args[0], ast.Constant):
                        yield service, path, target, node.args[0].value


BETWEEN = [each for each in service_calls() if each[2] in house.services()]


@pytest.mark.parametrize(
    ("caller", "path", "target", "method"), BETWEEN, ids=[f"{c[0]}-{c[2]}.{c[3]}-{n}" for n, c in enumerate(BETWEEN)]
)
def test_each_call_between_services_has_a_method(caller, path, target, method):
    assert method in house.rpc_methods(target), f"{house.relative(path)} calls {target}.{method}"


def test_no_service_calls_back():
    """A service never calls the one that called it."""
    edges = {(caller, target) for caller, _, target, _ in service_calls()}
    assert [edge for edge in edges if edge[::-1] in edges] == []


def refusal_codes(service: str) -> set[str]:
    codes = set()
    for module in house.modules_of(f"services.{service}.domain"):
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, Exception) and "code" in vars(value):
                codes.add(value.code)
    return codes - {"refused"}


@pytest.mark.parametrize("service", house.services())
def test_every_refusal_has_its_french_words(service):
    known = tables()
    words = {*known.get(service, {}), *known["chassis"], *known["files"]}
    assert sorted(refusal_codes(service) - words) == []


@pytest.mark.parametrize("service", house.services())
def test_every_refusal_says_what_the_caller_may_do(service):
    silent = [
        f"{module.__name__}.{value.__name__}"
        for module in house.modules_of(f"services.{service}.domain")
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Exception) and "code" in vars(value) and not value.__doc__
    ]
    assert silent == []


def test_file_refusals_have_french_words():
    uploads = importlib.import_module("services.chassis.uploads")
    codes = {
        value.code
        for value in vars(uploads).values()
        if inspect.isclass(value) and issubclass(value, uploads.FileRefused)
    }
    assert codes - {"file_refused"} <= set(tables()["files"])
