"""Market data over REST."""

from itertools import pairwise
from typing import Any

import pytest

from algo_trading.exchange.intervals import DAY, HOUR, LENGTHS, MINUTE, closes, opened
from algo_trading.exchange.made_up import made_up
from support.exchange_world import PAIRS, START, World, market_of

pytestmark = pytest.mark.unit


def klines(world: World, interval: str = "1h", symbol: str = "BTCUSDT", **params: Any) -> list[list[Any]]:
    reply = world.ask("GET", "/api/v3/klines", symbol=symbol, interval=interval, **params)
    assert reply.status == 200, reply.body
    rows: list[list[Any]] = reply.body
    return rows


@pytest.mark.parametrize("interval", list(LENGTHS))
def test_klines_of_every_length_follow_each_other(interval: str) -> None:
    world = World()
    world.wait(12_345)
    rows = klines(world, interval, limit=20)
    assert len(rows) == 20
    assert rows[-1][0] <= world.clock.now() <= rows[-1][6] or interval == "1s"
    for row, later in pairwise(rows):
        assert row[0] == opened(interval, row[0])
        assert row[6] == closes(interval, row[0]) - 1
        assert later[0] > row[6] if interval == "1s" else later[0] == row[6] + 1


def test_klines_from_a_time_are_the_oldest_and_without_one_the_newest() -> None:
    world = World()
    assert [row[0] for row in klines(world, startTime=START - DAY, limit=3)] == [
        START - DAY + hour * HOUR for hour in range(3)
    ]
    assert [row[0] for row in klines(world, endTime=START - DAY, limit=2)] == [START - DAY - HOUR, START - DAY]
    assert len(klines(world)) == 500
    assert len(klines(world, limit=5000)) == 1000
    assert klines(world, startTime=START - DAY + 1, limit=1)[0][0] == START - DAY + HOUR
    assert klines(world, startTime=START + DAY) == []


def test_pages_join_to_the_whole_history() -> None:
    world = World()
    seen, start = [], 0
    while rows := klines(world, "1d", "INJUSDT", startTime=start, limit=100):
        seen += [row[0] for row in rows]
        start = rows[-1][0] + 1
    assert seen == list(range(seen[0], START + 1, DAY))


def test_the_end_does_not_cut_a_candle() -> None:
    world = World()
    whole = klines(world, startTime=START - 2 * HOUR, limit=1)
    assert klines(world, startTime=START - 2 * HOUR, endTime=START - 2 * HOUR + MINUTE) == whole


def test_pages_reach_over_a_long_gap() -> None:
    world = World()
    world.exchange.books["BTCUSDT"].tape.skip(START - 30 * DAY, START - 5 * DAY)
    rows = klines(world, startTime=START - 31 * DAY, limit=30)
    assert [row[0] for row in rows[23:26]] == [START - 30 * DAY - HOUR, START - 5 * DAY, START - 5 * DAY + HOUR]
    newest = klines(world, endTime=START - 5 * DAY + HOUR, limit=4)
    assert [row[0] for row in newest] == [
        START - 30 * DAY - 2 * HOUR,
        START - 30 * DAY - HOUR,
        START - 5 * DAY,
        START - 5 * DAY + HOUR,
    ]


def test_the_newest_candle_grows_until_it_closes() -> None:
    world = World()
    world.wait(10)
    first = klines(world, "5m", limit=1)[0]
    world.wait(200)
    later = klines(world, "5m", limit=1)[0]
    assert (later[0], later[1]) == (first[0], first[1])
    assert float(later[5]) > float(first[5])
    world.wait(100)
    done = klines(world, "5m", limit=2)
    assert done[0][0] == first[0]
    assert done[0][8] == 60


def test_depth_is_sorted_and_does_not_cross() -> None:
    data = World().ask("GET", "/api/v3/depth", symbol="ETHUSDT", limit=50).body
    bids, asks = ([float(price) for price, _ in data[side]] for side in ("bids", "asks"))
    assert len(bids) == len(asks) == 50
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]


@pytest.mark.parametrize("symbol", list(PAIRS))
def test_every_pair_has_a_book_around_its_last_price(symbol: str) -> None:
    world = World()
    best = world.ask("GET", "/api/v3/ticker/bookTicker", symbol=symbol).body
    last = float(world.last(symbol))
    assert float(best["bidPrice"]) <= last <= float(best["askPrice"])
    assert float(best["askPrice"]) / float(best["bidPrice"]) < 1.002


