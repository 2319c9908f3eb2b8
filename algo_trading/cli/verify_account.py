"""The command `verify-account`."""

import getpass

import typer

from algo_trading.bootstrap import App, bootstrap
from algo_trading.cli import output
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.repositories.audit import AuditEntry


def show_verified(name: str | None, *, correct: bool, as_json: bool) -> bool:
    """Verify an account or all of them, print what was found, and tell whether everything agrees.

    Raises:
        ConfigError: there is no such account, or none was named to be corrected.
        CannotCorrectError: corporate actions do not explain what is wrong.
    """
    with bootstrap() as application:
        known = application.accounts.names()
        if name is not None and name not in known:
            raise UnknownNameError(unknown_name("account", name, known))
        if correct:
            _correct(application, name)
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


def _correct(application: App, name: str | None) -> None:
    if name is None:
        raise ConfigError("name the account that is to be corrected")
    booked = application.correct_account()(name)
    if booked:
        detail = {entry.cause: f"{entry.amount.normalize():f} {entry.asset}".strip() for entry in booked}
        application.audit.add(AuditEntry(application.clock.now(), getpass.getuser(), "account.correct", name, detail))
