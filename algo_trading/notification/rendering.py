"""A notice in words and pictures, made once for all who get it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from jinja2 import Environment

# They stand for what differs between recipients and cannot occur by chance, nor by anybody's intention.
RECIPIENT, COMMAND, PICTURE = (f"{name}{secrets.token_hex(12)}" for name in ("recipient", "command", "picture"))


@dataclass(frozen=True)
class Rendering:
    """What a notice says.

    RECIPIENT, COMMAND and PICTURE stand in `text` and `html` for the recipient's address, the command that ends the
    subscription and the id of `picture`, a PNG (None: there is none).
    """

    subject: str
    text: str
    html: str
    picture: bytes | None = None


class Renderer(Protocol):
    """Renders the notices of a kind."""

    def begin(self) -> Callable[[str], Rendering]:
        """For one round of deliveries, what renders contents by their keys; it keeps what several have in common.

        It raises UndeliverableError where there is nothing to say, now or later, AlgoTradingError where it cannot be
        said now.
        """
        ...


def render(template: str, **context: object) -> str:
    """A template of this package, filled for a recipient who is named by the placeholders."""
    names = {"address": RECIPIENT, "command": COMMAND, "picture": PICTURE}
    return _templates().get_template(template).render(**names, **context)


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("algo_trading.notification"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
