"""What the configuration put to work."""

from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.strategies.base import Strategy


@dataclass(frozen=True, slots=True)
class ActivePair:
    """A strategy watching an instrument; each active pair gives one signal per session."""

    strategy: Strategy
    instrument: Instrument
