"""Asking a strategy: what it is given cannot be changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, Bars, Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy

TIMES = ("opened_at", "closed_at")


def decide(strategy: Strategy, bars: Bars) -> Decisions:
    """What a strategy decides about `bars`, whose arrays it sees read-only.

    A strategy that worked in place (`close /= close.mean()`) would falsify the prices that its orders are filled at.

    Raises:
        ConfigError: the strategy writes into the bars.
    """
    with no_writing(strategy):
        return strategy.decide(read_only(bars))


@contextmanager
def no_writing(strategy: Strategy) -> Iterator[None]:
    """Name the strategy in the error of who writes into read-only bars.

    Raises:
        ConfigError: it does.
    """
    try:
        yield
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise ConfigError(
            f"{strategy.id} writes into the bars that it is given ({error}); let it work on a copy, such as "
            "close = bars.close.copy()"
        ) from error


def read_only(bars: Bars) -> Bars:
    """The same bars, with arrays that cannot be written to."""
    columns: dict[str, Any] = {name: _frozen(getattr(bars, name)) for name in (*TIMES, *COLUMNS)}
    if all(values is getattr(bars, name) for name, values in columns.items()) and not _writable(bars.features):
        return bars
    return replace(bars, **columns, features={name: _frozen(values) for name, values in bars.features.items()})


def _frozen(values: NDArray[Any]) -> NDArray[Any]:
    if not values.flags.writeable:
        return values
    view = values.view()
    view.flags.writeable = False
    return view


def _writable(features: Mapping[str, Floats]) -> bool:
    return any(values.flags.writeable for values in features.values())
