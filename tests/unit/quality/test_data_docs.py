"""Great Expectations: it finds what the rules find, and shows it."""

import gc
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from algo_trading.quality.bar_rules import SERIES, VALUES
from algo_trading.quality.data_docs import PAGES, SHOWN, DataDocs
from algo_trading.quality.expectations import expectations, no_collection
from algo_trading.quality.gate import BarGate
from algo_trading.quality.post_rules import POST_REPEATS, POST_VALUES
from algo_trading.quality.rules import Between, Columns, NotIn, Suite
from fakes.objects import FakeObjectStore
from support.fuzz import examples
from support.raw_bars import batch, row

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
VALUES_PAGE = "quality/docs/import-bars-2026/expectations/daily_bars/values.html"


def test_a_command_publishes_what_was_held_back_once() -> None:
    pages, objects = DataDocs(), FakeObjectStore()
    gate = BarGate(pages)
    gate.judge(batch([row(), row("2015-03-24", volume="many"), row("2015-03-21")]))
    key = pages.publish(objects, "import bars / 2026")
    assert key == "quality/docs/import-bars-2026/index.html"
    shown = [name for name in objects.contents if "/validations/" in name]
    assert len(shown) == 2
    assert all(page.endswith("batch.html") for page in shown)
    values = next(objects.contents[page].decode() for page in shown if "values" in page)
    assert "volume: many" in values
    assert "The quoted cell is not a number, a date or a symbol." in objects.contents[VALUES_PAGE].decode()
    assert objects.media_types[key] == "text/html"
    assert sum(map(len, objects.contents.values())) < 500_000

    gate.judge(batch([row()]))
    assert pages.publish(objects, "again") is None
    assert not any(name.startswith("quality/docs/again") for name in objects.contents)


def test_nothing_stays_behind_in_the_context() -> None:
    pages, objects = DataDocs(), FakeObjectStore()
    for label in ("one", "two"):
        BarGate(pages).judge(batch([row(volume="many")]))
        pages.publish(objects, label)
    assert len([name for name in objects.contents if name.startswith("quality/docs/two/validations")]) == 1
    assert not expectations().context.validation_results_store.list_keys()


def test_the_newest_results_are_kept() -> None:
    assert DataDocs()._pages.maxlen == PAGES
    assert PAGES >= 2 * 50  # the fifty archives of one import


def test_of_a_batch_that_is_all_wrong_the_beginning_is_validated_and_the_page_says_so() -> None:
    repeats = np.full(3 * SHOWN, "id with another text", dtype=object)
    repeats[0] = None
    columns = {"repeat": repeats}
    pages, objects = DataDocs(), FakeObjectStore()
    pages.add("big.csv", POST_REPEATS, columns, POST_REPEATS.first_broken(columns), NOW)
    (page,) = pages._pages
    assert page.result.results[0].result["element_count"] == SHOWN + 1
    assert page.result.results[0].result["unexpected_count"] == SHOWN
    pages.publish(objects, "import")
    (shown,) = (text.decode() for name, text in objects.contents.items() if "/validations/" in name)
    assert f"big.csv-first-{SHOWN + 1}-of-{3 * SHOWN}-rows" in shown


TEXTS = st.sampled_from([None, "volume: many", "identical repeat", "conflicting repeat"])
NUMBERS = st.sampled_from([-1.0, -0.0, 0.0, 5e-324, 0.1, 1.0, 5.0, 1989.0, 1990.0, 1e5, 1e308, float("nan")])
TIMES = st.sampled_from([None, "2015-03-23T20:00:00"])


def columns_of(data: st.DataObject, suite: Suite) -> Columns:
    """A few rows of values as the gates compute them, good and bad."""
    rows = data.draw(st.integers(1, 6))

    def draw(values: st.SearchStrategy[Any]) -> list[Any]:
        return data.draw(st.lists(values, min_size=rows, max_size=rows))

    def column(rule: object, name: str) -> NDArray[Any]:
        if isinstance(rule, Between):
            return np.array(draw(NUMBERS))
        if name == "closed_at":
            return np.array(draw(TIMES), "datetime64[us]")
        found = np.empty(rows, dtype=object)
        found[:] = draw(TEXTS)
        return found

    return {rule.column: column(rule, rule.column) for rule in suite.rules}


@pytest.mark.parametrize("suite", [VALUES, SERIES, POST_VALUES, POST_REPEATS], ids=lambda suite: suite.name)
@settings(max_examples=examples(5), deadline=None)
@given(data=st.data())
def test_great_expectations_finds_what_the_rules_find(suite: Suite, data: st.DataObject) -> None:
    columns = columns_of(data, suite)
    _, found = expectations().validate(suite, columns)
    assert found.tolist() == suite.first_broken(columns).tolist()


def test_a_disagreement_is_an_error_that_names_the_row() -> None:
    columns = {"repeat": np.array([None, "t3_a"], dtype=object)}
    nothing = np.full(2, None, dtype=object)
    with pytest.raises(RuntimeError, match=r"disagree on row 2 of a batch by posts\.repeats: None and id with another"):
        DataDocs().add("a batch", POST_REPEATS, columns, nothing, NOW)


def test_a_rule_that_great_expectations_does_not_know_is_refused() -> None:
    class Odd(NotIn):
        """A rule of another kind."""

    class Other:
        column, note, reason = "repeat", "", POST_REPEATS.rules[0].reason

        def broken(self, values: NDArray[Any]) -> NDArray[np.bool_]:
            return np.zeros(len(values), dtype=bool)

    columns = {"repeat": np.array([None], dtype=object)}
    expectations().validate(Suite("known", (Odd("repeat", (), Other.reason, ""),)), columns)
    with pytest.raises(TypeError, match="has nothing for"):
        expectations().validate(Suite("unknown", (Other(),)), columns)


def test_garbage_is_collected_again_after_an_import_where_it_was_before() -> None:
    def import_that_fails() -> None:
        with no_collection():
            assert not gc.isenabled()
            raise ImportError

    assert gc.isenabled()
    with pytest.raises(ImportError):
        import_that_fails()
    assert gc.isenabled()
    with no_collection(), no_collection():
        pass
    assert gc.isenabled()
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
