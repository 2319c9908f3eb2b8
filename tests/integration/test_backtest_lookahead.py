"""What a strategy keeps between calls is found out in a process that never saw the series as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import pytest

from algo_trading.errors import ConfigError
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.lookahead import check_lookahead
from back_testing.engine.rules import TradingRules
from support.bar_series import bars_of, random_walk
from support.leaky_strategies import RemembersItsSeries, RemembersOtherSymbols

pytestmark = pytest.mark.integration

SERIES = [bars_of(random_walk(120, seed), symbol) for seed, symbol in enumerate(("AAA", "BBB"))]


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    RemembersItsSeries.closes.clear()
    RemembersOtherSymbols.closes.clear()
    yield
    RemembersItsSeries.closes.clear()
    RemembersOtherSymbols.closes.clear()


def test_a_strategy_that_remembers_its_series_is_found_out() -> None:
    for report in check_lookahead(RemembersItsSeries(), SERIES, TradingRules()):
        assert not report.honest
        assert any(sentence.startswith(("entries at 2000-", "exits at 2000-")) for sentence in report.decisions_changed)


def test_a_strategy_that_remembers_other_symbols_is_found_out() -> None:
    first, second = check_lookahead(RemembersOtherSymbols(), SERIES, TradingRules())
    assert first.remembered  # it decides otherwise once it has seen the other one
    assert second.decisions_changed


def test_an_honest_one_is_not() -> None:
    for report in check_lookahead(SmaCross(2, 5, 0), SERIES, TradingRules()):
        assert report.sentences == ()
        assert report.proven
        assert report.cuts == 120 - SmaCross(2, 5, 0).warmup


def test_a_class_that_cannot_be_imported_is_one_sentence() -> None:
    @dataclass(frozen=True)
    class Local(SmaCross):
        name: ClassVar[str] = "local"

    with pytest.raises(ConfigError, match=r"local cannot be asked in a process of its own .* importable module"):
        check_lookahead(Local(2, 5, 0), SERIES, TradingRules())
