"""The gate's page: one file about what was judged, held back, and why, over time."""

import re
from datetime import UTC, date, datetime

import pytest

from algo_trading.domain.quality import JudgedBatch, QualityResult, QuarantinedRow
from algo_trading.quality.data_docs import DataDocs
from algo_trading.quality.gate import BarGate
from algo_trading.quality.gate_page import KEY, GatePages, by_day, render
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine
from support.raw_bars import batch, row

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)


def judged(day: int, name: str, rows: int, **reasons: int) -> JudgedBatch:
    result = QualityResult("daily_bars", "csv_files", name, rows, rows - sum(reasons.values()), reasons)
    return JudgedBatch(datetime(2026, 11, day, 9, 30, tzinfo=UTC), result)


def held(reason: str, number: int = 0) -> QuarantinedRow:
    return QuarantinedRow("import", f"prices.csv:{number}", "IBM", "2026-11-18", reason, {"close": "<b>1</b>"})


def test_days_add_up_what_was_judged() -> None:
    days = by_day([judged(20, "c", 10, high=5), judged(18, "b", 20), judged(18, "a", 30, volume=1)])
    assert [(day.day, day.batches, day.rows, day.held) for day in days] == [
        (date(2026, 11, 20), 1, 10, 5),
        (date(2026, 11, 18), 2, 50, 1),
    ]
    assert [day.share for day in days] == [0.5, 0.02]


def test_the_page_says_what_was_judged_held_back_and_why() -> None:
    quarantine = FakeQuarantine()
    quarantine.add([held("volume below 0", number) for number in range(3)] + [held("high below low")])
    gaps = QualityResult("daily_bars", "yahoo", "week", 8, 8, {}, {"IBM": tuple("abcde")}, {"KO": "not found"})
    batches = [JudgedBatch(NOW, gaps), judged(20, "prices.csv", 1_000, volume=3, high=1)]
    page = render(batches, quarantine, NOW, "quality/docs/import-1/index.html")
    text = re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL))
    assert "Batches judged 2 Rows judged 1,008 Held back 4 Share held back 0.40% In quarantine 4" in text
    assert "volume below 0 3 high below low 1" in text
    assert "2026-11-20 2 1,008 4 0.40%" in text
    assert "prices.csv 1,000 4 volume: 3, high: 1" in text
    assert "IBM: a, b, c and 2 more KO: not found" in text
    assert "close=&lt;b&gt;1&lt;/b&gt;" in text
    assert 'href="import-1/index.html"' in page
    assert not re.search(r"https?:|url\(|@import|<script", page)


def test_an_empty_gate_is_a_page_too() -> None:
    page = render([], FakeQuarantine(), NOW, None)
    assert "Nothing was held back." in page
    assert "<a " not in page


def test_the_page_is_published_before_the_details_and_kept_up_to_date() -> None:
    quality, quarantine, objects = FakeQuality(), FakeQuarantine(), FakeObjectStore()
    pages = GatePages(DataDocs(), quality, quarantine, FakeClock(NOW))
    gate = BarGate(pages)
    assert pages.publish(objects, "sessions") is None
    assert not objects.contents
    verdict = gate.judge(batch([row(), row("2015-03-24", volume="many")]))
    quality.record(verdict.result)
    quarantine.add(verdict.quarantined)
    assert pages.publish(objects, "import-1") == KEY
    assert objects.media_types[KEY] == "text/html"
    assert "volume=many" in (first := objects.contents[KEY].decode())
    assert "quality/docs/import-1/index.html" in objects.contents
    quality.record(gate.judge(batch([row("2015-03-25")])).result)
    assert pages.publish(objects, "import-2") is None
    assert objects.contents[KEY].decode() != first
