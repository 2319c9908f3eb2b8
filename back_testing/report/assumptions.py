"""The rules that a result rests on, as sentences."""

from algo_trading.domain.limits import Limits
from algo_trading.strategies.base import Strategy
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, SizeKind, TradingRules


def assumptions(result: BacktestResult) -> list[tuple[str, str]]:
    """Topic and sentence, for every rule that could have been another one."""
    rules, costs = result.rules, result.rules.costs
    fill = (
        "At the close of the bar that decided. Nobody can trade at that price: this result looks ahead."
        if result.lookahead
        else "Decided at a close, filled at the next bar's open. Nothing of that bar is known when the order is made."
    )
    paid = [f"{costs.commission:.3%} of the traded value"] if costs.commission else []
    paid += [f"{costs.commission_fixed:,.2f} in money"] if costs.commission_fixed else []
    commission = f"Each fill pays {' and '.join(paid)}." if paid else "Fills are free."
    slippage = (
        f" Prices are {float(costs.slippage_bps):g} basis points worse than quoted."
        if costs.slippage_bps
        else " No slippage."
    )
    shares = "Whole shares only." if rules.whole_shares is not False else "Fractions of shares are possible."
    direction = (
        "Long only: an exit closes the position."
        if rules.direction is Direction.LONG
        else "Long and short: an exit also sells short, an entry covers and buys."
    )
    listed = [
        ("Fills", fill),
        ("Costs", commission + slippage),
        *_financing(result),
        *_caps(result),
        ("Size", f"{_size(rules, suggests_shares=result.suggests_shares)} {shares}"),
        ("Direction", direction),
        ("Stops", _stops(rules)),
        ("End", "A position that is open at the end stays open." if rules.keep_open
         else "A position that is open at the end is closed at the last close, costs included."),
        ("Capital", f"{rules.cash:,.2f} at the start; {result.allocation}"),
        ("Benchmark", "Bought at the first chance with the whole capital, under the same costs, and held."),
        ("Figures", f"{result.periods_per_year:g} bars make a year. No risk-free rate. docs/backtesting.md lists all."),
    ]  # fmt: skip
    if needs := list(dict.fromkeys(name for strategy in result.strategies for name in strategy.needs)):
        text = f"{', '.join(needs)}: known at the close of the bar in which they came."
        listed.append(("Text and figures", text))
    listed += [("Unknown", f"{note}.") for note in result.notes]
    if obeyed := applied_limits(result):
        listed.append(("Limits", " ".join(f"{sentence[:1].upper()}{sentence[1:]}." for sentence in obeyed)))
    listed += [("Not simulated", f"{limits}.") for limits in _live_alone(result)]
    if len(result.strategies) > 1:
        how = (
            "A position belongs to the strategy that opened it; of one moment the first in the order of ids come first."
        )
        listed.append(("Strategies", how))
    if result.history:
        listed.append(("Warm-up", f"{result.history:,} bars before the first one only prepared the strategy."))
    if result.refused:
        listed.append(("Refused", f"{result.refused:,} entries could not buy anything."))
    return listed


def _financing(result: BacktestResult) -> list[tuple[str, str]]:
    """What nights and volume do, where they do anything."""
    costs, listed = result.rules.costs, []
    if costs.interest:
        listed.append(
            ("Interest", f"Cash earns {costs.interest:.2%} a year, 1/365 a night: {result.interest:,.2f} in all.")
        )
    if costs.borrow:
        fee = f"Short positions cost {costs.borrow:.2%} of their value a year, 1/365 a night, within the trades' costs."
        listed.append(("Borrow fees", fee))
    if costs.participation is not None:
        most = f"A fill takes at most {costs.participation:.2%} of its bar's volume"
        listed.append(("Volume", f"{most}: an entry ends with that, an exit goes on at the next opens."))
    return listed


def _caps(result: BacktestResult) -> list[tuple[str, str]]:
    said = caps_clause(result)
    return [("Exposure", f"{said[:1].upper()}{said[1:]}.")] if said else []


