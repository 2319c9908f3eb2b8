"""A notice in words and pictures, made once for all who get it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from algo_trading.domain.notice import Content
from algo_trading.notification.own_templates import filled

# They stand for what differs between recipients and cannot occur by chance, nor by anybody's intention.
RECIPIENT, ENDING, ENDING_HTML, PICTURE = (
    f"{name}{secrets.token_hex(12)}" for name in ("recipient", "ending", "html", "picture")
)


@dataclass(frozen=True)
class Attachment:
    """A table that comes with a notice, as comma-separated values."""

    name: str
    csv: str


@dataclass(frozen=True)
class Rendering:
    """What a notice says.

    RECIPIENT, ENDING (in `html` ENDING_HTML) and PICTURE stand in `text` and `html` for the recipient's address, how to
    end the subscription and the id of the first of `pictures`, PNGs; those of the others are made by `picture_id`.
    `answers` is the Message-ID of the mail that it answers, empty where it answers none.
    """

    subject: str
    text: str
    html: str
    pictures: tuple[bytes, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    answers: str = ""


def picture_id(number: int) -> str:
    """What stands for the id of a picture, counted from 0."""
    return f"{number}.{PICTURE}" if number else PICTURE


class Renderer(Protocol):
    """Renders the notices of a kind."""

    def begin(self) -> Callable[[Content], Rendering]:
        """For one round of deliveries, what renders contents; it keeps what several have in common.

        It raises UndeliverableError where there is nothing to say, now or later, AlgoTradingError where it cannot be
        said now.
        """
        ...


def render(template: str, **context: object) -> str:
    """A template, filled for a recipient who is named by the placeholders."""
    names = {"address": RECIPIENT, "ending": ENDING, "ending_html": ENDING_HTML, "picture": PICTURE}
    return filled(template, {**names, **context})
