"""The command `tune`."""

from datetime import timedelta
from math import isfinite
from typing import Any

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.scores import parse_moment, read_timeframes
from algo_trading.domain.scores import TunedThresholds
from algo_trading.domain.time import moment_of
from algo_trading.errors import ConfigError
from back_testing.analysis.tune import Tuning
from back_testing.search.crossings import Crossing
from back_testing.services import tune_thresholds

SHOWN = 5  # every so many scores a row of the table of crossings


def show_tuning(
    pair: str,
    timeframes: str | None,
    commission: float | None,
    slippage_bps: float | None,
    days: tuple[int, int],
    *,
    at: str | None,
    as_json: bool,
) -> None:
    """Tune the thresholds of a pair and print what was found; `days` are those to choose on and to trade on.

    Raises:
        typer.BadParameter: the timeframes or the moment cannot be read.
        ConfigError: nothing is stored of the pair, several venues have it, or there is too little history.
    """
    wanted = read_timeframes(timeframes) if timeframes is not None else None
    then = parse_moment(at) if at is not None else None
    with bootstrap() as application:
        chosen = application.scored_pairs()([pair], wanted)
        if len(chosen) != 1:
            venues = ", ".join(instrument.venue for instrument, _ in chosen)
            raise ConfigError(f"{pair} is stored for several venues: {venues}")
        ((instrument, intervals),) = chosen
        inside, outside = (timedelta(days=count) for count in days)
        tuning = tune_thresholds(application)(
            instrument,
            intervals,
            commission=commission,
            slippage_bps=slippage_bps,
            in_sample=inside,
            out_of_sample=outside,
            at=then,
        )
    if as_json:
        output.print_json(tuning_json(tuning))
    else:
        print_tuning(tuning)


def tuning_json(tuning: Tuning) -> dict[str, Any]:
    """What was found, for programs; gains are fractions, `threshold` is null where none survives."""
    best, walk = tuning.best, tuning.walk
    document: dict[str, Any] = _finite(
        output.plain(
            {
                "pair": tuning.instrument.symbol,
                "interval": str(tuning.interval),
                "timeframes": [str(one) for one in tuning.timeframes],
                "from": moment_of(tuning.bars.opened_at[0]),
                "to": moment_of(tuning.bars.closed_at[-1]),
                "maximum": tuning.maximum,
                "trials": tuning.trials,
                "commission": float(tuning.costs.commission),
                "slippage_bps": float(tuning.costs.slippage_bps),
                "threshold": best.thresholds if best and not tuning.objection else None,
                "objection": tuning.objection,
                "best": best,
                "hold": tuning.hold,
                "out_of_sample": {
                    "gain": float(walk.equity[-1]) - 1,
                    "hold": walk.hold,
                    "trades": len(walk.trades),
                    "deflated_sharpe": tuning.deflated,
                    "folds": walk.folds,
                },
                "markets": tuning.markets,
                "crossings": tuning.crossings,
            }
        )
    )
    return document


def show_thresholds(*, as_json: bool) -> None:
    """Print what `ml` stands for now: the thresholds last tuned of each pair and timeframes."""
    with bootstrap() as application:
        found = application.thresholds.newest(application.clock.now())
    if as_json:
        output.print_json([_finite(output.plain(one)) | {"survives": one.survives} for one in found])
        return
    rows = [
        (str(one.instrument), " ".join(one.timeframes), f"{one.tuned_at:%Y-%m-%d %H:%M}", *_levels(one), one.objection)
        for one in found
    ]
    columns = ("pair", "timeframes", "tuned on candles up to (UTC)", "bull", "bear", "why there is none")
    output.table("Tuned thresholds", columns, rows)


def _levels(tuned: TunedThresholds) -> tuple[str, str]:
    return (f"{tuned.bull} of {tuned.maximum}", f"{tuned.bear} of {tuned.maximum}") if tuned.survives else ("-", "-")


def print_tuning(tuning: Tuning) -> None:
    """What was found, for people."""
    best, walk = tuning.best, tuning.walk
    first, last = tuning.bars.session(0), tuning.bars.session(-1)
    title = f"{tuning.instrument} {tuning.interval}, {first} .. {last}, {tuning.trials:,} pairs of thresholds"
    rows: list[tuple[str, str, str]] = []
    if best:
        rows += [
            (
                "thresholds",
                f"bull {best.thresholds.bull}, bear {best.thresholds.bear} of {tuning.maximum}",
                "chosen anew",
            ),
            ("gain", f"{best.equity - 1:+.1%}", f"{float(walk.equity[-1]) - 1:+.1%}"),
            ("holding the coin", f"{tuning.hold:+.1%}", f"{walk.hold:+.1%}"),
            ("coin in the end, against buying at first", f"{best.coin:.3f}", ""),
            ("most coin held", f"{best.most_coin:.3f}", ""),
            ("trades", f"{best.trades}", f"{len(walk.trades)}"),
            ("win rate", _percent(best.win_rate), ""),
            ("better than luck (deflated Sharpe ratio)", "", _percent(tuning.deflated)),
        ]
    output.table(title, ("", "best on all history", "out of sample"), rows)
    folds = [
        (f"{fold.start:%Y-%m-%d}", f"{fold.end:%Y-%m-%d}", fold.chosen.bull, fold.chosen.bear, f"{fold.gain:+.1%}",
         f"{fold.hold:+.1%}")
        for fold in walk.folds
    ]  # fmt: skip
    output.table("Chosen on the past, traded after it", ("from", "to", "bull", "bear", "gain", "hold"), folds)
    markets = [(one.market, one.trades, _percent(one.win_rate), _signed(one.mean_gain)) for one in tuning.markets]
    if markets:
        output.table("Trades of the best pair by the market", ("", "trades", "win rate", "mean gain"), markets)
    shown = [one for one in tuning.crossings if one.score % SHOWN == 0]
    if shown:
        title = "Best price after a score was reached, mean in per cent (lowest after bull, highest after bear)"
        output.table(title, ("score", "times", *shown[0].best), [_crossing(one) for one in shown])
    costs = tuning.costs
    earned = f"; cash earns {costs.interest:.2%} a year" if costs.interest else ""
    paid = f"each fill pays {costs.commission:.3%} and {costs.slippage_bps} basis points of slippage"
    output.console.print(paid + earned, soft_wrap=True)
    if tuning.objection:
        output.console.print(f"no threshold survives: {tuning.objection}", soft_wrap=True)
    elif best:
        output.console.print(
            f"sell from a bull score of {best.thresholds.bull}, buy from a bear score of {best.thresholds.bear}",
            soft_wrap=True,
        )


def _crossing(one: Crossing) -> tuple[object, ...]:
    changes = (f"{change:+.1f}" if isfinite(change) else "-" for change in one.best.values())
    return (f"{one.kind} {one.score}", one.count, *changes)


def _percent(value: float) -> str:
    return f"{value:.0%}" if isfinite(value) else "-"


def _signed(value: float) -> str:
    return f"{value:+.2%}" if isfinite(value) else "-"


def _finite(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """The same with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value
