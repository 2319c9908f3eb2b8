"""The broker `binance`: Binance Spot over REST."""

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from algo_trading.adapters.binance.client import CodedError, bans_file
from algo_trading.adapters.binance.config import PLAY_MONEY, BinanceBrokerConfig
from algo_trading.adapters.binance.legs import leg_terms, legs_of, report_of, request_of
from algo_trading.adapters.binance.order_terms import execution_of
from algo_trading.adapters.binance.pair_rules import PairRules
from algo_trading.adapters.binance.signed import FILTER, UNKNOWN_ORDER, SignedRest
from algo_trading.adapters.binance.user_stream import UserStream, address_of
from algo_trading.domain.account import AccountState
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.order import Execution, Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.errors import ConfigError
from algo_trading.gateways.broker_updates import Hear, Listening
from algo_trading.gateways.brokers import Balance, BrokerContext, BrokerReport, DoubtfulError, OrderReport, Query
from algo_trading.plugins import Plugin
from algo_trading.repositories.trading_rules import TradingRulesRepository
from algo_trading.risk.order_rules import STOPS, OrderTerms, Standing, Violation, first_violation, lot_of, round_down

MARGIN = 1.0  # seconds by which clocks may differ
FRESH = 1.0  # seconds for which a price that rules look at counts


@dataclass(frozen=True, slots=True)
class _Judged:
    """An order's request, or the rule that keeps it from being sent."""

    path: str
    parameters: Mapping[str, str]
    violation: Violation | None = None


