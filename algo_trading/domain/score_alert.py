"""Who is told when a score of a pair is high, and what they are told."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import isnan, nan
from typing import Any, Self

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import ML, CandleRank, PairScore
from algo_trading.domain.time import Interval


class ScoreSide(StrEnum):
    """Which of the two scores."""

    BULL = "bull"
    BEAR = "bear"


Thresholds = tuple[int | None, int | None]  # of the bull and the bear score; None: no score reaches it


@dataclass(frozen=True, slots=True)
class ScoreSubscription:
    """An address that gets a notice when a score of a pair reaches a threshold, and again at each further rise.

    `threshold` is in points; None stands for the tuned ones. `bull` and `bear` are the highest scores that were told
    since the threshold was reached, 0 below it. `channel` is a channel's name, "" the configured one.
    """

    address: str
    instrument: Instrument
    threshold: int | None
    channel: str = ""
    bull: int = 0
    bear: int = 0

    @property
    def level(self) -> str:
        """The threshold as people write it."""
        return ML if self.threshold is None else str(self.threshold)

    def after(self, score: PairScore, tuned: Thresholds) -> tuple[Self, list["ScoreAlert"]]:
        """The subscription once it has seen a score, and what is to be told.

        A score that stays, falls or comes back to where it was is not told again; below the threshold all begins anew.
        """
        told: dict[ScoreSide, int] = {}
        alerts = []
        for side, own in zip(ScoreSide, tuned, strict=True):
            value, before = getattr(score, side), getattr(self, side)
            told[side] = before
            threshold = own if self.threshold is None else self.threshold
            if threshold is None or value < threshold:
                told[side] = 0
            elif value > before:
                told[side] = value
                alerts.append(ScoreAlert(side, threshold, self.threshold is None, score))
        return replace(self, bull=told[ScoreSide.BULL], bear=told[ScoreSide.BEAR]), alerts


@dataclass(frozen=True, slots=True)
class ScoreAlert:
    """A score that has reached a `threshold` (`tuned`: the tuned one), with all there was to say at that moment."""

    side: ScoreSide
    threshold: int
    tuned: bool
    score: PairScore

    @property
    def value(self) -> int:
        """The score that has reached it."""
        value: int = getattr(self.score, self.side)
        return value

    @property
    def key(self) -> str:
        """E.g. `BINANCE BTCUSDT bull 14 of 12 2026-11-20T22:00:03+00:00`; `ml12` stands for a tuned threshold."""
        pair, level = self.score.instrument, f"{ML if self.tuned else ''}{self.threshold}"
        return f"{pair.venue} {pair.symbol} {self.side} {self.value} of {level} {self.score.at.isoformat()}"

    @property
    def details(self) -> str:
        """All of it as JSON, from which `parse` makes it again: ranks of running candles are stored nowhere else."""
        return json.dumps({
            "side": self.side,
            "threshold": self.threshold,
            "tuned": self.tuned,
            "score": {
                **{name: getattr(self.score, name) for name in ("price", "bull", "bear", "maximum")},
                "symbol": self.score.instrument.symbol,
                "venue": self.score.instrument.venue,
                "at": self.score.at.isoformat(),
                "timeframes": {str(one): dict(_figures(rank)) for one, rank in self.score.timeframes.items()},
            },
        })  # fmt: skip

    @classmethod
    def parse(cls, details: str) -> Self:
        """The alert of its details.

        Raises:
            ValueError: they are not an alert's.
        """
        try:
            told: dict[str, Any] = json.loads(details)
            score = told["score"]
            timeframes = {Interval.parse(name): _rank(figures) for name, figures in score["timeframes"].items()}
            return cls(
                ScoreSide(told["side"]),
                told["threshold"],
                told["tuned"],
                PairScore(
                    Instrument(score["symbol"], score["venue"]), datetime.fromisoformat(score["at"]),
                    score["price"], score["bull"], score["bear"], score["maximum"], timeframes,
                ),
            )  # fmt: skip
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a score alert: {error}") from error


def _rank(figures: Mapping[str, Any]) -> CandleRank:
    known: dict[str, Any] = {name: nan if value is None else value for name, value in figures.items()}
    return CandleRank(**known)


def _figures(rank: CandleRank) -> Iterator[tuple[str, float | None]]:
    for name, value in asdict(rank).items():
        yield name, None if isnan(value) else value
