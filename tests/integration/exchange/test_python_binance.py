"""The real client: only its address is another one."""

import asyncio
import time
import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from requests.exceptions import ConnectionError as ConnectionCut

from servers.practice_exchange import KEY, SECRET, PracticeExchange, practice_exchange

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports names that websockets will drop
    from binance.async_client import AsyncClient
    from binance.client import Client
    from binance.exceptions import BinanceAPIException, BinanceRequestException
    from binance.ws.streams import BinanceSocketManager

pytestmark = [pytest.mark.integration, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def served() -> Iterator[PracticeExchange]:
    with practice_exchange() as exchange:
        yield exchange


@pytest.fixture
def exchange(served: PracticeExchange) -> Iterator[PracticeExchange]:
    yield served
    served.admin("faults", "DELETE")


def address_of(client: Client | AsyncClient, exchange: PracticeExchange) -> None:
    client.API_URL = f"{exchange.url}/api"
    client.MARGIN_API_URL = f"{exchange.url}/sapi"
    client.ws_api._url = f"{exchange.ws_url}/ws-api/v3"
    in_step(client, exchange)


def in_step(client: Client | AsyncClient, exchange: PracticeExchange) -> None:
    """Tell a client how far the exchange's clock is ahead, as clients ask for now and then."""
    client.timestamp_offset = exchange.api.exchange.clock.server_time() - int(time.time() * 1000)


@pytest.fixture
def client(exchange: PracticeExchange) -> Iterator[Client]:
    loop = asyncio.new_event_loop()  # else the client makes one that it never closes
    asyncio.set_event_loop(loop)
    made = Client(KEY, SECRET, ping=False)
    address_of(made, exchange)
    yield made
    made.close_connection()
    asyncio.set_event_loop(None)
    loop.close()


def test_market_data(client: Client) -> None:
    assert client.ping() == {}
    assert (
        abs(client.get_server_time()["serverTime"] - client.get_klines(symbol="BTCUSDT", interval="1m")[-1][0]) < 90_000
    )
    rules = client.get_symbol_info("DOGEUSDT")
    assert rules
    assert {rule["filterType"] for rule in rules["filters"]} >= {"PRICE_FILTER", "LOT_SIZE", "NOTIONAL"}
    assert len(client.get_order_book(symbol="BTCUSDT", limit=20)["bids"]) == 20
    assert len(client.get_recent_trades(symbol="BTCUSDT")) == 500
    assert len(client.get_aggregate_trades(symbol="BTCUSDT", limit=10)) == 10
    assert len(client.get_all_tickers()) == 15
    assert client.get_ticker(symbol="ETHBTC")["count"] > 17_000
    assert float(client.get_avg_price(symbol="BTCUSDT")["price"]) > 0
    assert client.get_orderbook_ticker(symbol="BTCUSDT")["symbol"] == "BTCUSDT"


def test_the_whole_history_of_a_pair(client: Client) -> None:
    rows = client.get_historical_klines("INJUSDT", "1d", "2017-01-01")
    assert rows[0][0] == 1_678_060_800_000  # listed on 2023-03-06
    assert [later[0] - row[0] for row, later in pairwise(rows)] == [86_400_000] * (len(rows) - 1)


def test_orders(client: Client) -> None:
    price = float(client.get_symbol_ticker(symbol="BTCUSDT")["price"])
    client.create_test_order(symbol="BTCUSDT", side="BUY", type="MARKET", quoteOrderQty="100")
    bought = client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
    assert (bought["status"], bought["fills"][0]["commissionAsset"]) == ("FILLED", "BTC")
    assert client.response.headers["X-MBX-ORDER-COUNT-1D"]
    client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price=f"{price * 0.9:.2f}", newClientOrderId="mine")
    assert client.get_order(symbol="BTCUSDT", origClientOrderId="mine")["status"] == "NEW"
    assert len(client.get_open_orders(symbol="BTCUSDT")) == 1
    assert client.cancel_order(symbol="BTCUSDT", origClientOrderId="mine")["status"] == "CANCELED"
    assert client.get_my_trades(symbol="BTCUSDT")[-1]["orderId"] == bought["orderId"]
    pair = client.create_oco_order(
        symbol="BTCUSDT",
        side="SELL",
        quantity="0.01",
        aboveType="LIMIT_MAKER",
        abovePrice=f"{price * 1.1:.2f}",
        belowType="STOP_LOSS",
        belowStopPrice=f"{price * 0.9:.2f}",
    )
    assert pair["listOrderStatus"] == "EXECUTING"
    assert len(client.get_open_oco_orders()) == 1
    client.cancel_all_open_orders(symbol="BTCUSDT")
    assert client.get_open_orders() == []
    balance = client.get_asset_balance("BTC")
    assert balance
    assert balance["locked"] == "0.00000000"
    assert client.get_account_api_permissions()["enableWithdrawals"] is False


