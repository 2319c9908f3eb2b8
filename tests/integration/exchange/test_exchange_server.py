"""Sockets and connections of the practice exchange."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from algo_trading.cli import main
from servers.practice_exchange import PracticeExchange, practice_exchange
from support.exchange_world import signed_frame

pytestmark = pytest.mark.integration

PROGRAM = Path(sys.executable).with_name("algo-trading")


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with practice_exchange() as served:
        yield served


def talk(url: str, what: Callable[[ClientConnection], Awaitable[Any]]) -> Any:
    """Do something with a connection."""

    async def talking() -> Any:
        async with connect(url) as connection:
            return await asyncio.wait_for(what(connection), 30)

    return asyncio.run(talking())


async def frame(connection: ClientConnection) -> Any:
    return json.loads(await connection.recv())


async def end(connection: ClientConnection) -> tuple[list[Any], int | None]:
    """What still comes, and the code with which the connection ends."""
    data = []
    try:
        while True:
            data.append(await frame(connection))
    except ConnectionClosed as closed:
        return data, closed.rcvd.code if closed.rcvd else None


def test_a_combined_stream(exchange: PracticeExchange) -> None:
    async def listen(connection: ClientConnection) -> list[Any]:
        await asyncio.to_thread(exchange.advance, 3_600_000)
        return [await frame(connection) for _ in range(60)]

    data = talk(f"{exchange.ws_url}/stream?streams=btcusdt@kline_1m/ethusdt@bookTicker", listen)
    closed = [told_frame["data"]["k"] for told_frame in data if told_frame["data"].get("k", {}).get("x")]
    assert len(closed) >= 58
    assert [later["t"] - row["t"] for row, later in pairwise(closed)] == [60_000] * (len(closed) - 1)


def test_a_raw_stream_and_subscribing(exchange: PracticeExchange) -> None:
    async def listen(connection: ClientConnection) -> Any:
        await connection.send('{"method": "SUBSCRIBE", "params": ["ethusdt@trade"], "id": 1}')
        answer = await frame(connection)
        await asyncio.to_thread(exchange.advance, 60_000)
        return answer, [(await frame(connection))["e"] for _ in range(20)]

    assert talk(f"{exchange.ws_url}/ws/btcusdt@trade", listen) == ({"result": None, "id": 1}, ["trade"] * 20)


def test_a_stream_that_does_not_exist(exchange: PracticeExchange) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{exchange.url}/ws/btcusdt@kline_3h")  # noqa: S310 - of this machine
    assert caught.value.code == 400
    assert b"unknown stream btcusdt@kline_3h" in caught.value.read()
    caught.value.close()


def test_user_events_over_the_websocket_api(exchange: PracticeExchange) -> None:
    async def trade(connection: ClientConnection) -> list[Any]:
        now = exchange.api.exchange.clock.now()
        await connection.send(signed_frame("userDataStream.subscribe.signature", 1, now))
        order = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": "0.5"}
        await connection.send(signed_frame("order.place", 2, now, **order))
        data = [await frame(connection)]
        while data[-1].get("id") != 2:
            data.append(await frame(connection))
        return data

    data = talk(f"{exchange.ws_url}/ws-api/v3", trade)
    assert data[0]["result"] == {"subscriptionId": 0}
    assert data[-1]["result"]["status"] == "FILLED"
    assert {event["event"]["e"] for event in data[1:-1]} == {"executionReport", "outboundAccountPosition"}
    quantity = sum(float(event["event"].get("l", 0)) for event in data[1:-1])
    assert quantity == pytest.approx(0.5)


def test_a_resting_order_is_filled_as_time_passes(exchange: PracticeExchange) -> None:
    async def trade(connection: ClientConnection) -> Any:
        now = exchange.api.exchange.clock.now()
        await connection.send(signed_frame("userDataStream.subscribe.signature", 1, now))
        await frame(connection)
        last = exchange.api.exchange.last("BTCUSDT")
        assert last
        price = f"{last.price * 0.9995 / 100:.2f}"
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01"}
        await connection.send(signed_frame("order.place", 2, now, **order, price=price))
        await asyncio.to_thread(exchange.advance, 7 * 86_400_000)
        while True:
            event = (await frame(connection)).get("event", {})
            if event.get("X") == "FILLED":
                return event, price

    event, price = talk(f"{exchange.ws_url}/ws-api/v3", trade)
    assert (event["x"], event["m"], float(event["L"])) == ("TRADE", True, float(price))


def test_too_many_messages_end_a_stream_connection(exchange: PracticeExchange) -> None:
    async def shout(connection: ClientConnection) -> Any:
        for number in range(8):
            await connection.send(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": number}))
        return await end(connection)

    data, code = talk(f"{exchange.ws_url}/ws", shout)
    assert code == 1008
    assert len(data) <= 5


def test_a_shutdown_is_announced(exchange: PracticeExchange) -> None:
    async def listen(connection: ClientConnection) -> Any:
        await asyncio.to_thread(exchange.admin, "faults", kind="server_shutdown", seconds=0.2)
        return await end(connection)

    data, code = talk(f"{exchange.ws_url}/stream?streams=btcusdt@miniTicker", listen)
    assert "!serverShutdown" in {frame["stream"] for frame in data}  # a price may come after it
    assert code == 1001
    data, code = talk(f"{exchange.ws_url}/ws-api/v3", listen)
    assert data[-1]["event"]["e"] == "serverShutdown"


def test_connections_are_dropped_and_end_after_a_day(exchange: PracticeExchange) -> None:
    async def drop(connection: ClientConnection) -> Any:
        await asyncio.to_thread(exchange.admin, "faults", kind="drop_connections")
        return await end(connection)

    async def wait(connection: ClientConnection) -> Any:
        await asyncio.to_thread(exchange.advance, 24 * 3_600_000)
        return await end(connection)

    assert talk(f"{exchange.ws_url}/ws", drop)[1] == 1001
    assert talk(f"{exchange.ws_url}/ws-api/v3", wait)[1] == 1001


def test_pings_are_sent_and_answered(exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("algo_trading.exchange.server.PING", 0.4)
    monkeypatch.setattr("algo_trading.exchange.server.PONG", 0.6)

    async def answer(connection: ClientConnection) -> float:
        await asyncio.sleep(1.5)  # the client's library answers the pings
        pong = await connection.ping()
        return await pong

    assert talk(f"{exchange.ws_url}/ws", answer) < 5

    async def silent() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(exchange.url.rpartition(":")[2]))
        writer.write(
            b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        read = await asyncio.wait_for(reader.read(), 20)
        writer.close()
        return read

    data = asyncio.run(silent())
    assert b"\x89" in data.partition(b"\r\n\r\n")[2]  # a ping, and then the end
    assert b"no pong" in data


@pytest.fixture
def program() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [PROGRAM, "exchange", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_the_command_prints_its_address_when_ready_and_ends_with_ctrl_c(
    program: Callable[..., subprocess.Popen[str]],
) -> None:
    process = program("--port", "0", "--balance", "USDT=500", "--balance", "BTC=0.25")
    assert process.stdout
    first = process.stdout.readline()
    address = re.search(r"http://127\.0\.0\.1:\d+", first)
    assert address
    assert "play money" in first
    assert "made-up prices" in first
    with urllib.request.urlopen(f"{address[0]}/api/v3/ping") as reply:  # noqa: S310 - of this machine
        assert reply.read() == b"{}"
    process.send_signal(signal.SIGINT)
    assert process.stderr
    data, errors = process.stdout.read(), process.stderr.read()  # with what came in one piece with the first line
    assert (process.wait(20), errors) == (0, "")
    assert "API key" in data
    assert "500 USDT, 0.25 BTC" in data
    assert data.endswith("stopped\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--api-key", "k"], "an API key needs its secret"),
        (["--balance", "100"], "'100' is not a balance; write it like USDT=10000"),
        (["--start", "soon"], "'soon' is not a moment"),
        (["--start", "2001-01-01"], "nothing was traded before 2021-01-04"),
        (["--replay", "."], "no candles in"),
        (["--speed", "-1"], "greater than or equal to 0"),
    ],
)
def test_wrong_options_are_explained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    words = [str(tmp_path) if word == "." else word for word in arguments]
    monkeypatch.setattr(sys, "argv", ["algo-trading", "exchange", "--port", "0", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    data, errors = capsys.readouterr()
    assert (ended.value.code, data) == (2, "")
    assert sentence in errors
    assert len(errors.splitlines()) == 1


def test_a_port_that_is_taken_is_one_sentence(program: Callable[..., subprocess.Popen[str]]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = program("--port", str(port))
        data, errors = process.communicate(timeout=60)
    assert (process.returncode, data) == (2, "")
    assert errors == f"error: port {port} is taken by another program; choose another with --port\n"
