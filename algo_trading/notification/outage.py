"""Notices to the owner: what does not go on, what that means, and what to do next."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.outage import Outage
from algo_trading.domain.strategy_failure import StrategyFailure, StrategyOutage
from algo_trading.domain.time import period_key
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.rendering import Rendering, render
from algo_trading.notification.words import one_line, shortened
from algo_trading.repositories.strategy_failures import StrategyFailureRepository

SERIES_SHOWN, ERROR_SHOWN = 10, 300


@dataclass(frozen=True)
class OwnersNotice:
    """What has happened in words, and the address where there is more to see (empty: there is none)."""

    subject: str
    sentences: Sequence[str]
    link: str = ""


def outage_notice(outage: Outage, link: str) -> OwnersNotice:
    """What the owner wants to know about periods that are not processed."""
    name, since = f"{outage.watchlist} {outage.interval}", period_key(outage.interval, outage.since)
    if outage.over:
        return OwnersNotice(
            f"{name} is processed again",
            (
                f"The periods of {name} are decided again; those after {since} had failed.",
                "What was missed is made up for. Signals that came too late are stored and not acted on.",
            ),
            link,
        )
    if outage.interval.intraday:
        return OwnersNotice(
            f"{name} is not processed since {since}",
            (
                f"No period of {name} after {since} has been decided, and several should have been.",
                "Until they are there is no signal, no mail and no order on these candles; stops go on.",
                "`algo-trading status` shows what is up, Airflow and the log of `algo-trading watch` say why.",
                "One more mail comes when it is over.",
            ),
            link,
        )
    return OwnersNotice(
        f"{name} is late: nothing is decided after {since}",
        (
            f"The period of {name} that came after {since} has closed hours ago, and it is not decided.",
            "Until it is there is no signal, no mail and no order on it: the run has failed, is late or did not start.",
            f"Next: look for the failed task among the runs of {name} in Airflow and clear it.",
            "Or process the period with `algo-trading run-session`; `algo-trading status` shows what is up.",
            "One more mail comes when it is over.",
        ),
        link,
    )


def strategy_notice(outage: StrategyOutage, open_ones: Sequence[StrategyFailure], link: str) -> OwnersNotice:
    """What the owner wants to know about a strategy that raises errors."""
    name = outage.strategy.name
    if outage.over:
        return OwnersNotice(
            f"{name} decides again",
            (f"{outage.strategy} raises no error any more, on any of its series.",),
            link,
        )
    failing = [one for one in open_ones if one.strategy == outage.strategy]
    shown = ", ".join(str(one.series) for one in failing[:SERIES_SHOWN])
    more = f" and {len(failing) - SERIES_SHOWN} more" if len(failing) > SERIES_SHOWN else ""
    where = f" on {shown}{more}" if failing else ""
    errors = (f"It says: {shortened(one_line(failing[0].error), ERROR_SHOWN)}",) if failing else ()
    return OwnersNotice(
        f"{name} raises an error instead of deciding",
        (
            f"{outage.strategy} fails{where}, first on {outage.since:%Y-%m-%d %H:%M} UTC.",
            *errors,
            "Where it fails there is no signal; other strategies and series go on.",
            "Next: repair it, or take it out of the configuration.",
            "`algo-trading status` lists where it fails, and the log of the run has the whole error.",
            "One more mail comes when it decides again; of a strategy that fails now and then one comes a day.",
        ),
        link,
    )


@dataclass(frozen=True)
class OwnersRenderer:
    """Renders outages by their keys; `link` gives the address where there is more to see."""

    failures: StrategyFailureRepository
    link: Callable[[Content], str] = lambda _content: ""

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what is not the key of an outage."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        try:
            notice = self._notice(content)
        except ValueError as error:
            raise UndeliverableError(f"there is no outage {content.key!r}") from error
        return Rendering(
            notice.subject, render("outage.txt.j2", notice=notice), render("outage.html.j2", notice=notice)
        )

    def _notice(self, content: Content) -> OwnersNotice:
        link = self.link(content)
        if content.kind is NoticeKind.STRATEGY:
            return strategy_notice(StrategyOutage.parse(content.key), self.failures.open(), link)
        return outage_notice(Outage.parse(content.key), link)