def test_trades_by_count_and_by_id() -> None:
    world = World()
    world.wait(3600)
    newest = world.ask("GET", "/api/v3/trades", symbol="BTCUSDT", limit=50).body
    assert len(newest) == 50
    ids = [trade["id"] for trade in newest]
    assert ids == sorted(ids)
    again = world.ask("GET", "/api/v3/historicalTrades", symbol="BTCUSDT", fromId=ids[10], limit=5).body
    assert [trade["id"] for trade in again] == ids[10:15]
    together = world.ask("GET", "/api/v3/aggTrades", symbol="BTCUSDT", startTime=START, endTime=START + MINUTE - 1).body
    assert len(together) == 12
    assert {trade["m"] for trade in together} == {True, False}


def test_tickers_of_one_some_and_all() -> None:
    world = World()
    assert world.ask("GET", "/api/v3/ticker/price", symbol="BTCUSDT").body["symbol"] == "BTCUSDT"
    two = world.ask("GET", "/api/v3/ticker/price", symbols='["ETHUSDT","BTCUSDT"]')
    assert [data["symbol"] for data in two.body] == ["ETHUSDT", "BTCUSDT"]
    assert two.headers["X-MBX-USED-WEIGHT-1M"] == "6"
    assert len(world.ask("GET", "/api/v3/ticker/24hr").body) == len(PAIRS)
    mini = world.ask("GET", "/api/v3/ticker/24hr", symbol="BTCUSDT", type="MINI").body
    assert "priceChange" not in mini
    window = world.ask("GET", "/api/v3/ticker", symbol="BTCUSDT", windowSize="2h").body
    assert window["openTime"] == START - 2 * HOUR


def test_a_day_ticker_sums_up_its_day() -> None:
    world = World()
    day = klines(world, "1m", startTime=START - DAY, limit=1000) + klines(
        world, "1m", startTime=START - DAY + 1000 * MINUTE, limit=1000
    )
    data = world.ask("GET", "/api/v3/ticker/24hr", symbol="BTCUSDT").body
    assert float(data["highPrice"]) == max(float(row[2]) for row in day)
    assert float(data["lowPrice"]) == min(float(row[3]) for row in day)
    assert float(data["volume"]) == pytest.approx(sum(float(row[5]) for row in day))
    assert data["lastPrice"] == day[-1][4]


def test_a_coin_that_is_not_yet_listed_has_no_price() -> None:
    world = World(start=1_640_995_200_000)  # 2022-01-01
    assert world.ask("GET", "/api/v3/ticker/price", symbol="INJUSDT").status == 400
    assert "INJUSDT" not in [data["symbol"] for data in world.ask("GET", "/api/v3/ticker/price").body]
    info = world.ask("GET", "/api/v3/exchangeInfo", symbol="INJUSDT").body["symbols"][0]
    assert info["status"] == "BREAK"
    assert klines(world, symbol="INJUSDT") == []
    assert world.ask("GET", "/api/v3/depth", symbol="INJUSDT").body["bids"] == []


def test_exchange_info_of_some_pairs() -> None:
    world = World()
    two = world.ask("GET", "/api/v3/exchangeInfo", symbols='["BTCUSDT","ETHBTC"]').body["symbols"]
    assert [data["symbol"] for data in two] == ["BTCUSDT", "ETHBTC"]
    assert world.ask("GET", "/api/v3/exchangeInfo", permissions="MARGIN").body["symbols"] == []
    assert len(world.ask("GET", "/api/v3/exchangeInfo", permissions='["SPOT"]').body["symbols"]) == len(PAIRS)
    world.exchange.set_status("BTCUSDT", "HALT")
    halted = world.ask("GET", "/api/v3/exchangeInfo", symbolStatus="HALT").body["symbols"]
    assert [data["symbol"] for data in halted] == ["BTCUSDT"]


def test_a_history_that_begins_later_has_the_same_candles() -> None:
    """Pairs that are listed later than that keep their day."""
    since = START - 5 * DAY
    later = made_up(7, list(PAIRS.values()), since + 1)
    whole = market_of(7)
    assert later["BTCUSDT"].starts_at == since
    assert later["BTCUSDT"].rows(0, START).time[0] == since
    assert list(later["BTCUSDT"].rows(0, START).close) == list(whole["BTCUSDT"].rows(since, START).close)
    assert made_up(7, list(PAIRS.values()), 0)["INJUSDT"].starts_at == whole["INJUSDT"].starts_at
