"""Lines of keys in TOML files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.settings.lines import line_numbers

pytestmark = pytest.mark.unit

DOCUMENT = '''# a comment
top = 1   # [not a header]
"quoted key" = 'a = b'

[table] # of one kind
many = [
  "a = 1",  # ]
  "[b]",
]
inner.dotted = { x = 1, y = [1, 2] }
text = """
[looks.like.a.header]
key = 1
"""

[[list]]
name = "first"
[list.below]
deep = 1
[[list.more]]
a = 1
[[list.more]]
a = 2

[[list]]
name = "second"
[list.below]
deep = 2
'''


def test_every_key_has_the_line_where_it_begins() -> None:
    lines = line_numbers(DOCUMENT)
    assert lines["top",] == 2
    assert lines["quoted key",] == 3
    assert lines["table",] == 5
    assert lines["table", "many"] == lines["table", "many", 1] == 6
    assert lines["table", "inner", "dotted", "y", 1] == 10
    assert lines["table", "text"] == 11
    assert lines["list",] == lines["list", 0] == 16
    assert lines["list", 0, "below", "deep"] == 19
    assert lines["list", 0, "more", 1] == 22
    assert lines["list", 0, "more", 1, "a"] == 23
    assert lines["list", 1] == 25
    assert lines["list", 1, "below", "deep"] == 28
    assert ("looks",) not in lines


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["1", '"x"', "[\n1,\n2,\n]", "{ a = 1 }"])), max_size=9))
def test_blank_lines_and_long_values_move_what_follows(entries: list[tuple[int, str]]) -> None:
    text, line, expected = "", 1, {}
    for index, (blanks, value) in enumerate(entries):
        text += "\n" * blanks + f"key{index} = {value}\n"
        expected[f"key{index}"] = line + blanks
        line += blanks + value.count("\n") + 1
    found = line_numbers(text)
    assert {name: found[name,] for name in expected} == expected


def test_a_long_list_takes_no_long_time() -> None:
    symbols = "".join(f'  "S{number}",\n' for number in range(5000))
    assert line_numbers(f"symbols = [\n{symbols}]\nlast = 1\n")["last",] == 5003
