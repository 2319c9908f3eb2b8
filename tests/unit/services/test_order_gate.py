"""What keeps an order from being sent: two switches for real money, the kill switch, and an account's caps."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import Caps, Mode, Position
from algo_trading.domain.limits import EntryTerms, TradeWindow
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.kill_switch import KillSwitch
from contracts.kill_switch import KillSwitchContract
from fakes.broker import FakeBroker
from fakes.kill_switch import FakeKillSwitch
from unit.services.test_broker_orders import COIN, NOW, SCALP, Desk, an_order

pytestmark = pytest.mark.unit

CAPS = Caps(Decimal(100), Decimal(150), Decimal(400))
REJECTED, OPEN, SUBMITTED = OrderStatus.REJECTED, OrderStatus.OPEN, OrderStatus.SUBMITTED


PAPER = (
    "live is a paper account, and its broker trades real money; `algo-trading account live live --yes-really` makes "
    "it live"
)


class TestFakeKillSwitch(KillSwitchContract):
    @pytest.fixture
    def switch(self) -> FakeKillSwitch:
        return FakeKillSwitch()


def real_desk(*numbers: int, mode: Mode = Mode.LIVE, switch: str = "live", caps: Caps = CAPS) -> Desk:
    """An account at a broker that trades real money."""
    desk = Desk(*(an_order(number) for number in numbers or (1,)))
    desk.exchange = FakeBroker(real_money=True)
    desk.accounts.set_mode("live", mode, caps)
    desk.live_account = switch
    return desk


def test_with_both_switches_an_order_is_sent() -> None:
    desk = real_desk()
    desk.send()
    assert desk.order().status is OPEN


@pytest.mark.parametrize(
    ("mode", "switch", "reason"),
    [
        (
            Mode.PAPER,
            "live",
            PAPER,
        ),
        (Mode.LIVE, "", "live trading is off: set ALGO_LIVE_TRADING=live in the environment"),
        (
            Mode.LIVE,
            "other",
            "live trading is off: set ALGO_LIVE_TRADING=live in the environment, which is 'other' now",
        ),
    ],
)
def test_without_one_of_them_nothing_reaches_a_real_broker(mode: Mode, switch: str, reason: str) -> None:
    desk = real_desk(mode=mode, switch=switch)
    desk.send()
    assert (desk.order().status, desk.order().reason) == (REJECTED, reason)
    assert desk.exchange.received == []


def test_the_switches_concern_exits_too() -> None:
    desk = Desk(an_order(side=Side.SELL), held="5")
    desk.exchange = FakeBroker(real_money=True)
    desk.send()
    assert desk.order().status is REJECTED
    assert desk.exchange.received == []


def test_without_caps_no_real_money_is_spent() -> None:
    desk = real_desk(caps=Caps(Decimal(100)))
    desk.send()
    assert desk.order().reason == "live has no caps; `algo-trading account live` sets them"


def test_an_order_above_the_cap() -> None:
    desk = real_desk(caps=replace(CAPS, order=Decimal("99.99")))
    desk.send()
    assert desk.order().reason == "this order would come to 100.00 USDT, above the account's cap of 99.99"


@pytest.mark.parametrize("together", [True, False])
def test_the_entries_of_a_day(together: bool) -> None:
    desk = real_desk(1, 2)
    if not together:
        desk = real_desk(1)
        desk.send()
        desk.exchange.fill("o1", "5", "20", NOW)
        desk.collect()
        state = desk.state
        order = an_order(2)
        desk.accounts.store(AccountStep(state, state.ordering(order), NOW, (order,)))
    desk.send()
    assert desk.order(1).status in {OPEN, OrderStatus.FILLED}
    assert (
        desk.order(2).reason == "the entries of this day would come to 200.00 USDT, above the account's cap of 150.00"
    )


def test_all_that_is_held() -> None:
    desk = real_desk(caps=replace(CAPS, total=Decimal(120)))
    state = desk.state
    held = state.holding(Position(SCALP, COIN, Decimal(2), Decimal(11), Decimal(11), "o0"))
    gate = desk.submit.gate
    reason = gate.refusal(an_order(), held, desk.exchange)
    assert reason == "all that is held would come to 122.00 USDT, above the account's cap of 120.00"


def test_caps_stay_when_the_configuration_changes_the_account() -> None:
    desk = real_desk()
    account = desk.state.account
    desk.accounts.change(replace(account, mode=Mode.PAPER, caps=Caps(), owner="somebody"))
    assert desk.state.account == replace(account, owner="somebody")


def test_the_kill_switch_stops_entries_everywhere_and_no_exits() -> None:
    desk = Desk(an_order(1), an_order(2, Side.SELL), held="5")
    desk.kill_switch.add(KillSwitch(engaged=True, at=NOW, by="owner", reason="odd prices"))
    desk.send()
    assert desk.order(1).reason == "the kill switch is on since 2026-11-20 12:00 UTC (owner: odd prices)"
    assert (desk.order(1).status, desk.order(2).status) == (REJECTED, OPEN)
    desk.kill_switch.add(KillSwitch(engaged=False, at=NOW, by="owner"))
    again = Desk(an_order(1))
    again.kill_switch = desk.kill_switch
    again.send()
    assert again.order(1).status is OPEN


@pytest.mark.parametrize("arrived", [True, False])
def test_what_a_process_that_died_may_have_sent_is_judged_again(arrived: bool) -> None:
    desk = Desk(an_order(1, status=SUBMITTED))
    if arrived:
        desk.exchange.submit(an_order(1, status=SUBMITTED))
    desk.kill_switch.add(KillSwitch(engaged=True, at=NOW, by="owner"))
    desk.send()
    assert desk.order(1).status is (OPEN if arrived else REJECTED)
    assert desk.exchange.received == ["o1"] * arrived


def test_what_was_not_sent_in_time_is_not_sent_later() -> None:
    desk = Desk(an_order(1, status=SUBMITTED, valid_until=NOW + timedelta(minutes=5)))
    desk.clock.move(timedelta(hours=1))
    desk.send()
    assert (desk.order(1).status, desk.exchange.received) == (REJECTED, [])
    assert desk.order(1).reason == "it was to be sent before 2026-11-20 12:05 UTC"


def test_an_entry_is_judged_by_the_price_and_the_clock_when_it_is_sent() -> None:
    terms = EntryTerms(Decimal(20), NOW, window=TradeWindow.parse("12:00-14:00 UTC"), max_move=0.02)
    desk = Desk(an_order(1, terms=terms), an_order(2, terms=replace(terms, price=Decimal(25))))
    desk.exchange.prices["INJUSDT"] = Decimal("20.3")
    desk.send()
    assert (desk.order(1).status, desk.order(2).status) == (OPEN, REJECTED)
    assert desk.order(2).reason == (
        "the price has moved by -18.8% since the decision, to 20.3, more than the 2.0% allowed"
    )
    late = Desk(an_order(1, terms=terms), an_order(2, Side.SELL), held="5")
    late.exchange.prices["INJUSDT"] = Decimal(20)
    late.clock.move(timedelta(hours=3))
    late.send()
    assert late.order(1).reason == "15:00 in UTC is outside the trade window 12:00-14:00 UTC"
    assert late.order(2).status is OPEN


def test_what_is_stored_is_read_once_for_all_orders_of_a_pass() -> None:
    desk, asked = real_desk(1, 2, 3), []
    gate = desk.submit.gate

    def switch() -> None:
        asked.append("switch")

    def entries_sent(name: str, since: datetime) -> dict[str, Decimal]:
        asked.append(f"{name} since {since:%H:%M}")
        return {}

    gate = replace(gate, switch=switch, entries_sent=entries_sent).for_one_pass()
    reasons = [gate.refusal(order, desk.state, desk.exchange) for order in desk.state.orders]
    assert asked == ["switch", "live since 00:00"]
    assert reasons == ["", "", ""]
