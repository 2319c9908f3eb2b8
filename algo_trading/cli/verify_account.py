"""The command `verify-account`."""

import typer

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.errors import UnknownNameError, unknown_name


def show_verified(name: str | None, *, as_json: bool) -> bool:
    """Verify an account or all of them, print what was found, and tell whether everything agrees."""
    with bootstrap() as application:
        known = application.accounts.names()
        if name is not None and name not in known:
            raise UnknownNameError(unknown_name("account", name, known))
        reports = application.verify_accounts()(known if name is None else [name])
    if as_json:
        output.print_json([{**output.plain(report), "agrees": report.agrees} for report in reports])
    else:
        for report in reports:
            fills = f"{report.fills} fill{'' if report.fills == 1 else 's'}"
            typer.echo(f"{report.account}: {fills}, {'no difference' if report.agrees else 'it differs'}")
            for sentence in report.found:
                typer.echo(f"  {sentence}")
    return all(report.agrees for report in reports)
