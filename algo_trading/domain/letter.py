"""A notice in a few sentences, of any subject."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Letter:
    """What a notice says where nothing is to be looked up when it is delivered.

    `link` is an address where one goes on, empty without; `table` has a heading and rows of as many texts, or nothing.
    """

    subject: str
    sentences: tuple[str, ...]
    link: str = ""
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def details(self) -> str:
        """All of it as JSON, from which `parse` makes it again."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, details: str) -> Self:
        """The letter of its details.

        Raises:
            ValueError: they are not a letter's.
        """
        try:
            told = json.loads(details)
            return cls(told["subject"], tuple(told["sentences"]), told["link"], tuple(map(tuple, told["table"])))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a letter: {error}") from error
