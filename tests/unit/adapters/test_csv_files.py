"""The folder of files as a source."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algo_trading.adapters.csv_files import CsvFilesConfig, CsvFilesMarketData, build
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName
from algo_trading.errors import ConfigError, SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import BarRequest, MarketData
from algo_trading.plugins import Context
from contracts.market_data import MarketDataContract, payload_of, read
from support.bar_requests import daily_request

pytestmark = pytest.mark.unit

IBM = Instrument("IBM")
# Newest first, as some sources write; the second line is of another symbol.
LINES = """\
Date,Ticker,Open,High,Low,Close,Volume,Dividends
2013-01-08,IBM,10,12,9,11,100,0
2013-01-07,AAPL,10,12,9,11,100,0
2013-01-07,IBM,10,12,9,11,100,0.0
2013-01-04,IBM,10,12,9,11,100,0.85
2013-01-03,IBM,10,12,9,11.50,100,
2013-01-02,IBM,10,12,9,11,100,
"""


def request(first: str | None = None, last: str = "2013-01-08", symbol: str = "IBM") -> BarRequest:
    return daily_request(Instrument(symbol), date.fromisoformat(first) if first else None, date.fromisoformat(last))


class TestContract(MarketDataContract):
    @pytest.fixture
    def open_source(self, tmp_path: Path) -> Callable[[], MarketData]:
        (tmp_path / "IBM.csv").write_text(LINES)
        return lambda: CsvFilesMarketData(tmp_path)

    @pytest.fixture
    def served(self) -> BarRequest:
        return request("2013-01-03", "2013-01-07")

    @pytest.fixture
    def unknown(self) -> Instrument:
        return Instrument("NOPE")


def test_rows_keep_their_cells_and_their_lines(tmp_path: Path) -> None:
    (tmp_path / "ibm.csv").write_text(LINES)
    rows = read(CsvFilesMarketData(tmp_path), request("2013-01-03", "2013-01-04")).rows.to_pylist()
    assert [row["close"] for row in rows] == ["11.50", "11"]
    assert [row["place"].rpartition("/")[2] for row in rows] == ["ibm.csv:6", "ibm.csv:5"]


def test_dividends_of_the_range_are_actions(tmp_path: Path) -> None:
    (tmp_path / "IBM.csv").write_text(LINES)
    source = CsvFilesMarketData(tmp_path)
    assert read(source, request("2013-01-07")).actions == ()
    assert read(source, request()).actions == (CorporateAction(IBM, date(2013, 1, 4), ActionKind.DIVIDEND, 0.85),)


def test_a_line_without_a_date_comes_with_every_answer(tmp_path: Path) -> None:
    (tmp_path / "IBM.csv").write_text(LINES + "soon,IBM,1,2,1,2,5,\n")
    rows = read(CsvFilesMarketData(tmp_path), request("2013-01-08")).rows
    assert rows["session"].to_pylist() == ["2013-01-08", "soon"]


def test_a_file_may_be_compressed_or_parquet(tmp_path: Path) -> None:
    without_symbol = LINES.replace(",Ticker", "").replace(",IBM", "").replace("2013-01-07,AAPL,10,12,9,11,100,0\n", "")
    (tmp_path / "IBM.csv.gz").write_bytes(gzip.compress(without_symbol.encode()))
    table = pa.table({name: [1.5] for name in ("Open", "High", "Low", "Close", "Volume")})
    pq.write_table(table.append_column("Date", pa.array([date(2013, 1, 8)])), tmp_path / "MSFT.parquet")
    source = CsvFilesMarketData(tmp_path)
    assert read(source, request()).rows.num_rows == 5
    (row,) = read(source, request(symbol="MSFT")).rows.to_pylist()
    assert (row["symbol"], row["session"], row["close"]) == ("MSFT", "2013-01-08", "1.5")


def test_a_file_of_something_else_is_the_error_of_its_symbol(tmp_path: Path) -> None:
    (tmp_path / "IBM.csv").write_text(LINES)
    (tmp_path / "AAPL.csv").write_text("name,born\nAda,1815\n")
    source = CsvFilesMarketData(tmp_path)
    good, bad, absent = source.fetch([request(), request(symbol="AAPL"), request(symbol="X")])
    assert good.error is None
    assert "no bar headers" in str(bad.error)
    assert isinstance(absent.error, UnknownSymbolError)


def test_a_folder_that_went_away_is_an_error_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        CsvFilesMarketData(tmp_path / "gone").fetch([request()])


def test_an_empty_answer_is_read_back(tmp_path: Path) -> None:
    (tmp_path / "IBM.csv").write_text(LINES)
    source = CsvFilesMarketData(tmp_path)
    payload = payload_of(source, request("2013-01-09", "2013-01-09"))
    assert source.parse(payload).rows.num_rows == 0


@pytest.mark.parametrize("folder", ["", "missing"])
def test_the_configuration_must_name_a_folder(tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    context = Context("csv_files", tmp_path)
    with pytest.raises(ConfigError, match=rf"sources\.csv_files\.folder is '{folder}', which is not a folder"):
        build(CsvFilesConfig(folder=folder), context)
    (tmp_path / "IBM.csv").write_text(LINES)
    assert read(build(CsvFilesConfig(folder=str(tmp_path)), context), request()).rows.num_rows == 5


HEADER = "Date,Ticker,Open,High,Low,Close,Volume,Adj Close\n"
FB, META, FREED = Instrument("FB"), Instrument("META"), date(2013, 1, 4)
RENAMED = (FormerName(FB, FREED, META),)


def file_of(symbol: str, closes: dict[str, float], adjusted: float = 1.0) -> str:
    return HEADER + "".join(f"{day},{symbol},1,99,1,{c:.4f},100,{c * adjusted:.4f}\n" for day, c in closes.items())


def answered(source: CsvFilesMarketData, symbol: str, first: str | None = None) -> list[tuple[str, str, float]]:
    asked = replace(request(first, symbol=symbol), names=RENAMED)
    return [(row["symbol"], row["session"], float(row["close"])) for row in read(source, asked).rows.to_pylist()]


def test_the_file_under_the_old_name_counts_up_to_the_new_one(tmp_path: Path) -> None:
    """FB.csv is of META before, and of another company from then on; META.csv counts where both have a day."""
    (tmp_path / "FB.csv").write_text(file_of("fb", {"2013-01-02": 10, "2013-01-03": 11, "2013-01-04": 50}))
    source = CsvFilesMarketData(tmp_path)
    assert answered(source, "META") == [("META", "2013-01-02", 10.0), ("META", "2013-01-03", 11.0)]
    assert answered(source, "FB") == [("fb", "2013-01-04", 50.0)]
    (tmp_path / "META.csv").write_text(file_of("META", {"2013-01-03": 11.5, "2013-01-07": 12}))
    everything = [("META", "2013-01-02", 10.0), ("META", "2013-01-03", 11.5), ("META", "2013-01-07", 12.0)]
    assert answered(source, "META") == everything
    assert answered(source, "META", "2013-01-03") == everything[1:]


def test_adjusted_closes_of_the_old_file_say_nothing_about_the_new_one(tmp_path: Path) -> None:
    """META.csv ends before a dividend that FB.csv knows of: where one follows the other nothing was paid."""
    (tmp_path / "FB.csv").write_text(file_of("FB", {"2013-01-02": 10, "2013-01-03": 11}, adjusted=0.9))
    (tmp_path / "META.csv").write_text(file_of("META", {"2013-01-04": 11, "2013-01-07": 12}))
    paid = HEADER + "2013-01-02,FB,1,99,1,10.0000,100,9.0000\n2013-01-03,FB,1,99,1,9.0000,100,9.0000\n"
    source = CsvFilesMarketData(tmp_path)
    assert read(source, replace(request(symbol="META"), names=RENAMED)).actions == ()
    (tmp_path / "FB.csv").write_text(paid)
    (action,) = read(source, replace(request(symbol="META"), names=RENAMED)).actions
    assert action == CorporateAction(META, date(2013, 1, 3), ActionKind.DIVIDEND, 1.0)


def test_without_a_file_under_the_new_name_it_says_which_one_is_missing(tmp_path: Path) -> None:
    (tmp_path / "FB.csv").write_text(file_of("FB", {"2013-01-03": 11, "2013-01-07": 50}))
    (answer,) = CsvFilesMarketData(tmp_path).fetch([replace(request("2013-01-07", symbol="META"), names=RENAMED)])
    assert isinstance(answer.error, UnknownSymbolError)
    assert str(answer.error).endswith("it would be META.csv; FB.csv counts up to the new name")
