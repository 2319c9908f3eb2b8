"""Mistakes in the configuration, in words for whoever wrote it."""

import difflib
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from algo_trading.settings.layers import Layers
from algo_trading.settings.lines import Location

Branches = frozenset({"int", "float", "str", "bool", "[key]"})  # parts of pydantic's places that are not keys


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with the value at a place; `problem` is a clause such as "must be a whole number"."""

    location: Location
    problem: str

    def sentence(self, layers: Layers) -> str:
        """File and line or variable, key, and what is wrong."""
        key = ".".join(map(str, self.location))
        return f"{layers.place(self.location)}: {key}: {self.problem}"


def sentences(mistakes: Iterable[Mistake], layers: Layers) -> list[str]:
    """A sentence on each of them, once, in the order of layers and lines."""
    ordered = sorted(mistakes, key=lambda mistake: layers.order(mistake.location))
    return list(dict.fromkeys(mistake.sentence(layers) for mistake in ordered))


def mistakes_of(error: ValidationError, model: type[BaseModel], table: Location = ()) -> list[Mistake]:
    """What pydantic found wrong in a table that `model` reads, without the values: one may be a secret."""
    found: dict[Location, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False, include_input=False):
        location = tuple(part for part in details["loc"] if part not in Branches)
        found.setdefault(location, []).append(details)
    return [Mistake((*table, *location), _problem(found[location], location, model)) for location in found]


def _problem(all_details: Sequence[ErrorDetails], location: Location, model: type[BaseModel]) -> str:
    details = all_details[0]
    context: Mapping[str, Any] = details.get("ctx", {})
    kind = details["type"]
    if len(all_details) > 1 and all(one["type"] in SIMPLE for one in all_details):  # a value of one of several types
        return "must be text in quotes, a number, true or false"
    if kind == "extra_forbidden":
        key, known = str(location[-1]), _known_keys(model, location[:-1])
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"there is no such key; {hint}known here are: {', '.join(known)}"
    if kind == "value_error":
        return str(context["error"])
    words = WORDS.get(kind)
    if words is not None:
        return words(context)
    return details["msg"][:1].lower() + details["msg"][1:]


def _number(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _always(text: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _context: text


WHOLE_NUMBER = _always("must be a whole number")
NUMBER = _always("must be a number")
SWITCH = _always("must be true or false")
TEXT = _always('must be text in quotes, such as "name"')
LIST = _always('must be a list, such as ["one", "two"]')
TABLE = _always("must be a table of keys and values")
DATE = _always("must be a valid date, such as 2013-01-02")
CHOICE: Callable[[Mapping[str, Any]], str] = lambda c: f"must be {c['expected']}"  # noqa: E731 - one of a table's words
WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": _always("is missing"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), WHOLE_NUMBER),
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), SWITCH),
    "string_type": TEXT,
    **dict.fromkeys(("tuple_type", "list_type"), LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), TABLE),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), DATE),
    **dict.fromkeys(("literal_error", "enum"), CHOICE),
    "finite_number": _always("must be a finite number"),
    "greater_than": lambda c: f"must be greater than {_number(c['gt'])}",
    "greater_than_equal": lambda c: f"must be {_number(c['ge'])} or more",
    "less_than": lambda c: f"must be less than {_number(c['lt'])}",
    "less_than_equal": lambda c: f"must be {_number(c['le'])} or less",
    "too_short": lambda c: f"must have at least {_plural(c['min_length'], 'entry').replace('entrys', 'entries')}",
    "string_too_short": lambda c: f"must have at least {_plural(c['min_length'], 'character')}",
    "string_pattern_mismatch": lambda c: f"must match the pattern {c['pattern']}",
    "decimal_max_digits": lambda c: f"must have at most {_plural(c['max_digits'], 'digit')}",
    "decimal_whole_digits": lambda c: f"must have at most {_plural(c['whole_digits'], 'digit')} before the point",
    "decimal_max_places": lambda c: f"must have at most {_plural(c['decimal_places'], 'decimal')}",
}
SIMPLE = frozenset({"int_type", "int_parsing", "float_type", "float_parsing", "string_type", "bool_type"})


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    inner = type_at(model, location)
    return sorted(inner.model_fields) if isinstance(inner, type) and issubclass(inner, BaseModel) else []


def type_at(model: type[BaseModel], location: Location) -> Any:  # noqa: ANN401 - any annotation
    """What a model wants at a place below it: a model, a container or a simple type; None: nothing in particular."""
    wanted: Any = model
    for part in location:
        if isinstance(wanted, type) and issubclass(wanted, BaseModel):
            field = wanted.model_fields.get(str(part))
            wanted = _main(field.annotation) if field else None
        else:
            arguments = typing.get_args(wanted)
            container = typing.get_origin(wanted)
            wanted = _main(arguments[-1 if container is dict else 0]) if container in {tuple, list, dict} else None
    return wanted


def _main(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """The type without what goes along with it: its None and its checks."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _main(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        kinds = [kind for kind in typing.get_args(annotation) if kind is not type(None)]
        return _main(kinds[0]) if len(kinds) == 1 else annotation
    return annotation
