"""What tasks share: addresses, reports, sessions."""

from dataclasses import dataclass
from datetime import date

import pytest

from algo_airflow.runtime import MOST_ITEMS, one_session, told
from algo_trading.errors import AlgoTradingError

pytestmark = pytest.mark.unit

DAY = date(2013, 2, 25)


@dataclass(frozen=True)
class Counts:
    stored: int


@dataclass(frozen=True)
class Example:
    counts: Counts
    errors: dict[str, str]
    sessions: tuple[date, ...]


def test_a_report_becomes_small_json() -> None:
    report = Example(Counts(5), {f"S{n}": "unknown" for n in range(1000)}, (DAY,))
    told_report = told(report, DAY)
    assert told_report["session"] == "2013-02-25"
    assert told_report["counts"] == {"stored": 5}
    assert told_report["sessions"] == ["2013-02-25"]
    assert len(told_report["errors"]) == MOST_ITEMS


def test_a_bare_number_and_a_list_are_results() -> None:
    assert told(3, DAY) == {"session": "2013-02-25", "result": 3}
    assert told(3) == {"result": 3}
    assert told([Counts(1)], DAY) == {"session": "2013-02-25", "result": [{"stored": 1}]}


def test_shards_agree_on_their_session() -> None:
    assert one_session([{"session": "2013-02-25"}, {"session": "2013-02-25"}]) == DAY
    with pytest.raises(AlgoTradingError, match="2013-02-25, 2013-02-26"):
        one_session([{"session": "2013-02-26"}, {"session": "2013-02-25"}])
