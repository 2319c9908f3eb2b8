"""What every repository of signals does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Post, PostKey, PostKind
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SignalRepository

DAY = Interval.DAY
JAN_2, JAN_3 = datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 3, tzinfo=UTC)
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
NOON, HOUR = datetime(2013, 1, 3, 12, tzinfo=UTC), timedelta(hours=1)
CROSS = StrategyId("sma_cross", '{"fast":7,"slow":21}')

# What a database can hold: any text without NUL and without halves of surrogate pairs.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
SIGNALS = st.builds(
    Signal,
    strategy=st.builds(
        StrategyId,
        TEXT,
        st.dictionaries(TEXT, st.integers() | st.floats(allow_nan=False) | TEXT, max_size=3).map(json.dumps) | TEXT,
    ),
    series=st.builds(Series, st.builds(Instrument, TEXT, TEXT), st.sampled_from(Interval)),
    opened_at=st.datetimes(
        datetime(1, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone
        datetime(9999, 12, 30),  # noqa: DTZ001 - as above
        timezones=st.just(UTC),
    ).map(lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0)),
    side=st.sampled_from(Side),
    confidence=st.floats(0, 1),
    size=st.floats(0, 1),
    close=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    reason=TEXT,
    inputs_hash=TEXT,
    shares=st.none() | st.floats(0, 1e9),
)


def a_signal(
    side: Side = Side.BUY, instrument: Instrument = IBM, opened_at: datetime = JAN_2, strategy: StrategyId = CROSS
) -> Signal:
    return Signal(
        strategy, Series(instrument), opened_at, side, 0.5, 1.0, 10.25, f"because of {opened_at:%Y-%m-%d}", "0f3c"
    )


def a_signal_on(post: str, available_at: datetime, instrument: Instrument = IBM) -> Signal:
    """A signal that rests on a post."""
    return replace(a_signal(instrument=instrument), post=post, available_at=available_at)


def a_post(key: str) -> Post:
    """A post with this key."""
    return Post(PostKey.parse(key), "x", PostKind.POST, "ann", NOON, NOON, "", "IBM", "", "en")


class SignalContract:
    """Subclasses give the fixtures `signals` and `posts`, empty repositories."""

    def test_at_first_there_is_nothing(self, signals: SignalRepository) -> None:
        assert signals.count() == 0
        assert signals.add([]) == 0
        assert signals.newest(10) == []
        assert signals.of_period("XNYS", DAY, JAN_2) == []
        assert signals.find(a_signal().key) is None

    def test_a_stored_signal_is_never_rewritten(self, signals: SignalRepository) -> None:
        first = a_signal()
        second = replace(first, side=Side.SELL, confidence=0.9, size=0.1, close=99.0, reason="no", inputs_hash="1")
        assert signals.add([first]) == 1
        assert signals.add([first]) == 0
        assert signals.add([second, a_signal(instrument=MSFT)]) == 1
        assert signals.find(first.key) == first
        assert signals.count() == 2

    def test_of_two_with_one_key_in_one_batch_the_first_counts(self, signals: SignalRepository) -> None:
        first, second = a_signal(Side.BUY), a_signal(Side.SELL)
        assert signals.add([first, second]) == 1
        assert signals.find(first.key) == first

    def test_each_part_of_the_key_makes_another_signal(self, signals: SignalRepository) -> None:
        first = a_signal()
        others = [
            replace(first, strategy=StrategyId("sma_cross", '{"fast":8,"slow":21}')),
            replace(first, strategy=StrategyId("ema_cross", CROSS.params)),
            replace(first, series=Series(MSFT)),
            replace(first, series=Series(Instrument("IBM", "XLON"))),
            replace(first, opened_at=JAN_3),
            replace(first, series=Series(IBM, Interval.HOUR_4)),
        ]
        assert signals.add([first, *others]) == 7
        assert [signals.find(signal.key) for signal in (first, *others)] == [first, *others]

    @settings(
        max_examples=40,
        deadline=None,
        # Signals of earlier examples do not matter; the same test runs in several subclasses.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(signal=SIGNALS)
    def test_any_signal_is_found_by_its_key(self, signals: SignalRepository, signal: Signal) -> None:
        if signals.add([signal]):
            assert signals.find(signal.key) == signal
            assert signal in signals.of_period(signal.series.venue, signal.series.interval, signal.opened_at)
        assert signals.add([signal]) == 0

    def test_signals_of_a_session_come_by_strategy_then_symbol(self, signals: SignalRepository) -> None:
        strategies = [StrategyId("A", "{}"), StrategyId("B", '{"a":1}'), StrategyId("B", '{"b":1}')]
        strategies += [StrategyId("_", "{}"), StrategyId("a", "{}"), StrategyId("é", "{}")]
        wanted = [a_signal(Side.HOLD, Instrument(symbol), JAN_2, strategy) for strategy in strategies
                  for symbol in ("A", "B", "^", "a")]  # fmt: skip
        others = [a_signal(opened_at=JAN_3), a_signal(instrument=Instrument("IBM", "XLON"))]
        signals.add([*others, *reversed(wanted)])
        assert signals.of_period("XNYS", DAY, JAN_2) == wanted

    def test_signals_about_an_instrument_come_by_session_then_strategy(self, signals: SignalRepository) -> None:
        cross, other = StrategyId("B", '{"a":1}'), StrategyId("a", "{}")
        wanted = [a_signal(Side.HOLD, IBM, day, strategy) for day in (JAN_2, JAN_3) for strategy in (cross, other)]
        signals.add([*reversed(wanted), a_signal(instrument=MSFT), a_signal(instrument=Instrument("IBM", "XLON"))])
        assert signals.of_series(Series(IBM)) == wanted
        assert signals.of_series(Series(Instrument("AAPL"))) == []
        assert signals.series() == [Series(Instrument("IBM", "XLON")), Series(IBM), Series(MSFT)]

    def test_signals_on_posts_are_apart_from_those_of_the_close(
        self, signals: SignalRepository, posts: PostRepository
    ) -> None:
        posts.add([a_post(key) for key in ("x:1", "x:2", "reddit:0")])
        close = a_signal()
        first, second = a_signal_on("x:1", NOON), a_signal_on("x:2", NOON)
        later, other = a_signal_on("reddit:0", NOON + HOUR), a_signal_on("x:1", NOON, MSFT)
        assert signals.add([later, second, close, other, first]) == 5
        assert signals.add([replace(first, side=Side.SELL)]) == 0
        assert signals.find(first.key) == first
        assert signals.of_period("XNYS", DAY, JAN_2) == [close]
        assert signals.on_posts("XNYS", DAY, NOON, NOON + HOUR) == [first, other, second]
        assert signals.on_posts("XNYS", DAY, NOON, NOON + 2 * HOUR) == [first, other, second, later]
        assert signals.on_posts("24/7", DAY, NOON, NOON + HOUR) == []
        assert signals.of_series(Series(IBM)) == [close, later, first, second]

    def test_the_newest_buys_and_sells_come_first(self, signals: SignalRepository) -> None:
        old, new, sell = a_signal(), a_signal(opened_at=JAN_3), a_signal(Side.SELL, MSFT, JAN_3)
        early = a_signal(opened_at=JAN_3, strategy=StrategyId("Z", "{}"))
        signals.add([old, sell, a_signal(Side.HOLD, Instrument("AAPL"), JAN_3), new, early])
        assert signals.newest(10) == [early, new, sell, old]
        assert signals.newest(2) == [early, new]
        assert signals.newest(0) == []

    def test_a_large_universe_is_stored_at_once(self, signals: SignalRepository) -> None:
        many = [a_signal(instrument=Instrument(f"S{number:05}")) for number in range(6_000)]
        assert signals.add(many) == 6_000
        assert signals.add(many) == 0
        assert signals.of_period("XNYS", DAY, JAN_2) == many
