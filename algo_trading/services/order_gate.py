"""Whether an order may be sent now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from algo_trading.domain.account import AccountState, Mode
from algo_trading.domain.order import Order
from algo_trading.gateways.brokers import Broker
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import UNSENT
from algo_trading.repositories.kill_switch import KillSwitch
from algo_trading.risk.limits import sending_refusal


@dataclass(frozen=True)
class OrderGate:
    """Judges every order when it is to be sent, however old the decision is.

    Real money is traded by an account whose mode is live and which `live_account`, from the environment, names. The
    kill switch, the account's caps, and the terms of the order concern entries: what closes a position always may.
    `entries_sent` says what an account has sent since a moment (`AccountRepository`), `switch` how the kill switch is.
    """

    entries_sent: Callable[[str, datetime], Mapping[str, Decimal]]
    switch: Callable[[], KillSwitch | None]
    live_account: str
    clock: Clock

    def for_one_pass(self) -> "OrderGate":
        """The same for orders that are judged one right after the other: what is stored is read once for all."""
        return replace(self, entries_sent=cache(self.entries_sent), switch=cache(self.switch))

    def refusal(self, order: Order, state: AccountState, broker: Broker) -> str:
        """Why the order may not be sent, with the next step; empty where it may."""
        if order.valid_until is not None and order.valid_until <= self.clock.now():
            return f"it was to be sent before {order.valid_until:%Y-%m-%d %H:%M} UTC"
        reason = self._switches(state, broker)
        if reason or order.closes:
            return reason
        switch = self.switch()
        if switch is not None and switch.engaged:
            why = f": {switch.reason}" if switch.reason else ""
            return f"the kill switch is on since {switch.at:%Y-%m-%d %H:%M} UTC ({switch.by}{why})"
        return self._caps(order, state, broker) or self._terms(order, broker)

    def _switches(self, state: AccountState, broker: Broker) -> str:
        name = state.account.name
        if not broker.real_money:
            return ""
        if state.account.mode is not Mode.LIVE:
            return (
                f"{name} is a paper account, and its broker trades real money; "
                f"`algo-trading account live {name} --yes-really` makes it live"
            )
        if self.live_account != name:
            is_set = f", which is {self.live_account!r} now" if self.live_account else ""
            return f"live trading is off: set ALGO_LIVE_TRADING={name} in the environment{is_set}"
        return ""

    def _caps(self, order: Order, state: AccountState, broker: Broker) -> str:
        caps, currency = state.account.caps, state.account.currency
        limits = (caps.order, caps.day, caps.total)
        if None in limits and broker.real_money:
            return f"{state.account.name} has no caps; `algo-trading account live` sets them"
        if not any(limit is not None for limit in limits):
            return ""
        if order.budget is None:
            return "it has no budget that could be held against the account's caps"
        midnight = self.clock.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        held = sum((abs(p.quantity) * p.entry_price for p in state.positions), Decimal(0))
        waiting = [o for o in state.orders if o.status not in UNSENT and not o.closes]
        open_entries = {o.client_order_id: o for o in waiting if o.client_order_id != order.client_order_id}
        total = held + sum((o.budget or Decimal(0) for o in open_entries.values()), order.budget)
        # Those that are about to be sent together with this one are not stored as sent yet.
        sent = {key: o.budget or Decimal(0) for key, o in open_entries.items() if o.decided_at >= midnight}
        sent |= self.entries_sent(state.account.name, midnight)
        sent.pop(order.client_order_id, None)
        today = sum(sent.values(), order.budget)
        for what, amount, cap in (
            ("this order", order.budget, caps.order),
            ("the entries of this day", today, caps.day),
            ("all that is held", total, caps.total),
        ):
            if cap is not None and amount > cap:
                return f"{what} would come to {amount:.2f} {currency}, above the account's cap of {cap:.2f}"
        return ""

    def _terms(self, order: Order, broker: Broker) -> str:
        """Why it is too late, or the price too far from where it was decided."""
        if order.terms is None:
            return ""
        quote = broker.price(order.instrument) if order.terms.max_move is not None else None
        return sending_refusal(order.terms, self.clock.now(), quote)
