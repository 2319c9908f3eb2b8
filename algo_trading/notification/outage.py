"""Notices of outages: for the owner, in words."""

from collections.abc import Callable
from dataclasses import dataclass

from algo_trading.domain.notice import Content
from algo_trading.domain.outage import Outage
from algo_trading.domain.time import period_key
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.rendering import Rendering, render


@dataclass(frozen=True)
class OutageNotice:
    """An outage in words."""

    subject: str
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, outage: Outage) -> "OutageNotice":
        """What the owner wants to know."""
        name, since = f"{outage.watchlist} {outage.interval}", period_key(outage.interval, outage.since)
        if outage.over:
            return cls(
                f"{name} is processed again",
                (
                    f"The periods of {name} are decided again; those after {since} had failed.",
                    "What was missed is made up for. Signals that came too late are stored and not acted on.",
                ),
            )
        return cls(
            f"{name} is not processed since {since}",
            (
                f"No period of {name} after {since} has been decided, and several should have been.",
                "Until they are there is no signal, no mail and no order on these candles; stops go on.",
                "`algo-trading status` shows what is up, Airflow and the log of `algo-trading watch` say why.",
                "One more mail comes when it is over.",
            ),
        )


class OutageRenderer:
    """Renders outages by their keys."""

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError for what is not the key of an outage."""
        return _rendering


def _rendering(content: Content) -> Rendering:
    try:
        notice = OutageNotice.of(Outage.parse(content.key))
    except ValueError as error:
        raise UndeliverableError(f"there is no outage {content.key!r}") from error
    return Rendering(notice.subject, render("outage.txt.j2", notice=notice), render("outage.html.j2", notice=notice))
