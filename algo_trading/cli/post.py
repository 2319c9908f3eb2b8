"""The command `post`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.scores import sums_json
from algo_trading.domain.scores import PairScore
from algo_trading.errors import ConfigError
from algo_trading.notification.candle_texts import candle_texts, score_title, scores_csv

STDOUT = "-"


def show_post(pairs: Sequence[str], csv: str | None, *, as_json: bool) -> None:
    """Print how unusual the newest candles of pairs are, in texts.

    Raises:
        ConfigError: nothing is stored of a pair, two forms were asked for, or the file cannot be written.
    """
    if csv is not None and as_json:
        raise ConfigError("choose one of --json and --csv")
    with bootstrap() as application:
        found = application.current_scores()(application.scored_pairs()(pairs, None))
    if as_json:
        output.print_json([post_json(one) for one in found])
    elif csv == STDOUT:
        print(scores_csv(found), end="")  # noqa: T201 - a program's output, not a log
    elif csv is not None:
        output.write_file(Path(csv), scores_csv(found).encode())
    else:
        print_post(found)


def post_json(score: PairScore) -> dict[str, Any]:
    """A pair's texts for programs."""
    return {
        **sums_json(score),
        "timeframes": {str(interval): candle_texts(rank) for interval, rank in score.timeframes.items()},
    }


def print_post(scores: Sequence[PairScore]) -> None:
    """A table of each pair."""
    if not scores:
        output.console.print("no candles are stored; see docs/crypto.md for how to bring them in")
    for one in scores:
        rows = [(str(interval), *candle_texts(rank).values()) for interval, rank in one.timeframes.items()]
        output.table(score_title(one), ("", "change", "amplitude", "highest", "lowest"), rows)
