"""The command `new-strategy`: a package for a strategy of one's own, from the template in algo_trading/templates."""

import keyword
import re
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from algo_trading.errors import ConfigError

FILES = {
    "pyproject.toml.j2": "pyproject.toml",
    "README.md.j2": "README.md",
    "module.py.j2": "{name}.py",
    "test_module.py.j2": "tests/test_{name}.py",
}


def create_package(name: str, into: Path) -> list[Path]:
    """Write the package of the strategy `name` into a new folder of `into`; the files are returned.

    Raises:
        ConfigError: the name is taken or no name for a module, or the folder is there or cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    _require_free(name)
    folder = into / name.replace("_", "-")
    values = {"name": name, "folder": folder.name, "kind": "".join(part.capitalize() for part in name.split("_"))}
    # What is rendered is Python, TOML and Markdown from a checked name, so there is nothing to escape.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    templates = files("algo_trading") / "templates" / "strategy"
    written = []
    try:
        folder.mkdir(parents=True)
        for template, target in FILES.items():
            path = folder / target.format(name=name)
            path.parent.mkdir(exist_ok=True)
            text = environment.from_string((templates / template).read_text(encoding="utf-8")).render(values)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    except FileExistsError as error:
        raise ConfigError(f"{folder} is there already; remove it or choose another name") from error
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror}") from error
    return written


def _require_free(name: str) -> None:
    from algo_trading.strategies.registry import strategy_names

    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is no name for a strategy: use lower-case letters, digits and single underscores")
    if name in strategy_names():
        raise ConfigError(f"there is a strategy {name!r} already; choose another name")
    if find_spec(name):
        raise ConfigError(f"there is a Python module {name!r} already; choose another name")
