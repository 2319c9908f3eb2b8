"""Orders that wait for a person."""

import getpass
from typing import Annotated

import typer

from algo_trading.cli import output
from algo_trading.cli.options import Json

OrderId = Annotated[str, typer.Argument(help="An order's id, or how it begins, as `algo-trading approvals` shows it.")]
Everything = Annotated[bool, typer.Option("--all", help="Answered ones, too.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (approvals, approve, reject):
        app.command()(command)


def approvals(*, everything: Everything = False, json: Json = False) -> None:
    """List the orders that wait for a person, and why they do."""
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        found = application.read_approvals()(100 if everything else None)
    if json:
        output.print_json([line.approval for line in found])
        return
    columns = ("id", "account", "side", "series", "budget", "why", "answer")
    rows = [
        (o.client_order_id[:12], o.account, o.side, str(o.series), line.budget, one.reason, one.sentence)
        for line in found
        for one, o in ((line.approval, line.order),)
    ]
    output.table("Approvals", columns, rows)


def approve(order: OrderId) -> None:
    """Let an order be sent; the first answer counts."""
    _answer(order, approved=True)


def reject(order: OrderId) -> None:
    """Reject an order; the first answer counts."""
    _answer(order, approved=False)


def _answer(name: str, *, approved: bool) -> None:
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        answered = application.answer_approval()(name, approved=approved, by=getpass.getuser(), where="command line")
        typer.echo(answered.sentence)
        application.send_orders()(answered.account)
        order = application.accounts.order(answered.client_order_id)
    if order is not None:
        typer.echo(f"{order.account}: {order.side} {order.series}: {order.status}")
