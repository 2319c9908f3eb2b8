"""The commands about coins: `instruments` and `coins`."""

from collections.abc import Sequence

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.watched import watchlists_of
from algo_trading.domain.instrument import TradingRules
from algo_trading.errors import UnknownSymbolError
from algo_trading.queries.coins import CoinLine
from algo_trading.queries.figures import amount_text
from algo_trading.services.refresh_rules import RulesReport


def show_instruments(named: Sequence[str], venue: str | None, *, refresh: bool, as_json: bool) -> None:
    """Print trading rules: of pairs, of all pairs of coins, or of everything.

    Raises:
        UnknownSymbolError: nothing is stored of a name.
    """
    with bootstrap() as application:
        watchlists_of(application)
        reports = application.refresh_rules()() if refresh else []
        stored = application.trading_rules.all(venue)
    wanted = {name.upper() for name in named}
    found = [one for one in stored if not wanted or {one.instrument.symbol, one.base} & wanted]
    known = {name for one in found for name in (one.instrument.symbol, one.base)}
    if missing := sorted(wanted - known):
        hint = "" if stored else "; `algo-trading instruments --refresh` asks the exchanges"
        raise UnknownSymbolError(f"no trading rules of {', '.join(missing)} are stored{hint}")
    if as_json:
        output.print_json([_rules_json(one) for one in found])
        return
    for report in reports:
        _print_report(report)
    columns = ("pair", "venue", "base", "quote", "status", "tick", "lot", "min quantity", "min notional")
    output.table("Instruments", columns, [_row(one) for one in found])


def show_coins(named: Sequence[str], limit: int, *, as_json: bool) -> None:
    """Print coins with their pairs.

    Raises:
        UnknownSymbolError: nobody knows a coin of a name.
    """
    with bootstrap() as application:
        found = application.read_coins()(named)
    known = {name.casefold() for one in found for name in (one.coin, one.name)}
    if missing := [name for name in named if name.casefold() not in known]:
        raise UnknownSymbolError(f"no coin is known as {', '.join(missing)}")
    shown = found if named else found[:limit]
    if as_json:
        output.print_json(shown)
    else:
        print_coins(shown)


def print_coins(lines: Sequence[CoinLine]) -> None:
    """Coins as a table."""
    rows = [
        (one.coin, one.name, one.rank or "", *(amount_text(value) for value in (one.market_cap, one.volume, one.price)),
         ", ".join(f"{p.symbol} at {p.venue}{'' if p.trading else f' ({p.status})'}" for p in one.pairs) or "none")
        for one in lines
    ]  # fmt: skip
    output.table("Coins", ("coin", "name", "rank", "market cap", "24 h volume", "price", "pairs"), rows)


def _rules_json(one: TradingRules) -> dict[str, object]:
    plain = output.plain(one)
    return {"pair": one.instrument.symbol, "venue": one.instrument.venue, "trading": one.trading} | {
        name: value for name, value in plain.items() if name != "instrument"
    }


def _row(one: TradingRules) -> tuple[object, ...]:
    numbers = (f"{value:f}" for value in (one.tick, one.lot, one.min_quantity, one.min_notional))
    status = one.status if one.delisted_at is None else f"delisted {one.delisted_at:%Y-%m-%d}"
    return (one.instrument.symbol, one.instrument.venue, one.base, one.quote, status, *numbers)


def _print_report(report: RulesReport) -> None:
    output.console.print(
        f"{report.venue}: {report.pairs} pairs from {report.source}, {report.stored} new or changed", soft_wrap=True
    )
    for what in ("listed", "delisted", "halted", "resumed"):
        if names := getattr(report, what):
            output.notes.print(f"{report.venue}: {what} {', '.join(names)}", soft_wrap=True)
