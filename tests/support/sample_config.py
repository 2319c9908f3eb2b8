"""The sample's configuration without its live watchlist: what closes while a test runs would be counted by it."""

import json
import tomllib
from datetime import date
from importlib.resources import files
from typing import Any

LIVE = "practice_coins"


def replayed() -> dict[str, str]:
    """The variables that leave the replayed watchlists and their strategies alone."""
    sample = tomllib.loads((files("algo_trading") / "config" / "sample.toml").read_text(encoding="utf-8"))
    lists = {
        "ALGO_WATCHLISTS": [one for one in sample["watchlists"] if one["name"] != LIVE],
        "ALGO_STRATEGIES": [one for one in sample["strategies"] if one["watchlist"] != LIVE],
    }
    return {"ALGO_PRESET": "sample", **{name: json.dumps(entries, default=_text) for name, entries in lists.items()}}


def _text(value: Any) -> str:
    assert isinstance(value, date)
    return value.isoformat()
