"""What the guards look at: the files of the house, what they import, and what the services say of
themselves."""

import ast
import importlib
import inspect
import pkgutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from services.chassis import topology
from services.chassis.config import SERVICES
from services.chassis.events import Event, Reading

ROOT = Path(__file__).resolve().parents[2]
TEXTS = (
    ".py",
    ".md",
    ".html",
    ".txt",
    ".js",
    ".mjs",
    ".css",
    ".sql",
    ".toml",
    ".yml",
    ".yaml",
    ".json",
    ".cfg",
    ".in",
    ".lock",
)


@cache
def files() -> tuple[Path, ...]:
    """Every file that git knows, or would take up."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(asked, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(path for name in sorted(set(listed.splitlines())) if (path := ROOT / name).is_file())


def texts() -> list[Path]:
    """Every file meant to be read by people."""
    return [path for path in files() if path.suffix in TEXTS or path.name in ("Makefile", "run")]


def python_files(*folders: str) -> list[Path]:
    """The Python files under these folders (all of them: everywhere)."""
    wanted = [ROOT / folder for folder in folders] or [ROOT]
    return [path for path in files() if path.suffix == ".py" and any(path.is_relative_to(home) for home in wanted)]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """The dotted names of all that a file imports, wherever in it; ``from a import b`` gives ``a.b``."""
    package = relative(path).removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def services() -> list[str]:
    """The services that there are."""
    return [name for name in SERVICES if (ROOT / "services" / name / "service.py").exists()]


@cache
def service_class(name: str) -> Any:
    return topology.service_class(f"services.{name}.service")


@cache
def modules_of(package: str) -> tuple[ModuleType, ...]:
    """A package's modules, all of them; a plain module alone."""
    root = importlib.import_module(package)
    if not hasattr(root, "__path__"):
        return (root,)
    found = [each.name for each in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return (root, *(importlib.import_module(name) for name in found))


def _declared(service: str, base: type) -> list[type]:
    """The subclasses of ``base`` that a service's ``messages`` declare."""
    found = {}
    for module in modules_of(f"services.{service}.messages"):
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, base) and value.__module__ == module.__name__:
                found[value.__qualname__] = value
    return [value for value in found.values() if getattr(value, "type", None)]


def announced(service: str) -> list[type[Event]]:
    """What a service announces."""
    return _declared(service, Event)


def heard(service: str) -> list[type[Reading]]:
    """What a service listens to: the schemas of its entrypoints."""
    return topology.readings(service_class(service))


def rpc_methods(service: str) -> dict[str, Any]:
    """A service's methods on the bus: name to entrypoint."""
    members = inspect.getmembers(service_class(service), inspect.isfunction)
    return {name: method.rpc_entrypoint for name, method in members if hasattr(method, "rpc_entrypoint")}
