"""The command `backtest verify-live`."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app

if TYPE_CHECKING:
    from algo_trading.domain.signal import Signal
    from back_testing.analysis.verify_live import Difference

SHOWN = 20  # differences shown to a person; --json has them all


@app.command("verify-live")
def verify_live(
    symbol: Annotated[list[str] | None, typer.Option("--symbol", help="Only this symbol; may repeat.")] = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", help="Only signals of this strategy; may repeat.")
    ] = None,
    json: o.Json = False,
) -> None:
    """Derive every stored live signal, order, fill and exit again. Exit code 1 if one is not what bars lead to.

    A signal whose bars or corporate actions have changed since is explained as "inputs revised since". Fills and exits
    at a market are not those of bars: each difference is explained on a line. Exit code 2 if a symbol is named that no
    signal is about, or if none is of the strategies named. Notes say where accounts go on otherwise than a backtest
    does: with the shares that a merger made of what they held.
    """
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.instrument import Series
    from algo_trading.domain.names import under_new_name, venues_of_symbols
    from algo_trading.strategies.registry import strategy_class
    from back_testing.analysis.verify_live import require_signals
    from back_testing.services import verify_live as verified
    from back_testing.services import verify_trades

    names = [
        strategy_class(name).name for name in strategy or ()
    ]  # an unknown one is an error that lists the known ones
    with bootstrap() as application, output.progress() as bar:
        venues = venues_of_symbols(application.signals.series(), application.names.all())
        given = [Series.parse(name, venues) for name in symbol or ()]
        renamed = application.names.newest(one.instrument for one in given)
        for former in renamed.values():
            output.note(str(former))
        named = list(dict.fromkeys(under_new_name(one, renamed) for one in given))
        series = named or application.signals.series()
        require_signals(application.signals, named, names)
        task = bar.add_task("deriving", total=len(series))
        report = verified(application)(series, lambda done: bar.update(task, advance=1, description=str(done)), names)
        trades = verify_trades(application)(named or None, names)
    if json:
        counts = {name: getattr(report, name) for name in ("checked", "agreed", "revised")}
        listed = {name: [_document(d) for d in getattr(report, name)] for name in ("mismatches", "explained")}
        output.print_json({**counts, **listed, "trades": asdict(trades), "notes": report.notes})
    else:
        rows = [
            ("checked", report.checked),
            ("unchanged", report.agreed),
            ("inputs revised", report.revised),
            ("differ, explained", len(report.explained)),
            ("MISMATCHES", len(report.mismatches)),
        ]
        output.table("Stored signals", ("", "signals"), rows)
        done = [
            ("orders", trades.orders),
            ("fills", trades.fills),
            ("positions with exits", trades.exits),
            ("differ, explained", len(trades.explained)),
            ("MISMATCHES", len(trades.mismatches)),
        ]
        output.table("What accounts did", ("", "checked"), done)
        for difference in (*report.mismatches, *trades.mismatches, *report.explained, *trades.explained)[:SHOWN]:
            output.note(str(difference))
        for note in report.notes:
            output.note(note)
        if not report.checked:
            output.note("there is nothing to check: no signal is stored yet; `algo-trading run-session` decides them")
    if report.mismatches or trades.mismatches:
        raise typer.Exit(1)


def _document(difference: "Difference") -> dict[str, Any]:
    stored = difference.stored
    return {
        "symbol": stored.instrument.symbol,
        "interval": str(stored.series.interval),
        "session": stored.period,
        "strategy": str(stored.strategy),
        "why": difference.why,
        "stored": _signal(stored),
        "derived": _signal(difference.derived) if difference.derived else None,
    }


def _signal(signal: "Signal") -> dict[str, Any]:
    return {
        "side": str(signal.side),
        "confidence": signal.confidence,
        "size": signal.size,
        "close": signal.close,
        "reason": signal.reason,
        "inputs_hash": signal.inputs_hash,
    }
