"""The benchmarks' own arithmetic: contenders in turn, medians, ratios, goals."""

import pytest
from rich.console import Console

from bench.measure import Contender, Goal, Result, Timing, measure
from bench.report import print_result

pytestmark = pytest.mark.unit


def test_contenders_run_in_turn_after_a_round_that_does_not_count() -> None:
    calls: list[str] = []
    contenders = [
        Contender("a", lambda: calls.append("a"), 10, lambda: calls.append("prepare")),
        Contender("b", lambda: calls.append("b"), 10, rounds=1),
    ]
    timings = measure(contenders, 2, lambda _: None, least=0.0)
    assert calls == ["prepare", "a", "b", "prepare", "a", "b", "prepare", "a"]
    assert [(timing.name, len(timing.seconds)) for timing in timings] == [("a", 2), ("b", 1)]
    calls.clear()
    measure(contenders, 1, lambda _: None, warm_up=False, least=0.0)
    assert calls == ["prepare", "a", "b"]


def test_a_short_run_is_repeated_unless_it_is_prepared() -> None:
    calls: list[str] = []
    contenders = [
        Contender("short", lambda: calls.append("short"), 1),
        Contender("prepared", lambda: calls.append("prepared"), 1, lambda: None),
    ]
    short, _ = measure(contenders, 1, lambda _: None, warm_up=False, least=0.01)
    assert calls.count("prepared") == 1
    assert calls.count("short") > 10
    assert short.median < 0.001


def test_rates_are_of_the_median() -> None:
    timing = Timing("ours", 100, (0.5, 9.0, 1.0))
    assert (timing.median, timing.rate) == (1.0, 100.0)


@pytest.mark.parametrize(
    ("measured", "at_most", "met"), [(2, False, True), (1.9, False, False), (2, True, True), (2.1, True, False)]
)
def test_a_goal_is_a_floor_or_a_ceiling(measured: float, at_most: bool, met: bool) -> None:
    assert Goal("times", 2, measured, at_most=at_most).met is met


def test_a_table_compares_the_peers_with_the_first() -> None:
    console = Console(record=True, width=110)
    timings = [Timing("ours", 4_000_000, (1.0,)), Timing("theirs", 4_000_000, (8.0,))]
    print_result(console, Result("Title", "setting", timings, [Goal("times theirs", 10, 8)], ["a note"]))
    text = console.export_text()
    assert "8.0 x" in text
    assert "4.00 M" in text
    assert "goal missed: times theirs: 8 (at least 10)" in text
    assert "a note" in text
