"""Stored signals derived again: agreement, mismatches, and what explains them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.errors import ConfigError, DisagreementError
from algo_trading.repositories.bars import bars_table
from algo_trading.services.decide_on_posts import decide_on_post
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.sma_cross import SmaCross
from algo_trading.strategies.volatility_drop import VolatilityDrop
from back_testing.analysis.verify_live import VerifyLive, VerifyReport, agreed, require_signals
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.signals import FakeSignals
from support.bar_series import bars_of, period_at, random_walk
from support.factories import chatter, joining

pytestmark = pytest.mark.unit

IBM, MSFT = Series(Instrument("IBM")), Series(Instrument("MSFT"))
STRATEGIES = (SmaCross(3, 8, 10), EmaCross(3, 8))
N = 120


class Live:
    """Bars of two instruments, evaluated period by period as they came."""

    def __init__(self) -> None:
        self.bars, self.actions, self.signals = FakeBars(), FakeCorporateActions(), FakeSignals()
        self.series = {name: bars_of(random_walk(N, seed), name) for seed, name in enumerate(("IBM", "MSFT"))}
        split = self.series["IBM"].session(70)
        self.actions.upsert([CorporateAction(IBM.instrument, split, ActionKind.SPLIT, 2.0)], "test")
        pairs = [(strategy, one.instrument) for strategy in STRATEGIES for one in (IBM, MSFT)]
        evaluate = evaluating(self, joining(), *pairs)
        for end in range(40, N + 1):
            self.store(*(bars[:end] for bars in self.series.values()))
            evaluate(period_at(self.series["IBM"], end - 1), [IBM, MSFT])
        self.verify = VerifyLive(self.bars, self.actions, joining(), self.signals)

    def store(self, *series: Bars) -> None:
        self.bars.upsert(bars_table(series), "test")

    def falsify(self, change: Callable[[Signal], Signal]) -> Signal:
        """Rewrite one stored signal, as nobody should; returns it."""
        stored = self.signals._signals
        changed = change(self.signals.of_series(IBM)[30])
        stored[changed.key] = changed
        return changed


def evaluating(stored: "Live | Written", join: JoinFeatures, *pairs: tuple[Strategy, Instrument]) -> EvaluateStrategies:
    """The service that decided live."""
    assignments, strategies = FakeAssignments(assigned(*pairs)), strategies_among(*pairs)
    return EvaluateStrategies(stored.bars, stored.actions, join, stored.signals, assignments, strategies)


@pytest.fixture(scope="module")
def evaluated() -> Live:
    return Live()


@pytest.fixture
def live(evaluated: Live) -> Live:
    """The same, for each test to spoil."""
    copy = Live.__new__(Live)
    copy.series = evaluated.series
    copy.bars, copy.actions, copy.signals = FakeBars(), evaluated.actions, FakeSignals()
    copy.store(*evaluated.series.values())
    for series in (IBM, MSFT):
        copy.signals.add(evaluated.signals.of_series(series))
    copy.verify = VerifyLive(copy.bars, copy.actions, joining(), copy.signals)
    return copy


def test_what_was_decided_live_is_what_the_bars_say(live: Live) -> None:
    done: list[Series] = []
    report = live.verify(progress=done.append)
    assert report.checked == report.agreed == 4 * (N + 1 - 40)
    assert (report.revised, report.mismatches, report.explained) == (0, (), ())
    assert done == [IBM, MSFT]
    assert live.verify([MSFT]).checked == 2 * (N + 1 - 40)
    assert live.verify([Series(Instrument("AAPL"))]).checked == 0


def test_it_says_where_an_account_goes_on_otherwise_than_a_backtest(live: Live) -> None:
    day = live.series["IBM"].session(100)
    merged = CorporateAction(IBM.instrument, day, ActionKind.MERGED, 0.5, "MSFT")
    actions = FakeCorporateActions()
    actions.upsert([*live.actions.read([IBM.instrument], day), merged], "person")
    verify = replace(live.verify, actions=actions)
    assert verify([MSFT]).notes == ()
    (note,) = verify().notes
    assert note == (
        f"IBM was merged into MSFT on {day}: an account that held it goes on with its shares of MSFT, a backtest "
        "closes the position at that open"
    )
    actions.withdraw(IBM.instrument, day, ActionKind.MERGED)
    assert verify().notes == ()


def test_only_the_strategies_asked_for_are_derived(live: Live) -> None:
    changed = live.falsify(lambda signal: replace(signal, size=0.5))
    (other,) = {"sma_cross", "ema_cross"} - {changed.strategy.name}
    report = live.verify(strategies=[other])
    assert (report.checked, report.agreed) == (2 * (N + 1 - 40), 2 * (N + 1 - 40))
    report = live.verify(strategies=[changed.strategy.name])
    assert (report.checked, len(report.mismatches)) == (2 * (N + 1 - 40), 1)
    assert live.verify(strategies=["sma_cross", "ema_cross"]).checked == 4 * (N + 1 - 40)
    assert live.verify(strategies=["volatility_drop"]).checked == 0


@pytest.mark.parametrize(
    ("symbols", "strategies", "told"),
    [
        (["NOPE"], [], r"^no signal about NOPE \(XNYS\) is stored; there are signals about: IBM, MSFT$"),
        (["IBM", "msft"], [], r"about msft \(XNYS\) is stored \(did you mean MSFT\?\); there are"),
        ([], ["momentum"], r"^no signal of momentum is stored; there are signals of: ema_cross, sma_cross$"),
        (["IBM"], ["momentum"], r"^no signal of momentum about IBM is stored; there are signals of: ema_cross, sma"),
    ],
)
def test_what_no_signal_is_about_is_refused(live: Live, symbols: list[str], strategies: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        require_signals(live.signals, [Series(Instrument(symbol)) for symbol in symbols], strategies)


def test_what_signals_are_about_is_not_refused(live: Live) -> None:
    require_signals(live.signals, [IBM, MSFT], ["sma_cross", "momentum"])
    require_signals(FakeSignals(), [])
    with pytest.raises(ConfigError, match="there are signals about: none"):
        require_signals(FakeSignals(), [IBM])


@pytest.mark.parametrize(
    "change",
    [
        lambda signal: replace(signal, side=Side.BUY if signal.side is Side.SELL else Side.SELL),
        lambda signal: replace(signal, confidence=signal.confidence / 2),
        lambda signal: replace(signal, size=0.5),
        lambda signal: replace(signal, close=signal.close * 1.001),
    ],
)
def test_another_outcome_from_the_same_inputs_is_a_mismatch(live: Live, change: Callable[[Signal], Signal]) -> None:
    changed = live.falsify(change)
    report = live.verify()
    assert [found.stored for found in report.mismatches] == [changed]
    assert report.explained == ()
    assert report.agreed == report.checked - 1
    assert str(report.mismatches[0]).startswith(f"{changed.period} IBM {changed.strategy}: stored {changed.side} at ")


def test_a_mismatch_is_an_error_where_one_is_asked_for(live: Live) -> None:
    report = live.verify()
    assert agreed(report) is report
    live.falsify(lambda signal: replace(signal, size=0.5))
    with pytest.raises(
        DisagreementError, match=r"1 of 324 stored signals are not what their bars lead to: 2000-.* IBM "
    ):
        agreed(live.verify())


def test_another_wording_is_no_mismatch(live: Live) -> None:
    live.falsify(lambda signal: replace(signal, reason="in other words"))
    assert live.verify().mismatches == ()


def test_bars_revised_since_explain_a_difference(live: Live) -> None:
    bars = live.series["MSFT"]
    closes = bars.close.copy()
    closes[60] *= 1.3
    live.store(replace(bars, close=closes))
    report = live.verify()
    assert report.mismatches == ()
    # Every session from the revised one on saw other bars, as long as its strategy remembers.
    assert report.revised == sum(min(strategy.memory, N - 60) for strategy in STRATEGIES)
    assert 0 < len(report.explained) < report.revised
    assert {found.why for found in report.explained} == {"inputs revised since"}
    assert report.agreed + len(report.explained) == report.checked
    assert str(report.explained[0]).endswith("(inputs revised since)")


def test_a_bar_that_is_gone_explains_it_too(live: Live) -> None:
    bars, gone = FakeBars(), live.series["IBM"].session(80)
    table = bars_table(
        [series[:80] for series in live.series.values()] + [series[81:] for series in live.series.values()]
    )
    bars.upsert(table, "test")
    report = VerifyLive(bars, live.actions, joining(), live.signals)([IBM])
    found = [difference for difference in report.explained if difference.stored.period == str(gone)]
    assert {difference.why for difference in found} == {"inputs revised since: there is no bar of the period"}
    assert str(found[0]).endswith("derived nothing (inputs revised since: there is no bar of the period)")
    assert report.mismatches == ()


def test_a_strategy_that_is_not_installed_any_more_is_named(live: Live) -> None:
    gone = live.falsify(lambda signal: replace(signal, strategy=StrategyId("of_last_year", "{}")))
    report = live.verify([IBM])
    assert [found.stored for found in report.explained] == [gone]
    assert report.explained[0].why.startswith("cannot be derived: there is no strategy 'of_last_year'; known are: ")


def test_an_instrument_without_bars_is_no_error(live: Live) -> None:
    gone = Series(Instrument("GONE"))
    live.signals.add([replace(live.signals.of_series(IBM)[0], series=gone, opened_at=datetime(2001, 1, 2, tzinfo=UTC))])
    assert live.verify([gone]).revised == 1


class Written:
    """Sixty bars of IBM with text, decided on live: a strategy at each close, another at each post."""

    GLOOMY, LISTENING = VolatilityDrop(window=3, sigmas=0.5, drop=-0.5, sentiment=0.5, hold=2), InfluencerMention()

    def __init__(self) -> None:
        self.series = bars_of(random_walk(60, 5), "IBM")
        self.mentions = chatter(self.series, a_day=2)
        self.bars, self.actions, self.signals = FakeBars(), FakeCorporateActions(), FakeSignals()
        self.bars.upsert(bars_table([self.series]), "test")
        pairs = [(strategy, IBM.instrument) for strategy in (self.GLOOMY, self.LISTENING)]
        evaluate = evaluating(self, joining(self.mentions), *pairs)
        for at in range(30, 60):
            evaluate(period_at(self.series, at), [IBM])
        decided = [decide_on_post(self.LISTENING, self.series, [], mention) for mention in self.mentions]
        self.on_posts = self.signals.add([signal for signal in decided if signal])

    def verify(self, mentions: Sequence[Mention]) -> VerifyReport:
        return VerifyLive(self.bars, self.actions, joining(mentions), self.signals)()


@pytest.fixture(scope="module")
def written() -> Written:
    return Written()


def test_what_was_decided_on_text_is_what_the_text_says(written: Written) -> None:
    report = written.verify(written.mentions)
    assert written.on_posts > 50
    assert report.checked == report.agreed == 30 + written.on_posts
    assert report.revised == 0
    signals = written.signals.of_series(IBM)
    assert any(signal.shares == 10 for signal in signals)
    assert {signal.side for signal in signals if signal.post} == set(Side)


def test_text_that_is_read_otherwise_now_explains_a_difference(written: Written) -> None:
    report = written.verify([replace(mention, sentiment=-mention.sentiment) for mention in written.mentions])
    assert report.mismatches == ()
    assert report.revised > 50
    assert report.explained
    assert {found.why for found in report.explained} == {"inputs revised since"}


def test_a_post_that_is_gone_explains_it_too(written: Written) -> None:
    report = written.verify([])
    assert report.mismatches == ()
    gone = [found for found in report.explained if found.stored.post]
    assert len(gone) == written.on_posts
    assert gone[0].why == f"inputs revised since: the post {gone[0].stored.post} does not mention it any more"
    assert gone[0].derived is None


@pytest.mark.parametrize("shares", [9.0, None])
def test_other_shares_from_the_same_inputs_are_a_mismatch(shares: float | None) -> None:
    written = Written()
    bought = next(signal for signal in written.signals.of_series(IBM) if signal.shares)
    written.signals._signals[bought.key] = replace(bought, shares=shares)
    (mismatch,) = written.verify(written.mentions).mismatches
    assert str(mismatch).endswith(", 10 shares")
