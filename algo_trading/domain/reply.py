"""What a mail is answered."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A table that comes with an answer."""

    name: str
    csv: str


@dataclass(frozen=True, slots=True)
class CommandAnswer:
    """What became of one command, in lines; `refused`: nothing was done."""

    command: str
    lines: tuple[str, ...]
    refused: bool = False
    files: tuple[CsvFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a mail with this subject and Message-ID."""

    subject: str
    message_id: str
    answers: tuple[CommandAnswer, ...]

    @property
    def details(self) -> str:
        """All of it as JSON, from which `parse` makes it again."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, details: str) -> Self:
        """The reply of its details.

        Raises:
            ValueError: they are not a reply's.
        """
        try:
            told = json.loads(details)
            answers = (
                CommandAnswer(
                    one["command"], tuple(one["lines"]), one["refused"],
                    tuple(CsvFile(file["name"], file["csv"]) for file in one["files"]),
                )
                for one in told["answers"]
            )  # fmt: skip
            return cls(told["subject"], told["message_id"], tuple(answers))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a reply: {error}") from error
