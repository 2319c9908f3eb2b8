"""What `scores` prints, and how its options are read."""

import json
from datetime import UTC, datetime

import pytest
import typer
from rich.console import Console

from algo_trading.cli import output
from algo_trading.cli.scores import parse_moment, print_scores, read_timeframes, score_json
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import CandleRank, PairScore
from algo_trading.domain.time import Interval

pytestmark = pytest.mark.unit

NAN = float("nan")
HOUR = CandleRank(1.25, 2.5, 2.0, -0.5, 4.0, 10.0, 12.34, NAN, 3, 0, 500, 0.1, 2.0, 1.3, -1.2)
FIRST = CandleRank(-0.1, 0.2, 0.1, -0.1, NAN, NAN, NAN, NAN, 0, 0, 0)
SCORE = PairScore(
    Instrument("INJUSDT", "BINANCE"), datetime(2022, 3, 4, 5, 5, tzinfo=UTC), 4.5, 3, 0, 12,
    {Interval.HOUR_1: HOUR, Interval.WEEK: FIRST},
)  # fmt: skip


def test_json_has_the_keys_that_programs_know() -> None:
    found = json.loads(json.dumps(output.plain(score_json(SCORE)), allow_nan=False))
    assert list(found) == ["pair", "at", "price", "bull", "bear", "maximum", "timeframes"]
    assert found["pair"] == "INJUSDT"
    assert datetime.fromisoformat(found["at"]) == SCORE.at
    assert found["timeframes"]["1h"] == {
        "change": 1.25, "amplitude": 2.5, "max_up": 2.0, "max_down": -0.5, "rank_change": 4.0, "rank_amplitude": 10.0,
        "rank_max_up": 12.34, "rank_max_down": None, "bull_points": 3, "bear_points": 0, "closed": 500,
    }  # fmt: skip
    assert found["timeframes"]["1w"]["rank_change"] is None


def test_a_table_fits_an_ordinary_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "console", Console(width=100, highlight=False))
    print_scores([SCORE])
    out = capsys.readouterr().out
    assert "INJUSDT  4.50  at 2022-03-04 05:05 UTC:  bull 3 of 12, bear 0 of 12" in out
    assert "+2.0 (12.3)" in out
    assert "avg +1.3" in out
    assert "nan" not in out
    print_scores([])
    assert "no candles are stored" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["2022-03-04T05:05Z", "2022-03-04 05:05", "2022-03-04T06:05+01:00"])
def test_moments_are_in_utc_unless_they_say_so(text: str) -> None:
    assert parse_moment(text) == SCORE.at


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(typer.BadParameter, match="is not a moment; write it like"):
        parse_moment("yesterday")
    with pytest.raises(typer.BadParameter, match="'3h' is not an interval"):
        read_timeframes("1h,3h")
