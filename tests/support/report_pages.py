"""What a report's page carries, unpacked as the browser unpacks it."""

import base64
import gzip
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from algo_trading.domain.bars import Floats


def uncompressed(text: str) -> bytes:
    """The content of a packed script element."""
    return gzip.decompress(base64.b64decode(text))


def charts_in(page: str) -> dict[str, Any]:
    """The charts of a page of a backtest or a sweep."""
    (text,) = re.findall(r'<script type="text/plain" id="charts">(.*?)</script>', page, re.DOTALL)
    charts: dict[str, Any] = json.loads(uncompressed(text))
    return charts


def numbers(packed: Mapping[str, Any]) -> Floats:
    """Packed numbers; NaN where there is none."""
    deltas = packed["deltas"]
    known = np.array([delta is not None for delta in deltas], dtype=bool)
    steps = np.cumsum([delta for delta in deltas if delta is not None], dtype=np.int64)
    values = np.full(len(deltas), np.nan)
    values[known] = steps / 10.0 ** packed["digits"]
    return values


def series_of(chart: Mapping[str, Any]) -> dict[str, Any]:
    """The series of a chart by name."""
    return {series["name"]: series for series in chart["series"]}
