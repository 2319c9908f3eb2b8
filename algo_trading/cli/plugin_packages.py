"""The commands that make a package for a strategy, source, broker or channel of one's own."""

import keyword
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from algo_trading.errors import ConfigError
from algo_trading.plugins import plugin_names

FILES = {
    "pyproject.toml.j2": "pyproject.toml",
    "{kind}/README.md.j2": "README.md",
    "{kind}/module.py.j2": "{name}.py",
    "{kind}/test_module.py.j2": "tests/test_{name}.py",
}


@dataclass(frozen=True)
class PackageKind:
    """What a package holds: `entry` is the object that its entry point in `group` names."""

    noun: str
    group: str
    entry: str = "plugin"


KINDS = {
    "strategy": PackageKind("strategy", "algo_trading.strategies", entry=""),  # the class itself
    "source": PackageKind("source", "algo_trading.sources"),
    "broker": PackageKind("broker", "algo_trading.brokers"),
    "channel": PackageKind("channel", "algo_trading.channels"),
}


def create_package(kind: str, name: str, into: Path) -> list[Path]:
    """Write the package of the plug-in `name` into a new folder of `into`; the files are returned.

    Raises:
        ConfigError: the name is taken or not a name for a module, or the folder is there or cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    package = KINDS[kind]
    _require_free(package, name)
    folder = into / name.replace("_", "-")
    class_name = "".join(part.capitalize() for part in name.split("_"))
    values = {
        "name": name,
        "folder": folder.name,
        "kind": class_name,
        "noun": package.noun,
        "group": package.group,
        "object": package.entry or class_name,
    }
    # What is rendered is Python, TOML and Markdown from a checked name, so there is nothing to escape.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    templates = files("algo_trading") / "templates"
    written = []
    try:
        folder.mkdir(parents=True)
        for template, target in FILES.items():
            path = folder / target.format(name=name)
            path.parent.mkdir(exist_ok=True)
            source = templates.joinpath(*template.format(kind=kind).split("/")).read_text(encoding="utf-8")
            path.write_text(environment.from_string(source).render(values), encoding="utf-8")
            written.append(path)
    except FileExistsError as error:
        raise ConfigError(f"{folder} is there already; remove it or choose another name") from error
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}") from error
    return written


def _require_free(package: PackageKind, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise ConfigError(
            f"{name!r} is not a name for a {package.noun}: use lower-case letters, digits and single underscores"
        )
    if name in plugin_names(package.group):
        raise ConfigError(f"there is a {package.noun} {name!r} already; choose another name")
    if find_spec(name):
        raise ConfigError(f"there is a Python module {name!r} already; choose another name")