def test_errors_are_the_exchanges(client: Client) -> None:
    with pytest.raises(BinanceAPIException) as caught:
        client.order_market_buy(symbol="BTCUSDT", quantity="0.0000001")
    assert (caught.value.code, caught.value.message) == (-1013, "Filter failure: LOT_SIZE")
    with pytest.raises(BinanceAPIException) as caught:
        client.order_market_buy(symbol="BTCUSDT", quantity="100")
    assert caught.value.code == -2010
    with pytest.raises(BinanceAPIException) as caught:
        client.get_order(symbol="BTCUSDT", origClientOrderId="never-sent")
    assert caught.value.code == -2013
    client.API_SECRET = "another"  # noqa: S105 - a wrong one
    with pytest.raises(BinanceAPIException) as caught:
        client.get_account()
    assert caught.value.code == -1022


def test_an_order_whose_reply_was_lost_is_found_by_its_id(client: Client, exchange: PracticeExchange) -> None:
    exchange.admin("faults", kind="accept_and_disconnect", path="/api/v3/order", method="POST")
    with pytest.raises(ConnectionCut):
        client.order_market_buy(symbol="BTCUSDT", quantity="0.01", newClientOrderId="lost")
    assert client.get_order(symbol="BTCUSDT", origClientOrderId="lost")["status"] == "FILLED"
    exchange.admin("faults", kind="accept_and_time_out", path="/api/v3/order", method="POST")
    with pytest.raises((BinanceAPIException, BinanceRequestException)):
        client.order_market_buy(symbol="BTCUSDT", quantity="0.01", newClientOrderId="unknown")
    assert client.get_order(symbol="BTCUSDT", origClientOrderId="unknown")["status"] == "FILLED"


def test_slowing_down(client: Client, exchange: PracticeExchange) -> None:
    exchange.admin("faults", kind="answer", status=429, code=-1003, retry_after=3)
    with pytest.raises(BinanceAPIException) as caught:
        client.get_klines(symbol="BTCUSDT", interval="1h")
    assert (caught.value.status_code, caught.value.code) == (429, -1003)
    assert caught.value.response.headers["Retry-After"] == "3"
    assert client.get_klines(symbol="BTCUSDT", interval="1h")


async def streamed(exchange: PracticeExchange) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    client = AsyncClient(KEY, SECRET)
    address_of(client, exchange)
    sockets = BinanceSocketManager(client)
    sockets.STREAM_URL = f"{exchange.ws_url}/"
    try:
        async with sockets.multiplex_socket(["btcusdt@trade", "btcusdt@kline_1m"]) as stream:
            await asyncio.to_thread(exchange.advance, 90_000)
            market = [await asyncio.wait_for(stream.recv(), 20) for _ in range(30)]
        in_step(client, exchange)
        async with sockets.user_socket() as stream:
            await asyncio.sleep(0.3)
            await client.order_market_buy(symbol="BTCUSDT", quantity="0.01")
            user = [await asyncio.wait_for(stream.recv(), 20) for _ in range(2)]
    finally:
        await client.close_connection()
    return market, user


def test_streams(exchange: PracticeExchange) -> None:
    market, user = asyncio.run(streamed(exchange))
    assert {frame["stream"] for frame in market} == {"btcusdt@trade", "btcusdt@kline_1m"}
    closed = [frame["data"]["k"] for frame in market if frame["data"]["e"] == "kline" and frame["data"]["k"]["x"]]
    assert closed
    assert [event["e"] for event in user] == ["executionReport", "outboundAccountPosition"]