class BinanceBroker:
    """Implements Broker and PushesUpdates.

    A request is processed within its receive window or not at all. An order that was sent and is not found may
    therefore still arrive until the window has passed; `order` waits for that before it says that there is none. Who
    takes over from another process does not know what that one has sent last, and waits in the same way.
    """

    simulated = False
    holds_exits = True

    def __init__(
        self,
        rest: SignedRest,
        stored: TradingRulesRepository,
        config: BinanceBrokerConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rest, self._rules, self._config = rest, PairRules(rest, stored), config
        self._sleep, self._clock = sleep, clock
        self._window = config.receive_window + MARGIN
        self._settled_at = clock()
        self._tested: set[Instrument] = set()
        self._sent: set[str] = set()  # client order ids
        self._references: dict[Instrument, tuple[float, Decimal]] = {}  # and when they were asked for
        self._key_checked = False
        self.real_money = trades_real_money(config)

    def submit(self, order: Order) -> OrderReport:
        # Of what another process may have sent `order` is asked first; here that would cost a request for each order.
        if order.client_order_id in self._sent and (known := self._find(order)):
            return report_of(order, known)
        self._check_key()
        judged = self._judge(order)
        if judged.violation is not None:
            return _refusal(order, judged.violation)
        try:
            if order.type is not OrderType.OCO and order.instrument not in self._tested:
                self._rest.place(judged.parameters, test=True)
                self._tested.add(order.instrument)
            self._sent.add(order.client_order_id)
            self._rest.place(judged.parameters, oco=order.type is OrderType.OCO)
        except DoubtfulError:
            self.take_over()
            raise
        except CodedError as error:
            if error.code == FILTER:
                self._rules.refresh(order.instrument)
            return OrderReport(order.client_order_id, OrderStatus.REJECTED, f"{error.message} ({error.code})")
        return OrderReport(order.client_order_id, OrderStatus.OPEN)

    def preview(self, order: Order) -> str:
        judged = self._judge(order)
        if judged.violation is not None:
            return f"nothing is sent: {judged.violation}"
        return f"POST {judged.path} " + "&".join(f"{name}={value}" for name, value in judged.parameters.items())

    def cancel(self, order: Order) -> OrderReport:
        first, *others = legs_of(order)  # the exchange cancels both of an OCO order
        try:
            cancelled = self._rest.cancel(order.instrument.symbol, first.client_order_id)
            if not others:
                return report_of(order, [cancelled])
        except CodedError as error:
            if error.code != UNKNOWN_ORDER:
                raise
        found = self._find(order)  # it is not open any more
        if not found:
            return OrderReport(order.client_order_id, OrderStatus.REJECTED, "the exchange does not know the order")
        return report_of(order, found)

    def take_over(self) -> None:
        self._settled_at = self._clock() + self._window

    def order(self, order: Order) -> OrderReport | None:
        found = self._find(order)
        if not found and (wait := self._settled_at - self._clock()) > 0:
            self._sleep(wait)
            found = self._find(order)
        return report_of(order, found) if found else None

    def executions(self, query: Query) -> BrokerReport:
        """The trades of the open orders, each order by its own id: none is missed, however long ago they were."""
        executions: list[Execution] = []
        reports = []
        for order in query.state.orders:
            found = self._find(order) if order.status.at_broker else []
            if not found:
                continue
            filled = [one for one in found if Decimal(one["executedQty"])]
            executed = sum((Decimal(one["executedQty"]) for one in filled), Decimal(0))
            pages = (self._rest.trades(one["symbol"], one["orderId"]) for one in filled)
            trades = [execution_of(order, one) for page in pages for one in page]
            executions += trades
            report = report_of(order, found)
            complete = sum((one.quantity for one in trades), Decimal(0)) >= executed
            changed = report.status is not order.status or report.triggered != order.triggered
            if changed and (complete or not report.status.final):
                reports.append(report)
        return BrokerReport(tuple(sorted(executions, key=lambda one: one.at)), tuple(reports))

    def listen(self, hear: Hear) -> Listening:
        return UserStream(address_of(self._config), self._rest.signed, hear)

    def balances(self, state: AccountState) -> Mapping[str, Balance]:  # noqa: ARG002 - the exchange knows them
        return self._balances()

    def rules(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, TradingRules]:
        return {one: found for one in instruments if (found := self._rules.of(one)) is not None}

    def price(self, instrument: Instrument) -> Decimal | None:
        return Decimal(self._rest.price(instrument.symbol, average=False))

    def _find(self, order: Order) -> list[Mapping[str, Any]]:
        """What the exchange has of an order; nothing, or all of its legs."""
        found = (self._rest.order(order.instrument.symbol, leg.client_order_id) for leg in legs_of(order))
        return [one for one in found if one is not None]

    def _judge(self, order: Order) -> _Judged:
        """The request for an order, and the first rule of the pair that it breaks."""
        rules = self._rules.of(order.instrument)
        if rules is None:
            return _Judged("", {}, Violation("symbol", f"{self._rest.name} does not list {order.instrument}"))
        if not rules.trading:
            return _Judged("", {}, _violation(leg_terms(order, rules, Decimal(1)), rules, Standing()))
        reference = self._reference(rules)
        terms = leg_terms(order, rules, reference)
        standing = self._standing(order, rules, reference)
        violation = _violation(terms, rules, standing)
        if violation is None and order.side is Side.SELL:
            free = self._balance(rules.base).free
            if free < (terms[0].quantity or 0):
                # Where less is there than was booked, that is sold.
                lot = lot_of(rules, terms[0].type)
                terms = leg_terms(replace(order, quantity=round_down(free, lot), budget=None), rules, reference)
                violation = _violation(terms, rules, standing)
                if violation is not None:
                    short = f"{violation.sentence}; only {free.normalize():f} {rules.base} is free"
                    violation = Violation(violation.rule, short)
        return _Judged(*request_of(order, terms), violation)

    def _reference(self, rules: TradingRules) -> Decimal:
        """The price that the pair's rules look at, at most a second old; the exchange judges by its own anyway."""
        asked_at, price = self._references.get(rules.instrument, (-FRESH, Decimal(0)))
        if self._clock() - asked_at >= FRESH:
            price = Decimal(self._rest.price(rules.instrument.symbol, average=bool(rules.average_minutes)))
            self._references[rules.instrument] = self._clock(), price
        return price

    def _standing(self, order: Order, rules: TradingRules, reference: Decimal) -> Standing:
        """What the rules look at; the account is asked only where a rule needs it."""
        limited = bool(rules.max_position) and order.side is Side.BUY
        if order.type is OrderType.MARKET and not limited:
            return Standing(reference)
        waiting = self._rest.open_orders(order.instrument.symbol)
        held = Decimal(0)
        if limited:
            held = self._balance(rules.base).total
            held += sum(
                (Decimal(o["origQty"]) - Decimal(o["executedQty"]) for o in waiting if o["side"] == "BUY"), Decimal(0)
            )
        return Standing(reference, len(waiting), sum(one["type"] in STOPS for one in waiting), held)

    def _balance(self, asset: str) -> Balance:
        return self._balances().get(asset, Balance(Decimal(0)))

    def _balances(self) -> dict[str, Balance]:
        listed = self._rest.account()["balances"]
        return {one["asset"]: Balance(Decimal(one["free"]), Decimal(one["locked"])) for one in listed}

    def _check_key(self) -> None:
        """Refuse a key that can do harm, or nothing.

        Raises:
            ConfigError: it may withdraw, or may not trade.
        """
        if self._key_checked:
            return
        try:
            allowed = self._rest.restrictions()
        except CodedError as error:
            if self.real_money:
                raise ConfigError(
                    f"{self._rest.name} does not say what the API key may do ({error.code}: {error.message}), "
                    "and without that nothing is ordered"
                ) from None
            allowed = {"enableSpotAndMarginTrading": True}  # Binance's test network does not know the question
        if allowed.get("enableWithdrawals"):
            raise ConfigError(
                "the API key may withdraw, and such a key is not used: make one at the exchange that may read and "
                "trade on spot alone"
            )
        if not allowed.get("enableSpotAndMarginTrading"):
            raise ConfigError("the API key may not trade on spot: allow it at the exchange, or use another key")
        self._key_checked = True


def trades_real_money(config: BinanceBrokerConfig) -> bool:
    """Whether the configured address is an exchange's own, or may be: anything but this machine and test networks."""
    host = urlsplit(config.base_url).hostname or ""
    if host in {"localhost", *PLAY_MONEY}:
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _refusal(order: Order, violation: Violation) -> OrderReport:
    return OrderReport(
        order.client_order_id,
        OrderStatus.REJECTED,
        str(violation),
        dust=order.closes and violation.too_small and order.type is not OrderType.OCO,
    )


def _violation(legs: Sequence[OrderTerms], rules: TradingRules, standing: Standing) -> Violation | None:
    """The first rule that any leg breaks."""
    return next((broken for one in legs if (broken := first_violation(one, rules, standing)) is not None), None)


def build(config: BinanceBrokerConfig, context: BrokerContext) -> BinanceBroker:
    """The broker as configured in [brokers.binance]."""
    return BinanceBroker(SignedRest(config, bans=bans_file(config, context.home)), context.trading_rules, config)


plugin = Plugin(BinanceBrokerConfig, build)
