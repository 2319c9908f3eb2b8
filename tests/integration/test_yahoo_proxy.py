"""The source as it ships, led to a local Yahoo by the environment alone; TLS is checked as always."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yfinance.data

from algo_trading.adapters.yahoo import YahooMarketData
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.errors import SourceError
from algo_trading.gateways.market_data import BarRequest, MarketData
from contracts.market_data import MarketDataContract, read
from servers.tls_proxy import proxying
from servers.yahoo import CHART_PATH
from servers.yahoo_market import GeneratedMarket
from support.bar_requests import daily_request

pytestmark = [
    pytest.mark.integration,
    # exchange_calendars with pandas 3.1, where a calendar is made
    pytest.mark.filterwarnings("ignore:Series.values returning an ndarray that drops timezone"),
]
SERVER = Path(__file__).resolve().parents[1] / "servers" / "yahoo.py"
CLIENT = """
from datetime import UTC, datetime
from pathlib import Path
from algo_trading.adapters.yahoo import YahooConfig, build
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.gateways.market_data import BarRequest
from algo_trading.plugins import Context
source = build(YahooConfig(), Context("yahoo", Path()))
names = ("IBM", "NOPE", "^GSPC")
first, last = datetime(2022, 6, 6, tzinfo=UTC), datetime(2022, 6, 15, tzinfo=UTC)
answers = source.fetch([BarRequest(Series(Instrument(name)), first, last) for name in names])
print([source.parse(a.payload).rows.num_rows if a.payload else type(a.error).__name__ for a in answers])
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with proxying(GeneratedMarket(unknown=frozenset({"NOPE"})), tmp_path_factory.mktemp("tls")) as variables:
        yield variables


@pytest.fixture(autouse=True)
def fresh_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yfinance.data.SingletonMeta, "_instances", {})
    for name in ("https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def open_source(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[], MarketData]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return lambda: YahooMarketData(pause_seconds=0, attempts=2)


class TestYahoo(MarketDataContract):
    @pytest.fixture
    def served(self) -> BarRequest:
        return daily_request(Instrument("IBM"), date(2022, 6, 6), date(2022, 6, 15))  # a split on 06-10

    @pytest.fixture
    def unknown(self) -> Instrument:
        return Instrument("NOPE")


def test_an_authority_that_nobody_trusts_is_refused(
    environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", environment["HTTPS_PROXY"])
    source = YahooMarketData(pause_seconds=0, attempts=1)
    with pytest.raises(SourceError, match="certificate"):
        source.fetch([daily_request(Instrument("IBM"), None, date(2022, 6, 15))])


def test_the_generated_market_reaches_to_the_newest_closed_session(open_source: Callable[[], MarketData]) -> None:
    newest = trading_calendar("XNYS").newest_closed(Interval.DAY, datetime.now(UTC)).date
    bars = read(open_source(), daily_request(Instrument("IBM"), newest - timedelta(days=20), newest))
    assert bars.rows["session"].to_pylist()[-1] == newest.isoformat()


def test_it_runs_as_a_program_and_the_client_leaves_nothing_behind(tmp_path: Path) -> None:
    written = tmp_path / "yahoo.env"
    command = [sys.executable, str(SERVER), "--port", "0", "--write-env", str(written), "--unknown", "NOPE"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            lines = [server.stdout.readline() for _ in range(3)]
            assert "".join(lines) == written.read_text()
            variables = dict(line.removeprefix("export ").rstrip().split("=", 1) for line in lines)
            home = tmp_path / "home"
            home.mkdir()
            outcome = subprocess.run(
                [sys.executable, "-c", CLIENT],
                env={"PATH": os.environ["PATH"], "HOME": str(home), "ALGO_HOME": str(home / "data"), **variables},
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        finally:
            server.terminate()
            server.communicate(timeout=10)
    assert outcome.stderr == ""
    assert outcome.stdout == "[8, 'UnknownSymbolError', 8]\n"
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert server.returncode == 0
    assert CHART_PATH not in outcome.stdout
