"""The commands `account`, `kill-switch` and `sell`."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.cli import main
from algo_trading.domain.account import NO_CAPS, Caps, Mode, Position
from algo_trading.domain.approval import Approval
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import midnight
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.audit import AuditEntry
from support.world import World

pytestmark = pytest.mark.unit

START = datetime(2013, 1, 2, tzinfo=UTC)
CAPS = ("--max-order", "100", "--max-day", "300", "--max-total", "1000")
Runs = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A desk with one account that holds five shares."""
    world = World()
    world.open("spot", START)
    before = world.accounts.state("spot")
    held = Position(StrategyId("cross", "{}"), Series(Instrument("IBM")), Decimal(5), Decimal(20), Decimal(20), "o0")
    world.accounts.store(AccountStep(before, before.holding(held), START))
    for module in ("algo_trading.bootstrap", "algo_trading.cli.accounts", "algo_trading.cli.verify_account"):
        monkeypatch.setattr(f"{module}.bootstrap", lambda: nullcontext(world))
    return world


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:  # noqa: ARG001
    def runs(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["algo-trading", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        assert isinstance(done.value.code, int)
        return done.value.code, said.out, said.err

    return runs


def test_an_account_becomes_live_within_caps_and_paper_again(world: World, run: Runs) -> None:
    code, out, _ = run("account", "live", "spot", *CAPS, "--yes-really")
    assert code == 0
    assert "real orders also need ALGO_LIVE_TRADING=spot" in out
    account = world.accounts.state("spot").account
    assert (account.mode, account.caps) == (Mode.LIVE, Caps(Decimal(100), Decimal(300), Decimal(1000)))
    _, out, _ = run("account", "show", "spot")
    assert "caps in USD: order 100.00, day 300.00, total 1,000.00" in out
    assert run("account", "paper", "spot")[0] == 0
    account = world.accounts.state("spot").account
    assert (account.mode, account.caps) == (Mode.PAPER, NO_CAPS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("spot", *CAPS), "repeat the command with --yes-really"),
        (("spot", "--yes-really"), "missing option '--max-order'"),
        (("spot", "--max-order", "0", *CAPS[2:], "--yes-really"), "'0' is not an amount above 0"),
        (("spot", "--max-order", "nan", *CAPS[2:], "--yes-really"), "'nan' is not an amount above 0"),
        (("sopt", *CAPS, "--yes-really"), "did you mean 'spot'?"),
    ],
)
def test_an_account_does_not_become_live_by_mistake(
    world: World, run: Runs, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = run("account", "live", *arguments)
    assert (code, world.accounts.state("spot").account.mode) == (2, Mode.PAPER)
    assert said in err


def test_the_second_switch_comes_from_the_environment_alone(
    world: World, run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "ALGO_LIVE_TRADING is not set" in run("account", "show", "spot")[1]
    monkeypatch.setenv("ALGO_LIVE_TRADING", "spot")
    world.settings = World().settings
    assert "ALGO_LIVE_TRADING names this account" in run("account", "show", "spot")[1]


def test_the_kill_switch_is_turned_and_remembered(world: World, run: Runs) -> None:
    assert run("kill-switch", "status")[1].startswith("the kill switch is off, and was never on")
    assert run("kill-switch", "on", "--reason", "drill")[0] == 0
    current = world.kill_switch.current()
    assert current is not None
    assert (current.engaged, current.reason, current.at) == (True, "drill", world.clock.now())
    assert run("kill-switch", "off")[0] == 0
    _, out, _ = run("kill-switch", "status", "--json")
    assert [change["engaged"] for change in json.loads(out)] == [False, True]


def test_who_switched_what_is_recorded(world: World, run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    run("account", "live", "spot", *CAPS)  # refused
    run("account", "live", "sopt", *CAPS, "--yes-really")  # refused
    run("account", "live", "spot", *CAPS, "--yes-really")
    run("kill-switch", "on", "--reason", "drill")
    run("kill-switch", "off")
    run("account", "paper", "spot")
    now, caps = world.clock.now(), {"order": "100", "day": "300", "total": "1000"}
    expected = [
        AuditEntry(now, "ann", "account.paper", "spot"),
        AuditEntry(now, "ann", "kill_switch.off", "all accounts", {"reason": ""}),
        AuditEntry(now, "ann", "kill_switch.on", "all accounts", {"reason": "drill"}),
        AuditEntry(now, "ann", "account.live", "spot", caps),
    ]
    assert world.audit.newest(9) == expected
    _, out, _ = run("audit", "--subject", "spot", "--limit", "1", "--json")
    assert [(entry["actor"], entry["action"]) for entry in json.loads(out)] == [("ann", "account.paper")]
    _, out, _ = run("audit")
    assert out.index("account.paper") < out.index("kill_switch.on") < out.index("account.live")
    assert "reason drill" in " ".join(out.split())


def test_an_account_does_not_become_live_unrecorded(world: World, run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(entry: AuditEntry) -> None:
        raise AlgoTradingError(f"cannot record {entry.action}")

    monkeypatch.setattr(world.audit, "add", fail)
    assert run("account", "live", "spot", *CAPS, "--yes-really")[0] != 0
    assert world.accounts.state("spot").account.mode is Mode.PAPER
    run("kill-switch", "on")
    current = world.kill_switch.current()
    assert current is not None, "in an emergency it must not wait for a record"
    assert current.engaged


def test_a_position_is_sold(world: World, run: Runs) -> None:
    code, out, _ = run("sell", "ibm", "--dry-run")
    assert (code, out) == (0, "spot: sell IBM of cross: paper: sell 5 IBM at market, within the next bar\n")
    assert world.accounts.state("spot").orders == ()
    code, out, _ = run("sell", "--all")
    assert (code, out.startswith("spot: sell IBM of cross: open: sold by ")) == (0, True)
    (order,) = world.accounts.state("spot").orders
    assert order.closes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a position, or sell everything with --all"),
        (("IBM", "--all"), "name a position, or sell everything with --all"),
        (("MSFT",), "nothing is sold"),
        (("IBM", "--account", "other"), "nothing is sold"),
    ],
)
def test_nothing_else_is_sold(world: World, run: Runs, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run("sell", *arguments)
    assert (code, world.accounts.state("spot").orders) == (2, ())
    assert said in err


def test_accounts_are_listed(run: Runs) -> None:
    _, out, _ = run("account", "list", "--json")
    (account,) = json.loads(out)
    assert (account["name"], account["mode"]) == ("spot", "paper")


def test_orders_that_wait_are_listed_approved_and_rejected(world: World, run: Runs) -> None:
    before, at = world.accounts.state("spot"), world.clock.now()
    orders = [
        Order(
            f"{number}" * 32, "spot", StrategyId("cross", "{}"), Series(Instrument("MSFT")), Side.BUY, START, START,
            "it rises", budget=Decimal(2000), status=OrderStatus.HELD,
        )
        for number in (1, 2)
    ]  # fmt: skip
    after = before
    for order in orders:
        after = after.ordering(order)
    asked = tuple(
        Approval(order.client_order_id, "spot", "2000.00 USD is above 1000.00", at, at + timedelta(hours=1))
        for order in orders
    )
    world.accounts.store(AccountStep(before, after, at, tuple(orders), approvals=asked))
    _, out, _ = run("approvals")
    assert "111111111111" in out
    assert "2000.00" in out
    code, out, _ = run("approve", "11")
    assert (code, "approved by" in out, "spot: buy MSFT: open" in out) == (0, True, True)
    code, out, _ = run("reject", "2")
    assert (code, "rejected by" in out, "spot: buy MSFT: rejected" in out) == (0, True, True)
    code, _, error = run("approve", "2")
    assert (code, "is done with: rejected by" in error) == (1, True)
    _, out, _ = run("approvals", "--all", "--json")
    assert [one["answer"] for one in json.loads(out)] == ["rejected", "approved"]


def test_an_account_shows_how_it_does_and_draws_it(world: World, run: Runs, tmp_path: Path) -> None:
    assert world.settings
    code, out, _ = run("account", "show", "spot", "--plot", str(tmp_path / "equity.png"))
    assert code == 0
    assert "time-weighted return" in out
    assert (tmp_path / "equity.png").read_bytes().startswith(b"\x89PNG")
    _, out, _ = run("account", "show", "spot", "--json")
    assert json.loads(out)["performance"]["curve"][0]["growth"] == 1.0


def test_a_paper_account_begins_anew(world: World, run: Runs) -> None:
    code, _, error = run("account", "reset", "spot")
    assert (code, "repeat the command with --yes-really" in error) == (2, True)
    assert world.accounts.state("spot").positions
    code, out, _ = run("account", "reset", "spot", "--yes-really")
    assert (code, "spot begins anew with" in out) == (0, True)
    assert world.accounts.state("spot").positions == ()
    assert world.audit.newest(1)[0].action == "account.reset"
    code, out, _ = run("account", "reset", "spot", "--start", "2012-09-03", "--yes-really")
    assert (code, "spot begins anew on 2012-09-03 with" in out) == (0, True)
    state = world.accounts.state("spot")
    assert state.account.start == midnight(date(2012, 9, 3))
    assert state.clocks == ()


def test_a_live_account_does_not_begin_anew(run: Runs) -> None:
    run("account", "live", "spot", *CAPS, "--yes-really")
    code, _, error = run("account", "reset", "spot", "--yes-really")
    assert (code, "spot is not on paper" in error) == (2, True)


def test_book_and_broker_are_compared(run: Runs) -> None:
    code, out, error = run("account", "reconcile", "spot")
    assert code == 1
    assert "IBM of cross(): the book has 0, not 5" in out
    assert "book and broker differ in 1 points" in error
    assert run("account", "reconcile", "nobody")[0] == 2


def test_an_account_is_verified(world: World, run: Runs) -> None:
    """Its five shares were put there by nobody's fill."""
    world.open("other", START)
    assert run("verify-account", "other")[:2] == (0, "other: 0 fills, no difference\n")
    code, out, _ = run("verify-account")
    assert (code, out.splitlines()) == (
        1,
        [
            "other: 0 fills, no difference",
            "spot: 0 fills, it differs",
            "  IBM of cross(): the book has 0, not 5",
            "  IBM of cross(): deposits, fills and actions make 0, not 5",
        ],
    )
    code, out, _ = run("verify-account", "spot", "--json")
    assert (code, [one["agrees"] for one in json.loads(out)]) == (1, [False])
    code, _, err = run("verify-account", "sopt")
    assert code == 2
    assert "did you mean 'spot'?" in err


def test_what_no_action_explains_is_not_corrected(world: World, run: Runs) -> None:
    assert "name the account" in run("verify-account", "--correct")[2]
    code, _, err = run("verify-account", "spot", "--correct")
    assert code != 0
    assert "spot differs by more than its corporate actions: IBM of cross(): " in err
    world.open("other", START)
    assert run("verify-account", "other", "--correct")[0] == 0
    assert world.audit.newest(10, None) == []
