"""Chart replies: the recorded ones of ../shared/data and ones made from numbers."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from servers.yahoo import Reply
from support.shared_data import SHARED_DATA

RECORDINGS = SHARED_DATA / "yahoo_chart" / "node-yahoo-finance2"
COLUMNS = ("open", "high", "low", "close", "volume")
Row = Sequence[float | None]


def recorded(name: str) -> Any:
    """The chart JSON of a recording, by its file name without the ending."""
    return json.loads((RECORDINGS / f"{name}.json").read_text())["response"]["bodyJson"]


def replayed(name: str) -> Reply:
    """The recording as it came: status, headers and body."""
    response = json.loads((RECORDINGS / f"{name}.json").read_text())["response"]
    skipped = {"content-length", "content-encoding", "transfer-encoding", "connection", "date", "server"}
    headers = {key: value for key, value in response["headers"].items() if key.lower() not in skipped}
    return Reply(response["status"], json.dumps(response["bodyJson"]).encode(), headers)


def ok(chart: Any) -> Reply:
    """A chart as a reply."""
    return Reply(200, json.dumps(chart).encode())


def chart(
    bars: Mapping[int, Row],
    splits: Mapping[int, tuple[float, float]] | None = None,
    dividends: Mapping[int, float] | None = None,
    **meta: Any,
) -> dict[str, Any]:
    """A chart of bars (open, high, low, close, volume), splits (new, old) and dividends by their times."""
    events: dict[str, Any] = {}
    if splits:
        events["splits"] = {
            str(time): {"date": time, "numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            for time, (new, old) in splits.items()
        }
    if dividends:
        events["dividends"] = {str(time): {"amount": amount, "date": time} for time, amount in dividends.items()}
    result: dict[str, Any] = {
        "meta": {
            "currency": "USD",
            "symbol": "TEST",
            "instrumentType": "EQUITY",
            "gmtoffset": -18000,
            "exchangeTimezoneName": "America/New_York",
            "dataGranularity": "1d",
            "validRanges": ["1d", "5d", "1mo", "max"],
            **meta,
        },
        "indicators": {"quote": [{}]},
    }
    if bars:
        result["timestamp"] = list(bars)
        columns = zip(*bars.values(), strict=True)
        result["indicators"]["quote"] = [dict(zip(COLUMNS, map(list, columns), strict=True))]
        result["indicators"]["adjclose"] = [{"adjclose": result["indicators"]["quote"][0]["close"]}]
    if events:
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}
