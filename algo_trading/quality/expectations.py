"""Great Expectations, held in one hand: its import takes seconds, so a process builds one context and keeps it."""

import gc
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.quality.post_rules import POST_REPEATS, POST_VALUES, PostReason, post_repeat_rules, post_value_rules
from algo_trading.quality.rules import REASON, SERIES, VALUES, Reason, series_rules, value_rules

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

# Each suite's rules and the reasons they name, in the order in which they are asked.
SUITES: "Mapping[str, tuple[Callable[[], list[Expectation]], type[StrEnum]]]" = {
    VALUES: (value_rules, Reason),
    SERIES: (series_rules, Reason),
    POST_VALUES: (post_value_rules, PostReason),
    POST_REPEATS: (post_repeat_rules, PostReason),
}
EXAMPLES = 20  # broken values that the data docs show for each expectation


@dataclass(frozen=True, eq=False)
class Judged:
    """The first broken rule of each row (None: none) and the validation result to show people."""

    reasons: NDArray[np.object_]
    result: Any


class Expectations:
    """An in-memory data context with the suites."""

    def __init__(self) -> None:
        with warnings.catch_warnings(), no_collection():
            # Modules of Great Expectations use what newer Pythons call deprecated; nothing of ours can answer for it.
            warnings.simplefilter("ignore", DeprecationWarning)
            import great_expectations as gx
            from great_expectations.data_context.types.base import (
                DataContextConfig,
                InMemoryStoreBackendDefaults,
                ProgressBarsConfig,
            )

        config = DataContextConfig(
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        )
        self.context: Any = gx.get_context(mode="ephemeral", project_config=config)
        bars = self.context.data_sources.add_pandas("bars").add_dataframe_asset("daily bars")
        self._data = bars.add_batch_definition_whole_dataframe("batch")
        self._suites = {
            name: self.context.suites.add(gx.ExpectationSuite(name=name, expectations=rules()))
            for name, (rules, _) in SUITES.items()
        }

    def judge(self, suite: str, frame: "pd.DataFrame") -> Judged:
        """Validate a frame whose index is 0..n-1."""
        result = self._data.get_batch(batch_parameters={"dataframe": frame}).validate(
            self._suites[suite],
            result_format={"result_format": "COMPLETE", "partial_unexpected_count": EXAMPLES},
        )
        reasons = np.full(len(frame), None, dtype=object)
        known = SUITES[suite][1]
        rank = {reason: position for position, reason in enumerate(known)}
        broken: dict[StrEnum, list[int]] = {}
        for outcome in result.results:
            if outcome.exception_info.get("raised_exception"):
                raise RuntimeError(outcome.exception_info["exception_message"])
            rows = outcome.result.pop("unexpected_index_list", None) or []
            broken.setdefault(known(outcome.expectation_config.meta[REASON]), []).extend(rows)
            for bulky in ("unexpected_list", "unexpected_index_query", "partial_unexpected_index_list"):
                outcome.result.pop(bulky, None)
        for reason in sorted(broken, key=rank.__getitem__, reverse=True):
            reasons[broken[reason]] = reason
        return Judged(reasons, result)


@contextmanager
def no_collection() -> Iterator[None]:
    """Collect no garbage during an import: looking at half a million new objects repeatedly is a tenth of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@lru_cache(maxsize=1)
def expectations() -> Expectations:
    """The process's context."""
    return Expectations()
