"""Great Expectations, held in one hand: its import takes seconds, so a process builds one context and keeps it."""

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.quality.rules import Between, Columns, NotIn, NotNull, Null, Rule, Suite

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

EXAMPLES = 20  # broken values that the data docs show for each expectation
RULE = "rule"  # key in an expectation's meta: the rule's place in its suite


class Expectations:
    """An in-memory data context, which makes suites of the gate's rules as they are asked for."""

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
        rows = self.context.data_sources.add_pandas("rows").add_dataframe_asset("rows")
        self._data = rows.add_batch_definition_whole_dataframe("batch")
        self._suites: dict[str, Any] = {}

    def validate(self, suite: Suite, columns: Columns) -> tuple[Any, NDArray[np.object_]]:
        """The result to show people, and the reason of the first broken rule of each of n rows (None: none)."""
        import pandas as pd

        frame = pd.DataFrame({rule.column: columns[rule.column] for rule in suite.rules})
        result = self._data.get_batch(batch_parameters={"dataframe": frame}).validate(
            self._suite(suite),
            result_format={"result_format": "COMPLETE", "partial_unexpected_count": EXAMPLES},
        )
        broken: dict[int, list[int]] = {}
        for outcome in result.results:
            if outcome.exception_info.get("raised_exception"):
                raise RuntimeError(outcome.exception_info["exception_message"])
            rows = outcome.result.pop("unexpected_index_list", None) or []
            broken[outcome.expectation_config.meta[RULE]] = rows
            for bulky in ("unexpected_list", "unexpected_index_query", "partial_unexpected_index_list"):
                outcome.result.pop(bulky, None)
        reasons = np.full(len(frame), None, dtype=object)
        for place in sorted(broken, reverse=True):
            reasons[broken[place]] = suite.rules[place].reason
        return result, reasons

    def _suite(self, suite: Suite) -> Any:  # noqa: ANN401 - its type is imported late
        if suite.name not in self._suites:
            import great_expectations as gx

            made = [_expectation(rule, place) for place, rule in enumerate(suite.rules)]
            self._suites[suite.name] = self.context.suites.add(gx.ExpectationSuite(name=suite.name, expectations=made))
        return self._suites[suite.name]


def _expectation(rule: Rule, place: int) -> "Expectation":
    """The rule as Great Expectations asks it."""
    import great_expectations.expectations as gxe

    about: dict[str, Any] = {"column": rule.column, "notes": rule.note, "meta": {RULE: place}}
    match rule:
        case Null():
            return gxe.ExpectColumnValuesToBeNull(**about)
        case NotNull():
            return gxe.ExpectColumnValuesToNotBeNull(**about)
        case NotIn():
            return gxe.ExpectColumnValuesToNotBeInSet(value_set=list(rule.texts), **about)
        case Between():
            return gxe.ExpectColumnValuesToBeBetween(
                min_value=rule.low, max_value=rule.high, strict_min=rule.strict, **about
            )
        case _:
            raise TypeError(f"Great Expectations has nothing for {rule!r}")


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
