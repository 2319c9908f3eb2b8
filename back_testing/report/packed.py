"""Numbers and scripts as a report carries them: small, and unpacked by the browser."""

import base64
import gzip
import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_DIGITS = 12


def packed(values: NDArray[Any] | Sequence[float]) -> dict[str, Any]:
    """Differences of decimals, which gzip shrinks far more than floats; integers stay as they are.

    `digits` are the decimals: as few as give every value again, at most as many as keep seven digits of the largest.
    What is not finite is None, and counts as no difference.
    """
    given = np.asarray(values)
    array = given.astype(np.float64)
    finite = array[np.isfinite(array)]
    largest = float(np.abs(finite).max(initial=0.0))
    most = min(MOST_DIGITS, 6 - int(np.floor(np.log10(largest)))) if largest > 0 else 0
    exact = (d for d in range(min(0, most), most) if np.allclose(np.round(finite, d), finite, rtol=1e-12, atol=0))
    digits = 0 if np.issubdtype(given.dtype, np.integer) else next(exact, most)
    steps = np.rint(finite * 10.0**digits).astype(np.int64)
    deltas = np.full(len(array), None, dtype=object)
    deltas[np.isfinite(array)] = np.diff(steps, prepend=0)
    return {"digits": digits, "deltas": deltas.tolist()}


def compressed(text: str | bytes) -> str:
    """The content as gzip in base64."""
    content = text.encode() if isinstance(text, str) else text
    return base64.b64encode(gzip.compress(content, compresslevel=9, mtime=0)).decode("ascii")


def compressed_json(value: object) -> str:
    """JSON without NaN, compressed; in base64 nothing can end a script element early."""
    return compressed(json.dumps(value, separators=(",", ":"), allow_nan=False))


@cache
def compressed_library() -> str:
    """lightweight-charts of the installed package, with its licence in its first lines."""
    return compressed((files("litecharts") / "js" / "lightweight-charts.js").read_bytes())
