"""The client of Airflow's API against a small server that answers as Airflow does."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.launcher.airflow import Airflow
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError
from algo_trading.settings import load_settings

pytestmark = pytest.mark.integration

ITEMS = 250


@dataclass
class Airflowish:
    """What the server was asked, and which tokens it takes."""

    logins: int = 0
    good: set[str] = field(default_factory=set)
    posted: list[tuple[str, Any]] = field(default_factory=list)


@pytest.fixture
def state() -> Airflowish:
    return Airflowish()


@pytest.fixture
def api(state: Airflowish) -> Iterator[AirflowApi]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/api/v2/monitor/health":
                self.answer(200, {"scheduler": {"status": "healthy"}})
            elif self.headers["Authorization"].removeprefix("Bearer ") not in state.good:
                self.answer(401, {"detail": "Invalid JWT token"})
            elif address.path == "/api/v2/items":
                query = {name: int(values[0]) for name, values in parse_qs(address.query).items()}
                page = range(query["offset"], min(query["offset"] + query["limit"], ITEMS))
                self.answer(200, {"items": [{"number": number} for number in page]})
            else:
                self.answer(404, {"detail": "there is no such thing"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/auth/token":
                assert body == {"username": "admin", "password": "secret"}
                state.logins += 1
                state.good = {f"token-{state.logins}"}
                self.answer(201, {"access_token": f"token-{state.logins}"})
                return
            state.posted.append((self.path, body))
            self.answer(409 if len(state.posted) > 1 else 200, {"detail": "it is there already"})

        def answer(self, status: int, document: Any) -> None:
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin", "secret")
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_reads_every_page_with_one_login(api: AirflowApi, state: Airflowish) -> None:
    assert [item["number"] for item in api.every("/items", "items")] == list(range(ITEMS))
    assert state.logins == 1


def test_health_needs_no_login(api: AirflowApi, state: Airflowish) -> None:
    assert api.health()["scheduler"]["status"] == "healthy"
    assert state.logins == 0


def test_an_expired_token_is_renewed(api: AirflowApi, state: Airflowish) -> None:
    list(api.every("/items", "items"))
    state.good = {"another"}  # as after a restart with other secrets
    assert len(list(api.every("/items", "items"))) == ITEMS
    assert state.logins == 2


def test_a_refusal_carries_airflow_s_own_words(api: AirflowApi, state: Airflowish) -> None:
    api.post("/pools", {"name": "market_data"})
    with pytest.raises(ApiError, match="it is there already") as refusal:
        api.post("/pools", {"name": "market_data"})
    assert refusal.value.status == CONFLICT
    assert state.posted[0] == ("/api/v2/pools", {"name": "market_data"})
    with pytest.raises(ApiError, match="404: there is no such thing"):
        api.get("/nowhere")


def test_a_proxy_for_the_internet_is_not_asked(api: AirflowApi, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert api.health()


def test_a_server_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ServiceUnavailableError, match=r"does not answer at http://127\.0\.0\.1:1"):
        AirflowApi("http://127.0.0.1:1", "admin", "secret").health()


def test_the_password_is_not_shown(api: AirflowApi) -> None:
    list(api.every("/items", "items"))
    assert "secret" not in repr(api)
    assert "token" not in repr(api)


def test_a_busy_port_is_one_sentence_with_a_way_out(
    api: AirflowApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = urlsplit(api.url).port
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    monkeypatch.setenv("ALGO_AIRFLOW__PORT", str(port))
    monkeypatch.setattr("algo_trading.launcher.airflow.PORT_SECONDS", 0.3)
    airflow = Airflow(load_settings(), "postgresql://nobody@127.0.0.1:1/none", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(AlgoTradingError, match=f"port {port} is in use.*ALGO_AIRFLOW__PORT={(port or 0) + 1}"):
        airflow.start(lambda _: None)
    assert not airflow.is_up()
