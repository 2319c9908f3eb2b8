"""Where the pairs of a venue and their trading rules come from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from algo_trading.domain.instrument import TradingRules


@dataclass(frozen=True, slots=True)
class RulesPage:
    """A reply as it came over the wire, archived before anyone reads it; `suffix` is the archived file's."""

    content: bytes
    media_type: str
    suffix: str


@runtime_checkable
class RulesSource(Protocol):
    """A source of bars that knows the trading rules of its venue, too."""

    name: str

    def fetch_rules(self) -> RulesPage:
        """The rules of everything that is listed.

        Raises:
            RateLimitedError: the source asks to slow down and keeps asking.
            SourceError: it cannot be reached or refuses.
        """
        ...

    def parse_rules(self, page: RulesPage, venue: str) -> list[TradingRules]:
        """Read a page of this source, also one archived long ago; the instruments are those of `venue`.

        Raises:
            SourceError: the page is not what the source sends.
        """
        ...


RulesSources = Callable[[], Mapping[str, RulesSource]]  # by venue, of what is watched now
