"""Accounts, the kill switch, and selling by hand."""

import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from algo_trading.bootstrap import App, bootstrap
from algo_trading.cli import output
from algo_trading.cli.account_books import plot_equity, print_performance
from algo_trading.domain.account import NO_CAPS, AccountState, Caps, Mode, Position
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.repositories.audit import AuditEntry
from algo_trading.repositories.kill_switch import KillSwitch

EVERY_ACCOUNT = "all accounts"


def show_accounts(*, as_json: bool) -> None:
    """Print all accounts."""
    with bootstrap() as application:
        states = [application.accounts.state(name) for name in application.accounts.names()]
    if as_json:
        output.print_json([state.account for state in states])
        return
    columns = ("account", "broker", "mode", "owner", "cash", "currency", "positions", "open orders")
    rows = [
        (a.name, a.broker, a.mode, a.owner, f"{s.money:,.2f}", a.currency, len(s.positions), len(s.orders))
        for s in states
        for a in (s.account,)
    ]
    output.table("Accounts", columns, rows)


def show_one(name: str, *, as_json: bool, plot: Path | None = None) -> None:
    """Print one account, and draw its equity."""
    with bootstrap() as application:
        state = _state(application, name)
        live_account = application.live_account
        found = application.read_performance()(name, application.clock.now())
    if as_json:
        held = {"cash": state.cash, "positions": state.positions}
        output.print_json({"account": state.account, **held, "performance": found})
    if plot is not None:
        plot_equity(found, plot)
    if as_json:
        return
    account, caps = state.account, state.account.caps
    named = "names this account" if live_account == name else f"is {live_account!r}" if live_account else "is not set"
    shown = [f"{what} {cap:,.2f}" for what, cap in zip(("order", "day", "total"), _amounts(caps), strict=True) if cap]
    typer.echo(f"{name}: {account.mode} account of {account.owner} at {account.broker}; ALGO_LIVE_TRADING {named}")
    typer.echo(f"caps in {account.currency}: {', '.join(shown) or 'none'}")
    cash = [(asset, f"{amount.normalize():f}") for asset, amount in sorted(state.cash.items())]
    output.table("Cash", ("asset", "amount"), cash)
    positions = [
        (str(p.series), p.strategy.name, f"{p.quantity.normalize():f}", f"{p.entry_price.normalize():f}")
        for p in state.positions
    ]
    output.table("Positions", ("series", "strategy", "quantity", "entry price"), positions)
    orders = [(o.client_order_id, o.side, str(o.series), o.type, o.status) for o in state.orders]
    output.table("Open orders", ("id", "side", "series", "type", "status"), orders)
    print_performance(found)


def make_live(name: str, caps: Caps, *, really: bool) -> None:
    """Switch an account to real money."""
    if not really:
        raise ConfigError(f"with live orders {name} can lose real money; repeat the command with --yes-really")
    with bootstrap() as application:
        _state(application, name)
        _record(
            application, "account.live", name, output.plain(caps)
        )  # first: never live without a trace of who did it
        application.accounts.set_mode(name, Mode.LIVE, caps)
        named = application.live_account == name
    typer.echo(f"{name} is live (switched by {getpass.getuser()})")
    if not named:
        typer.echo(f"real orders also need ALGO_LIVE_TRADING={name} in the environment of what sends them")


def make_paper(name: str) -> None:
    """Switch an account back."""
    with bootstrap() as application:
        _state(application, name)
        application.accounts.set_mode(name, Mode.PAPER, NO_CAPS)
        _record(application, "account.paper", name, {})
    typer.echo(f"{name} is a paper account")


def turn_kill_switch(*, engaged: bool, by: str, reason: str) -> None:
    """Record a change of the kill switch."""
    with bootstrap() as application:
        application.kill_switch.add(KillSwitch(engaged, application.clock.now(), by, reason))  # first: it may be urgent
        _record(application, f"kill_switch.{'on' if engaged else 'off'}", EVERY_ACCOUNT, {"reason": reason})
    typer.echo("the kill switch is on: no account enters a position" if engaged else "the kill switch is off")


def kill_switch_state(history: Sequence[KillSwitch]) -> str:
    """How the switch stands, in one line; `history` begins with the newest change."""
    if not history:
        return "the kill switch is off, and was never on"
    newest = history[0]
    return f"the kill switch is {'on' if newest.engaged else 'off'} since {newest.at:%Y-%m-%d %H:%M} UTC ({newest.by})"


def sell_positions(
    named: str | None, account: str | None, strategy: str | None, *, everything: bool, dry_run: bool
) -> None:
    """Close positions at the market, or show the requests.

    Raises:
        ConfigError: nothing was named, or nothing is held of it.
    """
    if (named is None) != everything:
        raise ConfigError("name a position, or sell everything with --all")
    wanted = (named or "").casefold()

    def chosen(name: str, position: Position) -> bool:
        names = {str(position.series).casefold(), position.series.symbol.casefold()}
        return (
            (everything or wanted in names) and account in {None, name} and strategy in {None, position.strategy.name}
        )

    with bootstrap() as application:
        service = application.sell_positions()
        sales = service.preview(chosen) if dry_run else service(chosen, f"sold by {getpass.getuser()}")
    if not sales:
        raise ConfigError(
            "nothing is sold: no such position is held, or an order for it waits (`algo-trading account list`)"
        )
    for sale in sales:
        order, result = sale.order, sale.request or f"{sale.order.status}: {sale.order.reason}"
        typer.echo(f"{order.account}: {order.side} {order.series} of {order.strategy.name}: {result}")


def show_audit(subject: str | None, limit: int, *, as_json: bool) -> None:
    """Print what people changed by hand, the newest first."""
    with bootstrap() as application:
        entries = application.audit.newest(limit, subject)
    if as_json:
        output.print_json(entries)
        return
    rows = [
        (f"{entry.at:%Y-%m-%d %H:%M}", entry.actor, entry.action, entry.subject, _detail(entry.detail))
        for entry in entries
    ]
    output.table("Changes by hand", ("at (UTC)", "who", "what", "to", "detail"), rows)


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in detail.items() if value not in {None, ""})


def _record(application: App, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Note who does what."""
    application.audit.add(AuditEntry(application.clock.now(), getpass.getuser(), action, subject, detail))


def _state(application: App, name: str) -> AccountState:
    known = application.accounts.names()
    if name not in known:
        raise UnknownNameError(unknown_name("account", name, known))
    return application.accounts.state(name)


def _amounts(caps: Caps) -> tuple[object, ...]:
    return caps.order, caps.day, caps.total
