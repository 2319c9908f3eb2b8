"""What a signal was decided on, as a hash."""

import hashlib
from collections.abc import Sequence

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import CorporateAction


def inputs_hash(bars: Bars, actions: Sequence[CorporateAction], features: Sequence[str] = ()) -> str:
    """SHA-256 over the bars as traded, the actions up to the last one and these features of the bars, in hexadecimal.

    Without features it is that of bars and actions alone.
    """
    digest = hashlib.sha256()
    opened = bars.opened_at if bars.interval.intraday else bars.sessions
    digest.update(opened.astype(np.int64).tobytes())
    for name in COLUMNS:
        digest.update(np.ascontiguousarray(getattr(bars, name), dtype="<f8").tobytes())
    for action in sorted(action for action in actions if action.ex_date <= bars.session(-1)):
        digest.update(f"{action.ex_date} {action.kind} {action.value!r};".encode())
    for name in features:
        digest.update(f"{name};".encode())
        digest.update(np.ascontiguousarray(bars.features[name], dtype="<f8").tobytes())
    return digest.hexdigest()
