"""Commands about accounts, and those for an emergency."""

import getpass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from algo_trading.cli import approvals, output
from algo_trading.cli.options import DATE, Account, Json, Newest, Strategy, parse_date
from algo_trading.cli.position_watch import position_watch

account = typer.Typer(help="Accounts: what they hold, and whether they trade real money.", no_args_is_help=True)
kill_switch = typer.Typer(help="Stop new entries everywhere, until it is switched off.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="An account's name.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(account, name="account")
    app.add_typer(kill_switch, name="kill-switch")
    app.command()(sell)
    app.command()(audit)
    approvals.add_to(app)
    app.command("position-watch")(position_watch)
    app.command("verify-account")(verify_account)


def parse_amount(text: str) -> Decimal:
    """A positive amount of money of the command line."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(0)
    if not amount.is_finite() or amount <= 0:
        raise typer.BadParameter(f"{text!r} is not an amount above 0")
    return amount


def _cap(name: str, what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, parser=parse_amount, metavar="AMOUNT", help=what)
    return option


@account.command("list")
def list_accounts(json: Json = False) -> None:
    """List all accounts."""
    from algo_trading.cli.accounts import show_accounts

    show_accounts(as_json=json)


@account.command("show")
def show_account(
    name: Name,
    json: Json = False,
    plot: Annotated[Path | None, typer.Option(help="Write the equity curve to this PNG file.")] = None,
) -> None:
    """Show what an account holds, its open orders, its switches and how it has done."""
    from algo_trading.cli.accounts import show_one

    show_one(name, as_json=json, plot=plot)


@account.command("reset")
def reset(
    name: Name,
    *,
    start: Annotated[
        date | None,
        typer.Option(parser=parse_date, metavar=DATE, help="Day from which on it takes part, also a past one."),
    ] = None,
    yes_really: Annotated[bool, typer.Option("--yes-really", help="Needed: its book is removed.")] = False,
) -> None:
    """Let a paper account begin anew, with the cash that was paid in."""
    from algo_trading.cli.account_books import reset_account

    reset_account(name, start=start, really=yes_really)


@account.command("reconcile")
def reconcile(name: Name, json: Json = False) -> None:
    """Compare an account's book, positions and open orders with its broker; nothing is changed."""
    from algo_trading.cli.account_books import reconcile_account

    reconcile_account(name, as_json=json)


@account.command("live")
def go_live(
    name: Name,
    *,
    max_order: Annotated[Decimal, _cap("--max-order", "The most that one entry may spend.")],
    max_day: Annotated[Decimal, _cap("--max-day", "The most that the entries of a UTC day may spend.")],
    max_total: Annotated[Decimal, _cap("--max-total", "The most that all that is held may have cost.")],
    yes_really: Annotated[bool, typer.Option("--yes-really", help="Needed: it is real money.")] = False,
) -> None:
    """Let an account trade real money, within caps: the first of two switches (docs/trading.md)."""
    from algo_trading.cli.accounts import make_live
    from algo_trading.domain.account import Caps

    make_live(name, Caps(max_order, max_day, max_total), really=yes_really)


@account.command("paper")
def go_paper(name: Name) -> None:
    """Let an account trade no real money any more."""
    from algo_trading.cli.accounts import make_paper

    make_paper(name)


@kill_switch.command("on")
def switch_on(reason: Annotated[str, typer.Option(help="Why; it is shown with every refusal.")] = "") -> None:
    """Stop new entries of all accounts; exits go on."""
    from algo_trading.cli.accounts import turn_kill_switch

    turn_kill_switch(engaged=True, by=getpass.getuser(), reason=reason)


@kill_switch.command("off")
def switch_off(reason: Annotated[str, typer.Option(help="Why.")] = "") -> None:
    """Allow new entries again."""
    from algo_trading.cli.accounts import turn_kill_switch

    turn_kill_switch(engaged=False, by=getpass.getuser(), reason=reason)


@kill_switch.command("status")
def switch_status(json: Json = False) -> None:
    """Show how it stands, and who changed it when."""
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli.accounts import kill_switch_state

    with bootstrap() as application:
        history = application.kill_switch.history(10)
    if json:
        output.print_json(history)
        return
    typer.echo(kill_switch_state(history))
    rows = [(f"{c.at:%Y-%m-%d %H:%M}", "on" if c.engaged else "off", c.by, c.reason) for c in history]
    output.table("Changes", ("at (UTC)", "switched", "by", "reason"), rows)


def sell(
    position: Annotated[str | None, typer.Argument(help="A symbol or series: BTCUSDT, INJUSDT_4h.")] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="Every position.")] = False,
    account: Account = None,
    strategy: Strategy = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the exact requests and send nothing.")] = False,
) -> None:
    """Sell a position, or all of them, at the market now, whatever strategies say."""
    from algo_trading.cli.accounts import sell_positions

    sell_positions(position, account, strategy, everything=everything, dry_run=dry_run)


def audit(
    subject: Annotated[str | None, typer.Option(help="Only what was done to this, such as an account's name.")] = None,
    limit: Newest = 20,
    json: Json = False,
) -> None:
    """List what people changed by hand: accounts made live or paper, the kill switch, removed series."""
    from algo_trading.cli.accounts import show_audit

    show_audit(subject, limit, as_json=json)


def verify_account(
    name: Annotated[str | None, typer.Argument(help="An account's name; without one all are verified.")] = None,
    correct: Annotated[
        bool, typer.Option("--correct", help="First book what corporate actions have left wrong in the named account.")
    ] = False,
    json: Json = False,
) -> None:
    """Derive cash and positions again from deposits, fills, splits and dividends; exit code 1 if anything differs.

    Corporate actions that came late, or are known otherwise now than they were booked, are named.
    """
    from algo_trading.cli.verify_account import show_verified

    if not show_verified(name, correct=correct, as_json=json):
        raise typer.Exit(1)
