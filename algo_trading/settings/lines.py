"""On which line of a TOML file a key stands; tomllib does not say."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

Location = tuple[int | str, ...]

ENDS = ("]", "}", '"""', "'''")  # one of them stands on the last line of a value that goes over several


def line_numbers(text: str) -> dict[Location, int]:
    """The line, from 1, of every key and table of a valid TOML document, by its place in what tomllib makes of it.

    A value that is written over several lines stands where it begins.
    """
    found: dict[Location, int] = {}
    table: Location = ()
    counts: dict[Location, int] = {}
    for number, is_header, values in _statements(text):
        if is_header:
            names, is_array = _header_path(values)
            table = _resolved(names[:-1] if is_array else names, counts)
            if is_array:
                array: Location = (*table, names[-1])
                counts[array] = counts.get(array, -1) + 1
                table = (*array, counts[array])
                found.setdefault(array, number)
            found.setdefault(table, number)
        else:
            for path in _paths(values):
                found.setdefault((*table, *path), number)
    return found


def _statements(text: str) -> Iterator[tuple[int, bool, Mapping[str, Any]]]:
    """The line where each header or `key = value` begins, whether it is a header, and what it says by itself."""
    begin, chunk = 1, ""
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        chunk += line
        if begin < number and not any(end in line for end in ENDS):
            continue
        try:
            values = tomllib.loads(chunk)
        except tomllib.TOMLDecodeError:
            continue
        if values:
            yield begin, chunk.lstrip().startswith("["), values
        begin, chunk = number + 1, ""


def _header_path(values: Mapping[str, Any]) -> tuple[tuple[str, ...], bool]:
    """The names of a header, and whether it is that of an array of tables."""
    path: list[str] = []
    node: Any = values
    while isinstance(node, dict) and node:
        ((name, node),) = node.items()
        path.append(name)
    return tuple(path), isinstance(node, list)


def _resolved(path: tuple[str, ...], counts: Mapping[Location, int]) -> Location:
    """The place of a table: below an array of tables it is in the newest one."""
    place: Location = ()
    for name in path:
        place = (*place, name)
        if place in counts:
            place = (*place, counts[place])
    return place


def _paths(values: Any, path: Location = ()) -> Iterator[Location]:  # noqa: ANN401 - whatever TOML can hold
    items = values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    for name, value in items:
        yield (*path, name)
        yield from _paths(value, (*path, name))
