"""The command `inbound-mail`."""

import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.cli.options import Json
from algo_trading.errors import AlgoTradingError

if TYPE_CHECKING:
    from algo_trading.bootstrap import App
    from algo_trading.services.poll_mailbox import PollReport

RECENT_SHOWN = 20
RETRY_SECONDS = 30.0  # after the mail server has ended a conversation, or does not answer


def inbound_mail(
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Stay, and handle mails as they come (IMAP IDLE).")] = False,
    recent: Annotated[
        bool, typer.Option("--recent", help="Read nothing; list the newest handled mails and what became of them.")
    ] = False,
    json: Json = False,
) -> None:
    """Carry out the commands that people sent by mail, and answer them.

    Reads the mailbox of `inbound_mail.mailbox` once and sends the answers. Only users whose address the receiving mail
    server confirms are answered; `help` in a mail lists the commands (docs/notifications.md).

    Example: algo-trading inbound-mail --follow
    """
    if recent:
        _show_recent(as_json=json)
    elif follow:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # each mail is a transaction: it may end at any time
        try:
            _follow()
        except KeyboardInterrupt:
            typer.echo("stopped")
    else:
        _poll(as_json=json)


def _poll(*, as_json: bool) -> None:
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli import output

    with bootstrap() as application:
        report = application.poll_mailbox()()
        application.deliver_notices()()
    if as_json:
        output.print_json(report.outcomes)
    else:
        typer.echo(_sentence(report))


def _follow() -> None:
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        poll, wait = application.poll_mailbox(), application.settings.inbound_mail.wait_seconds
        said = ""
        typer.echo(f"waiting for mails to {poll.mailbox.name}; Ctrl-C ends it")
        while True:
            try:
                poll.follow(wait, lambda report: _tell(application, report))
            except AlgoTradingError as error:
                if str(error) != said:
                    said = str(error)
                    _say(said)
            time.sleep(RETRY_SECONDS)


def _tell(application: "App", report: "PollReport") -> None:
    if report.handled:
        application.deliver_notices()()
        _say(_sentence(report))


def _show_recent(*, as_json: bool) -> None:
    from algo_trading.bootstrap import bootstrap
    from algo_trading.cli import output

    with bootstrap() as application:
        mails = application.inbound_mails.recent(RECENT_SHOWN)
    if as_json:
        output.print_json(mails)
        return
    rows = [(f"{one.handled_at:%Y-%m-%d %H:%M}", one.sender, one.subject, one.outcome, one.reason) for one in mails]
    output.table("Mails that came in", ("handled (UTC)", "sender", "subject", "outcome", "why"), rows)


def _sentence(report: "PollReport") -> str:
    parts = [f"{count} {outcome}" for outcome, count in sorted(report.outcomes.items())]
    return f"mails handled: {', '.join(parts) or 'none'}"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {sentence}\n")
    sys.stderr.flush()
