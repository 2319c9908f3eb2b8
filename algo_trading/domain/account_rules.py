"""What an account's owner asks of entries beside the limits of strategies: approvals, and how much may be at risk."""

from dataclasses import dataclass
from decimal import Decimal

from algo_trading.domain.post import Level


@dataclass(frozen=True, slots=True)
class AccountRules:
    """Rules for the entries of an account. None: there is no such rule.

    An entry of more than `approve_above` of the account's currency, or of a confidence below the level
    `approve_below`, waits for a person, for `approval_hours` at most.

    The others are fractions of the account's equity: no entry is placed once the account has lost `max_daily_loss` of
    it since 00:00 UTC, or where more than `max_instrument` would be in one instrument, `max_strategy` in the positions
    of one strategy, `max_exposure` in all positions, or `max_net` in all long positions less all short ones, or the
    other way round.
    """

    approve_above: Decimal | None = None
    approve_below: Level | None = None
    approval_hours: float = 12
    max_daily_loss: Decimal | None = None
    max_instrument: Decimal | None = None
    max_strategy: Decimal | None = None
    max_exposure: Decimal | None = None
    max_net: Decimal | None = None

    @property
    def caps(self) -> bool:
        """Whether exposure is limited."""
        return any(cap is not None for cap in (self.max_instrument, self.max_strategy, self.max_exposure, self.max_net))


NO_RULES = AccountRules()
