"""The table of docs/backtesting.md on which figure is tested how says what there is."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

TESTS = Path(__file__).parents[2]
NAME = re.compile(r"`([\w/]+\.py)`")


def table() -> list[list[str]]:
    text = (TESTS.parent / "docs" / "backtesting.md").read_text(encoding="utf-8")
    section = text.partition("## Which figure is tested how")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


ROWS = table()
FIGURES = [row[0] for row in ROWS]


def found(name: str) -> list[Path]:
    """Test modules of this name, which may begin with their folder."""
    return [path for path in TESTS.rglob(Path(name).name) if str(path).endswith(f"/{name}")]


@pytest.mark.parametrize("row", ROWS, ids=FIGURES)
def test_each_figure_has_the_tests_that_are_named(row: list[str]) -> None:
    _figure, reference, fuzz, pins = row
    random, fixed = NAME.findall(fuzz), NAME.findall(pins)
    assert random or fixed
    for name in (*random, *fixed):
        assert len(found(name)) == 1, name
    for name in random:
        assert "from support.fuzz import" in found(name)[0].read_text(encoding="utf-8"), name
    sources = "".join(found(name)[0].read_text(encoding="utf-8") for name in (*random, *fixed))
    for name in NAME.findall(reference):
        if (TESTS / "reference" / name).is_file():
            module = name.removesuffix(".py")
            assert re.search(rf"from reference(\.{module} import| import .*\b{module}\b)", sources), name


def test_every_reference_is_in_the_table() -> None:
    named = {name for row in ROWS for name in NAME.findall(row[1])}
    assert {path.name for path in (TESTS / "reference").glob("*.py")} <= named
