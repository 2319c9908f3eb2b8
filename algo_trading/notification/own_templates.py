"""Templates of notices: those of the package, and a user's own in their place."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from algo_trading.notification.words import aligned

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment

PACKAGE = "algo_trading.notification"
OPTIONS: Mapping[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "keep_trailing_newline": True}
log = logging.getLogger(__name__)
_folder: ContextVar[str] = ContextVar("folder of templates", default="")
_named: set[str] = set()


@contextmanager
def templates_from(folder: str) -> Iterator[None]:
    """Templates of this folder stand in the place of those of the package with their names; "" for none."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def filled(template: str, context: Mapping[str, object]) -> str:
    """A template with its values; where the user's is broken, it is named in the log and the package's is used."""
    folder = _folder.get()
    if folder and any(Path(folder).glob("*.j2")):
        try:
            return _own(folder).get_template(template).render(context)
        except Exception as error:  # noqa: BLE001 - whatever a template does wrong, the notice goes out
            _name(folder, template, error)
    return _packaged().get_template(template).render(context)


def _name(folder: str, template: str, error: Exception) -> None:
    """Say once what is wrong, with the place where it is known."""
    name, line = getattr(error, "name", None) or template, getattr(error, "lineno", None)
    place = f"{Path(folder) / name}{f', line {line}' if line else ''}"
    said = f"the template {place} is broken, and the package's is used: {type(error).__name__}: {error}"
    if said not in _named:
        _named.add(said)
        log.warning(said)


@cache
def _packaged() -> "Environment":
    from jinja2 import Environment, PackageLoader

    return _prepared(Environment, PackageLoader(PACKAGE))


@cache
def _own(folder: str) -> "Environment":
    """In a sandbox: what is not there comes from the package, which may extend the user's."""
    from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return _prepared(ImmutableSandboxedEnvironment, ChoiceLoader([FileSystemLoader(folder), PackageLoader(PACKAGE)]))


def _prepared(kind: "type[Environment]", loader: "BaseLoader") -> "Environment":
    from jinja2 import StrictUndefined, select_autoescape

    escaping = select_autoescape(enabled_extensions=("html.j2",))
    environment = kind(loader=loader, autoescape=escaping, undefined=StrictUndefined, **OPTIONS)
    environment.filters["aligned"] = aligned
    return environment
