"""The pages that show what the gate found."""

import gc

import pytest

from algo_trading.quality.expectations import expectations, no_collection
from algo_trading.quality.gate import PAGES, BarGate
from fakes.objects import FakeObjectStore
from support.raw_bars import batch, row

pytestmark = pytest.mark.unit


def test_a_command_publishes_what_it_judged_once() -> None:
    gate, objects = BarGate(), FakeObjectStore()
    gate.judge(batch([row(), row("2015-03-24", volume="many")]))
    key = gate.publish(objects, "import bars / 2026")
    assert key == "quality/docs/import-bars-2026/index.html"
    pages = [name for name in objects.contents if "/validations/" in name]
    assert len(pages) == 2
    assert all(page.endswith("batch.html") for page in pages)
    values = next(objects.contents[page].decode() for page in pages if "values" in page)
    assert "volume: many" in values
    rules = objects.contents["quality/docs/import-bars-2026/expectations/daily_bars/values.html"].decode()
    assert "The quoted cell is not a number, a date or a symbol." in rules
    assert objects.media_types[key] == "text/html"
    assert sum(map(len, objects.contents.values())) < 500_000

    assert gate.publish(objects, "again") is None
    assert not any(name.startswith("quality/docs/again") for name in objects.contents)


def test_nothing_stays_behind_in_the_context() -> None:
    gate, objects = BarGate(), FakeObjectStore()
    for label in ("one", "two"):
        gate.judge(batch([row()]))
        gate.publish(objects, label)
    assert len([name for name in objects.contents if name.startswith("quality/docs/two/validations")]) == 2
    assert not expectations().context.validation_results_store.list_keys()


def test_the_newest_results_are_kept() -> None:
    gate = BarGate()
    assert gate._pages.maxlen == PAGES
    assert PAGES >= 2 * 50  # the fifty archives of one import


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
