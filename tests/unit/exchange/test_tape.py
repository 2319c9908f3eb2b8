"""Made-up candles, the trades within them, and candles of every length."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from algo_trading.exchange.candles import Candles, joined, merged, of_prints
from algo_trading.exchange.coins import COINS, listed_at
from algo_trading.exchange.intervals import DAY, HOUR, LENGTHS, MINUTE, closes, opened
from algo_trading.exchange.made_up import made_up
from algo_trading.exchange.tape import Tape, usual_prints
from support.exchange_world import PAIRS, START, market_of

pytestmark = pytest.mark.unit


def tape(symbol: str = "BTCUSDT", seed: int = 7) -> Tape:
    return Tape(seed, PAIRS[symbol], market_of(seed)[symbol])


def same(one: Candles, two: Candles, names: tuple[str, ...] = Candles.__slots__) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in names)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "DOGEUSDT", "INJBTC"])
def test_trades_add_up_to_their_candles(symbol: str) -> None:
    found = tape(symbol)
    made = of_prints(found.prints(START - 1, START + DAY - 1), "1m")
    exact = ("time", "open", "high", "low", "close", "volume", "taker", "trades")
    assert same(found.rows(START, START + DAY), made, exact)


def test_candles_are_well_formed() -> None:
    for symbol in PAIRS:
        rows = tape(symbol).rows(START, START + DAY)
        assert len(rows) == 1440
        assert (rows.low >= 1).all()
        assert (rows.low <= np.minimum(rows.open, rows.close)).all()
        assert (rows.high >= np.maximum(rows.open, rows.close)).all()
        assert ((rows.taker > 0) & (rows.taker < rows.volume)).all()


def test_the_same_seed_gives_the_same_market_in_any_order_and_another_seed_another() -> None:
    early, late = (made_up(7, list(PAIRS.values()))["BTCUSDT"] for _ in range(2))
    late.rows(START + 30 * DAY, START + 31 * DAY)
    assert same(early.rows(START, START + DAY), late.rows(START, START + DAY))
    assert not same(early.rows(START, START + DAY), tape(seed=8).rows(START, START + DAY))


def test_days_join_without_a_jump() -> None:
    rows = tape().rows(START - HOUR, START + HOUR)
    gaps = np.abs(rows.open[1:] / rows.close[:-1] - 1)
    assert gaps.max() < 1e-6


def test_a_cross_is_one_coin_divided_by_the_other() -> None:
    eth, btc, cross = (tape(symbol).rows(START, START + DAY) for symbol in ("ETHUSDT", "BTCUSDT", "ETHBTC"))
    ticks = {symbol: float(PAIRS[symbol].tick) for symbol in ("ETHUSDT", "BTCUSDT", "ETHBTC")}
    ratio = eth.close * ticks["ETHUSDT"] / (btc.close * ticks["BTCUSDT"])
    assert np.abs(cross.close * ticks["ETHBTC"] / ratio - 1).max() < 3e-4


def test_nothing_is_traded_before_the_listing() -> None:
    found, first = tape("INJUSDT"), listed_at(COINS[-1])
    assert found.last(first - 1) is None
    assert not found.open_at(first - 1)
    assert len(found.candles("1d", first - 5 * DAY, first, first)) == 0
    assert found.candles("1w", 0, START, START).time[0] == opened("1w", first)


@pytest.mark.parametrize("interval", [name for name in LENGTHS if name != "1s"])
def test_longer_candles_are_made_of_minutes(interval: str) -> None:
    found = tape()
    first = opened(interval, START)
    end = closes(interval, first)
    now = end + 3 * MINUTE
    assert same(found.candles(interval, first, end, now), merged(found.rows(first, end), interval))


def test_whole_days_by_the_hour_are_the_same_as_by_the_minute() -> None:
    found, first = tape(), opened("1w", START)
    quick = found.candles("4h", first, first + 7 * DAY, first + 8 * DAY)
    assert same(quick, merged(found.rows(first, first + 7 * DAY), "4h"))


def test_seconds_come_from_trades() -> None:
    found = tape().candles("1s", START, START + MINUTE, START + MINUTE)
    assert 1 <= len(found) <= 12
    assert (found.time % 1000 == 0).all()


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 2 * DAY), some.sampled_from(["1m", "5m", "1h", "1d"]))
def test_a_running_candle_knows_nothing_of_the_future(passed: int, interval: str) -> None:
    found, now = tape(), START + passed
    running = found.candles(interval, opened(interval, now), now + 1, now)
    seen = of_prints(found.prints(opened(interval, now) - 1, now), interval)
    assert same(running, seen, ("time", "open", "high", "low", "close", "volume", "trades", "taker"))
    newest = found.last(now)
    assert newest
    assert newest.time <= now
    assert newest.price == running.close[-1]


def test_missing_candles_are_missing_at_every_length() -> None:
    found = tape()
    found.skip(START + HOUR, START + 3 * HOUR)
    now = START + DAY
    assert START + 2 * HOUR not in found.candles("1h", START, now, now).time
    assert len(found.candles("1m", START, now, now)) == 1440 - 120
    assert not len(found.prints(START + HOUR, START + 3 * HOUR - 1))
    before = found.last(START + 2 * HOUR)
    assert before
    assert before.time < START + HOUR
    assert not found.open_at(START + 2 * HOUR)


def test_a_gap_within_a_candle_leaves_the_rest_of_it() -> None:
    found, now = tape(), START + HOUR
    whole = found.candles("1m", START, now, now)
    found.skip(START + 10 * MINUTE + 30_000, START + 12 * MINUTE)
    cut = found.candles("1m", START, now, now)
    assert len(cut) == 59
    assert same(cut[slice(10)], whole[slice(10)])
    assert same(cut[slice(11, None)], whole[slice(12, None)])
    assert 0 < cut.volume[10] < whole.volume[10]
    assert found.prints(START + 10 * MINUTE, START + 12 * MINUTE - 1).time.max() < START + 10 * MINUTE + 30_000


def test_a_window_is_all_that_was_traded_in_it() -> None:
    found, now = tape(), START + DAY + 12_345
    minutes = found.candles("1m", START, now + 1, now)
    whole = found.window(now, DAY)
    assert (whole.open[0], whole.close[0]) == (minutes.open[0], minutes.close[-1])
    assert (whole.high[0], whole.low[0], whole.volume[0]) == (
        minutes.high.max(),
        minutes.low.min(),
        minutes.volume.sum(),
    )


@settings(max_examples=30, deadline=None)
@given(some.integers(-200, 200), some.booleans(), some.integers(0, 10 * DAY))
def test_first_touch_is_the_first_candle_that_reaches_the_price(offset: int, down: bool, passed: int) -> None:
    found, after, until = tape(), START + passed, START + passed + 2 * DAY
    newest = found.last(after)
    assert newest
    price = newest.price + offset * newest.price // 10_000
    touched = found.first_touch(after, until, price if down else None, None if down else price)
    rows = found.rows(opened("1m", after), until)
    reached = rows.time[rows.low <= price] if down else rows.time[rows.high >= price]
    assert touched == (int(reached[0]) if len(reached) else None)


def test_months_have_their_own_lengths() -> None:
    february = 1_706_745_600_000  # 2024-02-01
    assert closes("1M", february) - february == 29 * DAY
    assert opened("1M", february + 20 * DAY) == february
    assert opened("1w", 4 * DAY) == 4 * DAY  # 1970-01-05 was a Monday


def test_empty_candles_stay_empty() -> None:
    empty = tape().rows(0, 1000)
    assert len(merged(joined([empty, empty]), "1h")) == 0
    assert usual_prints("1m") == 12
    assert usual_prints("1d") == 288


def test_few_days_are_kept_in_memory() -> None:
    sources = made_up(7, list(PAIRS.values()))
    days = sources["BTCUSDT"]._days
    assert isinstance(days, OrderedDict)
    sources["BTCUSDT"].rows(START, START + 3 * DAY)
    sources["ETHUSDT"].rows(START, START + DAY)
    assert len(days) == 4
    assert sources["ETHUSDT"]._days is days
