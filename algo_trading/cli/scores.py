"""The command `scores`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import typer

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.domain.scores import METRICS, CandleRank, PairScore, parse_timeframes
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.notification.candle_texts import score_title
from algo_trading.queries.figures import ranked_text

AVERAGES = tuple(f"average_{name}" for name in METRICS)  # not among what programs know of `scores`; `post` has them


def parse_moment(text: str) -> datetime:
    """A moment of the command line, in UTC unless it names a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a moment; write it like 2026-11-20T14:30Z") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def read_timeframes(text: str) -> tuple[Interval, ...]:
    """Timeframes of the command line."""
    try:
        return parse_timeframes(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def show_scores(
    pairs: Sequence[str], timeframes: str | None, at: str | None, plot: Path | None, *, as_json: bool
) -> None:
    """Print the scores of pairs at a moment, now unless one is given, and draw those of a single pair.

    Raises:
        typer.BadParameter: the timeframes or the moment cannot be read.
        ConfigError: nothing is stored of a pair by then, or the picture cannot be drawn or written.
    """
    wanted = read_timeframes(timeframes) if timeframes is not None else None
    then = parse_moment(at) if at is not None else None
    if plot and plot.suffix.lower() != ".png":
        raise ConfigError(f"--plot writes a PNG picture: {plot} does not end in .png")
    with bootstrap() as application:
        chosen = application.scored_pairs()(pairs, wanted)
        if plot and len(chosen) != 1:
            raise ConfigError(f"--plot draws one pair, not {len(chosen)}; name it")
        moment, score = then or application.clock.now(), application.score_candles()
        found = [score(instrument, intervals, moment) for instrument, intervals in chosen]
        picture = application.draw_scores()(*chosen[0], moment) if plot else b""
    if as_json:
        output.print_json([score_json(one) for one in found])
    else:
        print_scores(found)
    if plot:
        output.write_file(plot, picture)


def sums_json(score: PairScore) -> dict[str, Any]:
    """A pair's price and scores for programs, without its timeframes."""
    return {
        "pair": score.instrument.symbol,
        "at": score.at,
        "price": score.price,
        "bull": score.bull,
        "bear": score.bear,
        "maximum": score.maximum,
    }


def score_json(score: PairScore) -> dict[str, Any]:
    """A pair's scores for programs."""
    return {
        **sums_json(score),
        "timeframes": {
            str(interval): {name: _number(value) for name, value in output.plain(rank).items() if name not in AVERAGES}
            for interval, rank in score.timeframes.items()
        },
    }


def print_scores(scores: Sequence[PairScore]) -> None:
    """A table of each pair."""
    if not scores:
        output.console.print("no candles are stored; see docs/crypto.md for how to bring them in")
    for one in scores:
        columns = ("", "change", "amplitude", "highest", "lowest", "bull", "bear", "candles")
        output.table(score_title(one), columns, [_row(interval, rank) for interval, rank in one.timeframes.items()])
    if scores:
        output.console.print(
            "per cent (rank): at a rank of 3.0 three of a hundred closed candles went as far; avg: their mean"
        )


def _row(interval: Interval, rank: CandleRank) -> tuple[object, ...]:
    cells = (
        ranked_text(rank.change, rank.rank_change, rank.average_change, "+"),
        ranked_text(rank.amplitude, rank.rank_amplitude, rank.average_amplitude, ""),
        ranked_text(rank.max_up, rank.rank_max_up, rank.average_max_up, "+"),
        ranked_text(rank.max_down, rank.rank_max_down, rank.average_max_down, "+"),
    )
    return (str(interval), *cells, rank.bull_points, rank.bear_points, rank.closed)


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