def caps_clause(result: BacktestResult) -> str:
    """The caps on exposure, and how many entries they refused; empty where there are none."""
    caps = result.rules.caps
    places = (
        (caps.max_instrument, "in one instrument"),
        (caps.max_strategy, "in one strategy"),
        (caps.max_exposure, "in all positions"),
        (caps.max_net, "in long positions less short ones"),
    )
    listed = ", ".join(f"{most:.0%} {where}" for most, where in places if most is not None)
    return listed and f"at most of the equity: {listed}; {result.above_cap:,} entries were refused"


def limit_notes(result: BacktestResult) -> list[str]:
    """Every limit of a strategy's signals, those that hold live alone last, as sentences."""
    return [*filter(None, [caps_clause(result)]), *applied_limits(result), *_live_alone(result)]


def _live_alone(result: BacktestResult) -> list[str]:
    several = len(result.strategies) > 1
    found = {one.name: not_simulated(result.rules.limits.of(one)) for one in result.strategies}
    return [f"{name}: {said}" if several else said for name, said in found.items() if said]


def applied_limits(result: BacktestResult) -> list[str]:
    """The limits of a strategy's signals that hold in a backtest too, and what they turned down, as sentences."""
    if not result.shares:
        return _applied("", result.strategy, result, result.below_order_level, result.at_position_limit)
    return [
        sentence
        for one in result.shares
        for sentence in _applied(
            f"{one.strategy.name}: ", one.strategy, result, one.below_order_level, one.at_position_limit
        )
    ]


def _applied(whose: str, strategy: Strategy, result: BacktestResult, below: int, refused: int) -> list[str]:
    orders, positions = result.rules.limits.clauses(result.rules.limits.of(strategy))
    notes = [orders and f"{whose}{orders}: {below:,} decisions were below"]
    notes += [positions and f"{whose}{positions}: {refused:,} entries were refused"]
    return [sentence for sentence in notes if sentence]


def not_simulated(limits: Limits) -> str:
    """The limits that hold for a strategy's signals live and not in a backtest; empty where there are none."""
    rules = [
        limits.trade_window and f"the trade window {limits.trade_window}",
        limits.max_price_age and f"prices at most {limits.max_price_age.total_seconds() / 3600:g} hours old",
        limits.max_move is not None and f"prices that have moved by at most {limits.max_move:.1%} since the post",
    ]
    named = ", ".join(rule for rule in rules if rule)
    return f"Limits that hold live alone: {named}" if named else ""


def _size(rules: TradingRules, *, suggests_shares: bool) -> str:
    size = rules.size
    takes = "An entry takes " + ("the shares that the strategy suggests, at most " if suggests_shares else "")
    match size.kind:
        case SizeKind.ALL:
            return f"{takes}all that there is for it."
        case SizeKind.FRACTION:
            return f"{takes}{size.amount:.1%} of the equity, fixed at the decision."
        case SizeKind.CASH:
            return f"{takes}{size.amount:,.2f} in money."
        case SizeKind.VOLATILITY:
            return f"{takes}what has an annual volatility of {size.amount:.1%} of the equity, by the last 20 returns."
        case SizeKind.RISK:
            return f"{takes}what an average true range of 20 bars changes by {size.amount:.2%} of the equity."
    return f"{takes}{size.amount:g} shares."


def _stops(rules: TradingRules) -> str:
    stops = [
        f"{name} at {value:.2%}"
        for name, value in (
            ("stop loss", rules.stop_loss),
            ("trailing stop", rules.trailing_stop),
            ("take profit", rules.take_profit),
        )
        if value is not None
    ]
    listed = ", ".join(stops).capitalize()
    said = f"{listed}, within the bar. A gap fills at the open; the stop goes before the target. " if stops else ""
    if rules.max_age is not None:
        said += f"What was held for {rules.max_age:g} hours is closed at the next open."
    return said.strip() or "None."
