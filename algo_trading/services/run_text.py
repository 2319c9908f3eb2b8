"""The whole text flow in this process: the same services that the DAGs call."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from algo_trading.domain.post import PostKind
from algo_trading.errors import SourceError
from algo_trading.services.annotate_posts import AnnotatePosts, AnnotateReport
from algo_trading.services.collect import CollectPosts, CollectReport
from algo_trading.services.decide_on_posts import DecideOnPosts
from algo_trading.services.evaluate import EvaluateReport

COLLECTED, ANNOTATED, DECIDED = "feeds collected", "posts annotated", "mentions decided on"


@dataclass(frozen=True)
class TextReport:
    """What posts and articles brought; `error` is the sentence of feeds that all failed."""

    collected: CollectReport
    annotated: AnnotateReport
    decided: EvaluateReport
    error: str = ""


@dataclass(frozen=True)
class RunText:
    """Posts and articles in, gate, mentions, sentiment, and the signals of strategies that are driven by posts."""

    collect: CollectPosts
    annotate_posts: AnnotatePosts
    decide_on_posts: DecideOnPosts

    def __call__(
        self, until: datetime | None = None, progress: Callable[[str, int], None] = lambda _stage, _done: None
    ) -> TextReport:
        """Run the flow up to `until` (None: now); a step that was done before changes nothing.

        A failing feed does not keep stored posts from being annotated. `progress` gets the stage (COLLECTED, ANNOTATED,
        DECIDED) and how much of it is done.
        """
        collected, error = CollectReport(), ""
        try:
            collected = self.collect(set(PostKind), until, partial(progress, COLLECTED))
        except SourceError as trouble:
            error = str(trouble)
        annotated = self.annotate_posts(until, partial(progress, ANNOTATED))
        return TextReport(collected, annotated, self.decide_on_posts(until, partial(progress, DECIDED)), error)
