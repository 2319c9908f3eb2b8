"""The options that spell the trading rules, for commands that hand them on as a whole."""

import math
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from algo_trading.domain.account_rules import AccountRules
    from back_testing.engine.rules import TradingRules
    from back_testing.engine.signal_limits import SignalLimits

# The type of each option and what is taken where it is not given; the names are those of `trading_rules`.
RULES: Mapping[str, tuple[Any, Any]] = {
    "cash": (Annotated[float, typer.Option(help="Money at the start.")], 10_000.0),
    "commission": (Annotated[float, typer.Option(help="Fraction of the traded value, at each fill.")], 0.001),
    "commission_fixed": (Annotated[float, typer.Option(help="Money at each fill, on top.")], 0.0),
    "slippage_bps": (
        Annotated[float, typer.Option(help="Basis points by which each fill's price is worse.")],
        0.0,
    ),
    "interest": (
        Annotated[float, typer.Option(help="What cash earns in a year, as a fraction: 0.03 is 3 %; paid each night.")],
        0.0,
    ),
    "borrow": (
        Annotated[
            float,
            typer.Option(help="What the value of short positions costs in a year, as a fraction; paid each night."),
        ],
        0.0,
    ),
    "participation": (
        Annotated[
            float | None,
            typer.Option(
                help="Part of a bar's volume that one fill takes at most, 0.05 for 5 %: an entry ends with that part, "
                "an exit goes on at the next opens. Any quantity if not given."
            ),
        ],
        None,
    ),
    "fill": (
        Annotated[str, typer.Option(metavar="next_open|close", help="Price of a fill; close is look-ahead.")],
        "next_open",
    ),
    "direction": (
        Annotated[str, typer.Option(metavar="long|long_short", help="Whether exits sell short.")],
        "long",
    ),
    "size": (
        Annotated[
            str,
            typer.Option(
                metavar="all|fraction:X|cash:X|shares:N|volatility:X|risk:X",
                help="What one entry takes: all there is, a part of the equity, money, shares, the part of the equity "
                "whose annual volatility is X (0.15), or the part of which an average true range is X of it (0.01).",
            ),
        ],
        "all",
    ),
    "whole_shares": (
        Annotated[
            bool | None,
            typer.Option("--whole-shares/--fractional", help="Whether shares are whole; else the venue says."),
        ],
        None,
    ),
    "stop_loss": (
        Annotated[float | None, typer.Option(help="Fraction below the entry at which to get out, 0.05 for 5 %.")],
        None,
    ),
    "take_profit": (
        Annotated[float | None, typer.Option(help="Fraction above the entry at which to take the profit.")],
        None,
    ),
    "trailing_stop": (
        Annotated[float | None, typer.Option(help="Fraction below the highest price since the entry.")],
        None,
    ),
    "max_age": (
        Annotated[float | None, typer.Option(metavar="HOURS", help="Hours that a position may be held.")],
        None,
    ),
    "max_instrument": (
        Annotated[float | None, typer.Option(help="Most of the equity that may be in one instrument, 0.3 for 30 %.")],
        None,
    ),
    "max_strategy": (
        Annotated[float | None, typer.Option(help="Most of the equity that may be in the positions of one strategy.")],
        None,
    ),
    "max_exposure": (
        Annotated[float | None, typer.Option(help="Most of the equity in all positions, long and short added up.")],
        None,
    ),
    "max_net": (
        Annotated[
            float | None, typer.Option(help="Most of the equity in long positions less short ones, or vice versa.")
        ],
        None,
    ),
    "allow_gaps": (
        Annotated[bool, typer.Option("--allow-gaps", help="Trade over weeks without bars, which are else an error.")],
        False,
    ),
}


COSTS = ("commission", "slippage_bps", "commission_fixed", "interest", "borrow", "participation")
CAPS = ("max_instrument", "max_strategy", "max_exposure", "max_net")
PLAIN = ("cash", "whole_shares", "stop_loss", "take_profit", "trailing_stop", "max_age", "allow_gaps")


def trading_rules(options: Mapping[str, Any], limits: "SignalLimits") -> "TradingRules":
    """The rules that the values of the options spell, under these limits.

    Raises:
        ConfigError: a value is out of range.
    """
    from algo_trading.domain.costs import Costs
    from back_testing.engine.rules import Direction, FillAt, Size, TradingRules

    return TradingRules(
        costs=Costs.of(**{name: options[name] for name in COSTS}),
        fill=FillAt(_choice("--fill", options["fill"], [*FillAt])),
        direction=Direction(_choice("--direction", options["direction"], [*Direction])),
        size=Size.parse(options["size"]),
        caps=_caps(options),
        limits=limits,
        **{name: options[name] for name in PLAIN},
    )


def _caps(options: Mapping[str, Any]) -> "AccountRules":
    from algo_trading.domain.account_rules import AccountRules

    for name in CAPS:
        if options[name] is not None and not 0 < options[name] < math.inf:
            raise ConfigError(f"--{name.replace('_', '-')} is a part of the equity above 0, not {options[name]:g}")
    given: dict[str, Any] = {name: Decimal(repr(options[name])) for name in CAPS if options[name] is not None}
    return AccountRules(**given)


def signal_limits(names: Collection[str]) -> "SignalLimits":
    """The limits that the configuration leads to for the strategies with these names, and its levels of confidence.

    Raises:
        ConfigError: the configuration is wrong, or a strategy with such a name has parameters there that it refuses.
    """
    from algo_trading.domain.post import Levels
    from algo_trading.settings import load_settings
    from algo_trading.strategies.registry import build_strategy
    from back_testing.engine.signal_limits import SignalLimits

    settings = load_settings()
    entries = [entry for entry in settings.strategies if entry.name in names]
    active = [(build_strategy(entry.name, entry.params), entry.limits) for entry in entries]
    levels = Levels(settings.sentiment.medium, settings.sentiment.high)
    return SignalLimits(levels, {strategy.id: limits.over(strategy.limits) for strategy, limits in active})


def _choice(option: str, value: str, known: list[Any]) -> str:
    if value not in {str(name) for name in known}:
        raise ConfigError(f"{option} is {' or '.join(str(name) for name in known)}, not {value!r}")
    return value
