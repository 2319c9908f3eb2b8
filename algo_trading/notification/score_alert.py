"""Notices of high scores: what has happened, how rare that is, and what it is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import isnan
from typing import Protocol

from algo_trading.domain.notice import Content
from algo_trading.domain.score_alert import ScoreAlert, ScoreSide
from algo_trading.domain.scores import CandleRank, PairScore
from algo_trading.domain.venue import venue_of
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.candle_texts import scores_csv
from algo_trading.notification.chart import WIDTH
from algo_trading.notification.rendering import Attachment, Rendering, render
from algo_trading.notification.score_chart import BEAR, BULL
from algo_trading.notification.words import price_text

LEAST_SHARE = 0.05  # per cent; below it the figure would read 0.0
COLUMNS = ("", "change", "highest", "lowest", "rank up", "rank down", "bull", "bear", "candles")
LEGEND = (
    "Change, highest and lowest in per cent of the candle's open. At a rank of 3.0 three of a hundred closed candles "
    "went as far."
)
MEANINGS = {
    ScoreSide.BULL: "an abnormally steep rise, perhaps one that does not last: consider selling.",
    ScoreSide.BEAR: "an abnormally steep fall, perhaps one that does not last: consider buying.",
}


@dataclass(frozen=True)
class PastScores:
    """A picture of a pair's last scores, a PNG, and how rare high ones were in all stored candles since `first`.

    `bull` and `bear` are the fractions of the candles at which the score was as high as now, or higher.
    """

    picture: bytes
    first: date
    bull: float
    bear: float


class ReadPastScores(Protocol):
    """Reads the candles of a pair."""

    def __call__(self, score: PairScore, threshold: int) -> PastScores | None:
        """What was before a score, with a line at the threshold; None where no candles are left."""
        ...


@dataclass(frozen=True)
class ScoreNotice:
    """A score alert in words, figures and a picture; the first row of `table` has the headings."""

    alert: ScoreAlert
    past: PastScores | None

    @property
    def side(self) -> ScoreSide:
        """Which score has reached the threshold."""
        return self.alert.side

    @property
    def pair(self) -> str:
        """The pair's symbol."""
        return str(self.alert.score.instrument)

    @property
    def subject(self) -> str:
        """One line, with weekday, month and day."""
        score = self.alert.score
        made_up = " · made-up prices" if venue_of(score.instrument.venue).made_up else ""
        day = f"{score.at:%A, %B} {score.at.day}"
        return f"SIGNAL ALERT: {self.pair} passed {self.side.upper()}ish threshold! {day}{made_up}"

    @property
    def headline(self) -> str:
        """The score, of how many, and the threshold."""
        threshold = f"{'tuned ' if self.alert.tuned else ''}threshold {self.alert.threshold}"
        return f"{self.pair}: {self.side} score {self.alert.value} of {self.alert.score.maximum}, {threshold}"

    @property
    def price(self) -> str:
        """The price, and when."""
        score = self.alert.score
        made_up = ", which is made up: this market does not exist" if venue_of(score.instrument.venue).made_up else ""
        return f"Price {price_text(score.price)} at {score.at:%Y-%m-%d %H:%M} UTC{made_up}"

    @property
    def meaning(self) -> Sequence[str]:
        """What such a score usually means, and how rare it is."""
        found = [f"So high a {self.side} score is {MEANINGS[self.side]}"]
        if self.past:
            share = 100 * float(getattr(self.past, self.side))
            often = f"at {share:.1f} % of the candles" if share >= LEAST_SHARE else "at hardly any candle"
            found.append(f"Since {self.past.first} it was {self.alert.value} or more {often}.")
        return found

    @property
    def table(self) -> Sequence[Sequence[str]]:
        """A row for each timeframe."""
        return [COLUMNS, *((str(one), *_cells(rank)) for one, rank in self.alert.score.timeframes.items())]

    @property
    def legend(self) -> str:
        """How to read the table."""
        return LEGEND

    @property
    def chart(self) -> bytes:
        """A PNG; empty where there is none."""
        return self.past.picture if self.past else b""

    @property
    def alt(self) -> str:
        """What the picture shows."""
        return f"The price of {self.pair} over its last weeks, with the bull and the bear score beneath"

    @property
    def attached(self) -> str:
        """What comes with the mail."""
        shown = " The picture has the price with both scores beneath." if self.chart else ""
        return f"Attached: {self.file}, every figure, rank and average of each timeframe.{shown}"

    @property
    def file(self) -> str:
        """The name of the table that is attached."""
        return f"{self.pair}-scores.csv"

    @property
    def following(self) -> str:
        """When there is another mail."""
        return (
            f"The next mail comes when the score rises above {self.alert.value}, or reaches {self.alert.threshold} "
            "again after it was below."
        )

    def rendering(self) -> Rendering:
        """The notice as texts for a mail."""
        return Rendering(
            subject=self.subject,
            text=render("score.txt.j2", notice=self),
            html=render("score.html.j2", notice=self, width=WIDTH, color=BULL if self.side is ScoreSide.BULL else BEAR),
            pictures=(self.chart,) if self.chart else (),
            attachments=(Attachment(self.file, scores_csv([self.alert.score])),),
        )


@dataclass(frozen=True)
class ScoreAlertRenderer:
    """Renders score alerts from their details and the stored candles of the pair."""

    past: ReadPastScores

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what has no details of an alert."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        try:
            alert = ScoreAlert.parse(content.details)
        except ValueError as error:
            raise UndeliverableError(f"there is no score alert {content.key!r}") from error
        return ScoreNotice(alert, self.past(alert.score, alert.threshold)).rendering()


def _cells(rank: CandleRank) -> Sequence[str]:
    return (
        f"{rank.change:+z.1f}",
        f"{rank.max_up:+z.1f}",
        f"{rank.max_down:+z.1f}",
        _rank(rank.rank_max_up),
        _rank(rank.rank_max_down),
        str(rank.bull_points),
        str(rank.bear_points),
        f"{rank.closed:,}",
    )


def _rank(value: float) -> str:
    return "" if isnan(value) else f"{value:.1f}"
