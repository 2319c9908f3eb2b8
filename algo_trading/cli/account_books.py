"""What accounts have brought, starting one anew, and comparing books with brokers."""

import getpass
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import typer

from algo_trading.cli import output
from algo_trading.domain.time import midnight
from algo_trading.errors import ConfigError, DisagreementError, UnknownNameError, unknown_name
from algo_trading.queries.performance import Performance
from algo_trading.repositories.audit import AuditEntry


def print_performance(found: Performance) -> None:
    """Print an account's results as tables."""
    newest = found.curve[-1]
    typer.echo(
        f"equity {newest.equity:,.2f} {found.currency} of {found.paid:,.2f} paid in; "
        f"time-weighted return {found.total_return:+.2%}, maximum drawdown {found.max_drawdown:.2%}"
    )
    fees = ", ".join(f"{amount.normalize():f} {asset}" for asset, amount in found.fees.items())
    typer.echo(f"fees: {fees or 'none'}")
    rows = [
        (one.strategy, one.series, f"{one.profit:+,.2f}", f"{one.value:,.2f}", one.fills)
        for one in sorted(found.results, key=lambda one: -one.profit)
    ]
    output.table("Results", ("strategy", "series", f"profit ({found.currency})", "held now", "fills"), rows)
    curve = [(f"{one.at:%Y-%m-%d}", f"{one.equity:,.2f}", f"{one.growth - 1:+.2%}") for one in found.curve[-10:]]
    output.table("Equity (last days)", ("at (UTC)", "equity", "return since the start"), curve)


def plot_equity(found: Performance, file: Path) -> None:
    """Write the equity curve as a PNG."""
    from algo_trading.notification.equity_chart import draw_equity

    title = f"{found.account}: {found.curve[-1].equity:,.2f} {found.currency}, {found.total_return:+.2%}"
    output.write_file(file, draw_equity(title, [p.at for p in found.curve], [p.equity for p in found.curve]))
    typer.echo(f"wrote {file}")


def reset_account(name: str, *, start: date | None, really: bool) -> None:
    """Let a paper account begin anew, with the periods from `start` on or, without it, those to come."""
    if not really:
        raise ConfigError(f"all that {name} did would be removed for good; repeat the command with --yes-really")
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        _known(application.accounts.names(), name)
        state = application.reset_account()(name, midnight(start) if start else None)
        entry = AuditEntry(application.clock.now(), getpass.getuser(), "account.reset", name, {})
        application.audit.add(entry)
    begins = f"begins anew on {start}" if start else "begins anew"
    typer.echo(f"{name} {begins} with {state.money:,.2f} {state.account.currency}")


def reconcile_account(name: str, *, as_json: bool) -> None:
    """Compare an account's book, its state and its broker.

    Raises:
        DisagreementError: they differ.
    """
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        _known(application.accounts.names(), name)
        (report,) = application.reconcile()(name)
    if as_json:
        output.print_json(report)
    sentences = (*report.book, *report.broker, *report.orders)
    for sentence in sentences if not as_json else ():
        typer.echo(sentence)
    if sentences:
        raise DisagreementError(f"{name}: book and broker differ in {len(sentences)} points; nothing was changed")
    if not as_json:
        typer.echo(f"{name}: book, positions, cash and broker agree")


def _known(known: Sequence[str], name: str) -> None:
    if name not in known:
        raise UnknownNameError(unknown_name("account", name, known))
