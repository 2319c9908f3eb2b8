"""The look-ahead check: honest strategies pass, cheats are caught by their decisions and by their fills."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pytest

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import StrategyId
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Flags, Strategy
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.registry import build_strategy, strategy_names
from algo_trading.strategies.sma_cross import SmaCross
from algo_trading.strategies.volatility_drop import VolatilityDrop
from back_testing.analysis import lookahead
from back_testing.analysis.lookahead import LookaheadReport, check_lookahead
from back_testing.analysis.lookahead_cuts import ask
from back_testing.engine.rules import Direction, FillAt, TradingRules
from support.bar_series import bars_of, random_walk, with_features
from support.factories import chatter, joining, looked_up
from support.fuzz import examples
from support.leaky_strategies import PriceLevel, TooEarly, VetoedByTomorrow, VolumeLevel

pytestmark = pytest.mark.unit


def check(strategy: Strategy, bars: Bars, rules: TradingRules, **more: Any) -> LookaheadReport:
    """The report on one symbol, asked in this process: what only another one finds out, integration tests ask."""
    (report,) = check_lookahead(strategy, [bars], rules, ask=ask, **more)
    return report


def candles(n: int = 400, seed: int = 7, wild: float = 1.0) -> Bars:
    """A random walk with opens, highs and lows of its own, of about `wild` times 2 % a day."""
    bars = bars_of(100 * (random_walk(n, seed) / 100) ** wild)
    noise = np.random.default_rng(seed + 1).uniform(0, 0.01, (3, n))
    opens = np.append(bars.close[:1], bars.close[:-1]) * (1 + noise[0] - 0.005)
    high, low = np.maximum(opens, bars.close) * (1 + noise[1]), np.minimum(opens, bars.close) * (1 - noise[2])
    return replace(bars, open=opens, high=high, low=low)


@dataclass(frozen=True)
class Cheat(Strategy):
    """Buys and sells where a rule of the test says, which may read any bar."""

    name: ClassVar[str] = "cheat"
    summary: ClassVar[str] = "knows more than it should"

    rule: Callable[[Bars], Flags]

    @cached_property
    def id(self) -> StrategyId:
        return StrategyId(self.name, "{}")  # a rule cannot be written down as JSON

    @property
    def warmup(self) -> int:
        return 3

    def decide(self, bars: Bars) -> Decisions:
        up = self.rule(bars)
        return Decisions(up, ~up, np.ones(len(bars)), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        return f"it is {bars.close[index]:.2f}"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {"close": bars.close}


def tomorrow_rises(bars: Bars) -> Flags:
    return np.append(bars.close[1:] > bars.close[:-1], [False] * min(1, len(bars)))


def above_the_mean_of_all(bars: Bars) -> Flags:
    flags: Flags = bars.close > np.mean(bars.close)
    return flags


def smoothed_around_the_bar(bars: Bars) -> Flags:
    flags: Flags = np.convolve(bars.close, np.ones(3) / 3, mode="same") > bars.close
    return flags


# Daily bars make three timeframes alone, whose points do not add up to the thresholds of ten.
EAGER: dict[str, dict[str, Any]] = {"candle_rank": {"bull": 6, "bear": 6}}


@pytest.mark.parametrize("name", strategy_names())
def test_registered_strategies_are_honest(name: str) -> None:
    bars = with_features(candles(700, seed=4, wild=2))
    report = check(build_strategy(name, EAGER.get(name, {})), bars, TradingRules(stop_loss=0.04, take_profit=0.08))
    assert report.sentences == ()
    assert report.honest
    assert report.cuts > 250
    assert report.fills


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize(
    "rules",
    [
        TradingRules(),
        TradingRules(trailing_stop=0.03),
        TradingRules(stop_loss=0.02, take_profit=0.03, cash=500),
        TradingRules(stop_loss=0.03, max_age=70),
    ],
)
def test_fills_of_the_engine_do_not_know_later_prices(rules: TradingRules, direction: Direction) -> None:
    report = check(SmaCross(2, 5, 0), candles(), replace(rules, direction=direction))
    assert report.sentences == ()
    assert report.fills == 40


@pytest.mark.parametrize("rule", [tomorrow_rises, above_the_mean_of_all, smoothed_around_the_bar])
def test_a_cheat_is_caught_by_its_decisions(rule: Callable[[Bars], Flags]) -> None:
    report = check(Cheat(rule), candles(), TradingRules())
    assert not report.honest
    assert any(" bars after 200" in sentence for sentence in report.decisions_changed)
    assert any(sentence.startswith("entries at 200") for sentence in report.decisions_changed)
    assert report.fills_moved  # its fills move too: decisions are asked anew


TEXT = [EventDriven(drop=-1, impact=0.1, hold=3), VolatilityDrop(3, 0.5, -0.5, 0.5, hold=2), InfluencerMention()]


@pytest.mark.parametrize("strategy", TEXT, ids=lambda strategy: strategy.name)
def test_text_is_joined_anew_to_what_is_left(strategy: Strategy) -> None:
    bars = candles(300)
    join = joining(chatter(bars, a_day=2), looked_up(bars))
    report = check(
        strategy, join(bars, strategy.features), TradingRules(), join=lambda left: join(left, strategy.features)
    )
    assert report.sentences == ()
    assert report.cuts > 250
    assert report.fills > 5


def test_a_join_that_knows_later_posts_is_caught() -> None:
    bars, strategy = candles(300), InfluencerMention()
    mentions = chatter(bars, a_day=2)
    early = [replace(mention, available_at=mention.available_at - timedelta(days=1)) for mention in mentions]
    honest, hasty = joining(mentions), joining(early)

    def live(left: Bars) -> Bars:
        return honest(left, strategy.features)

    report = check(strategy, hasty(bars, strategy.features), TradingRules(), join=live)
    assert any(sentence.startswith("influencer_confidence at 2000-") for sentence in report.decisions_changed)


def test_whoever_reads_the_text_of_tomorrow_is_caught() -> None:
    def good_news_tomorrow(bars: Bars) -> Flags:
        return np.append(bars.features["sentiment"][1:] > 0, [False] * min(1, len(bars)))

    bars = with_features(candles())
    report = check(Cheat(good_news_tomorrow), bars, TradingRules())
    assert any(sentence.startswith("entries at 200") for sentence in report.decisions_changed)
    assert report.fills_moved


def test_reasons_may_not_know_the_future_either() -> None:
    class Hindsight(SmaCross):
        def explain(self, bars: Bars, index: int) -> str:
            return f"{super().explain(bars, index)}, later {bars.close[-1]:.2f}"

    report = check(Hindsight(2, 5, 0), candles(), TradingRules())
    assert report.decisions_changed[0].startswith("the reason at 2000-01-08 is another one without the 394 bars after")
    assert report.fills_moved == ()


def test_a_fill_at_the_close_is_caught() -> None:
    report = check(SmaCross(2, 5, 0), candles(), TradingRules(fill=FillAt.CLOSE))
    assert report.decisions_changed == ()
    assert " when only what comes after the open of 2000-" in report.fills_moved[0]


def test_bars_that_cannot_be_traded_are_one_sentence() -> None:
    with pytest.raises(ConfigError, match="needs 22 bars before its first decision, and there are 10"):
        check(SmaCross(7, 21, 0), candles(10), TradingRules())


def test_only_fills_of_the_asked_range_count() -> None:
    bars = candles()
    everything, end = check(SmaCross(2, 5, 0), bars, TradingRules()), bars.session(380)
    late = check(SmaCross(2, 5, 0), bars, TradingRules(), first=end)
    assert late.honest
    assert 0 < late.fills < everything.fills


def test_without_a_trade_nothing_is_proven() -> None:
    bars = with_features(candles())
    unknown = {**bars.features, "pe_ratio": np.full(len(bars), np.nan)}
    report = check(EventDriven(), replace(bars, features=unknown), TradingRules())
    assert report.honest
    assert not report.proven
    assert report.idle.startswith("event_driven needs pe_ratio, unknown for ")
    report = check(Cheat(lambda bars: np.zeros(len(bars), dtype=np.bool_)), bars, TradingRules(cash=1))
    assert not report.proven
    assert report.idle == "none of its 400 decisions led to a fill"
    report = check(SmaCross(2, 5, 0), bars, TradingRules(cash=1))
    assert not report.proven
    assert ", and " in report.idle
    assert report.idle.endswith(" could not be afforded")
    report = check(SmaCross(2, 5, 0), bars, TradingRules(), first=bars.session(-1))
    assert not report.proven


def test_a_strategy_that_never_decides_is_told_of() -> None:
    bars = with_features(candles())
    report = check(VolatilityDrop(drop=-99), bars, TradingRules())
    assert (report.proven, report.idle) == (False, "it decided nothing on 400 bars")
    assert check(SmaCross(2, 5, 0), bars, TradingRules()).proven
    assert not check(SmaCross(2, 5, 0), bars, TradingRules()).idle


def loud(bars: Bars) -> Bars:
    """With volumes that differ."""
    return replace(bars, volume=np.random.default_rng(3).lognormal(7, 0.8, len(bars)))


@pytest.mark.parametrize("window", range(5, 25, 1 if examples(1) > 1 else 3))
def test_an_entry_that_tomorrows_volume_vetoes_is_caught_with_any_setting(window: int) -> None:
    report = check(VetoedByTomorrow(window), loud(candles()), TradingRules())
    assert any(sentence.startswith("entries at 200") for sentence in report.decisions_changed)


def test_it_is_caught_where_not_every_bar_can_be_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "MOST_CUTS", 120)
    monkeypatch.setattr(lookahead, "FEWEST_CUTS", 120)
    report = check(VetoedByTomorrow(10), loud(candles(900)), TradingRules())
    assert report.cuts <= 120
    assert any(sentence.startswith("entries at 200") for sentence in report.decisions_changed)


def test_the_volume_of_the_fill_bar_moves_such_a_fill() -> None:
    assert check(VetoedByTomorrow(10, quiet=0.5), loud(candles()), TradingRules()).fills_moved


@pytest.mark.parametrize("strategy", [PriceLevel(100.0), VolumeLevel(1_000.0)], ids=lambda strategy: strategy.name)
def test_the_level_of_adjusted_prices_and_volumes_is_a_leak(strategy: Strategy) -> None:
    report = check(strategy, loud(candles()), TradingRules())
    assert not report.honest
    (sentence,) = report.level_dependent
    assert "it depends on the level of adjusted prices, which later splits and dividends change" in sentence
    assert report.decisions_changed == ()


def test_a_decision_in_the_warm_up_is_an_error() -> None:
    report = check(TooEarly(), candles(), TradingRules())
    assert report.in_warmup == (
        "it decides at 2000-01-03, bar 1, and says that it needs 3 bars before its first decision",
    )
    assert not report.proven


def test_what_was_tried_is_counted() -> None:
    strategy, bars = SmaCross(2, 5, 0), candles()
    report = check(strategy, bars, TradingRules())
    assert (report.cuts, report.rescalings, report.fills) == (len(bars) - strategy.warmup, 16, 40)
