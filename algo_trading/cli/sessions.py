"""The command `run-session`."""

from collections.abc import Sequence
from datetime import date

from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import market_calendar
from algo_trading.cli import output
from algo_trading.domain.instrument import Session
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.services.open_accounts import OpenAccounts
from algo_trading.services.run_session import RunSession, SessionReport


def run_sessions(first: date, last: date | None, *, as_json: bool) -> None:
    """Run first..last in order; what was done before an error stays done and is printed."""
    reports: list[SessionReport] = []
    failure: AlgoTradingError | None = None
    with bootstrap() as application, output.progress() as bar:
        sessions = requested_sessions(application, first, last)
        application.make(OpenAccounts)()
        run = application.make(RunSession)
        task = bar.add_task("sessions", total=len(sessions))
        try:
            for session in sessions:
                reports.append(run(session.date))
                bar.update(task, advance=1, description=str(session.date))
        except AlgoTradingError as error:
            failure = error
        finally:
            bar.stop()
            if reports:
                (output.print_json if as_json else _print)(_summary(reports))
        application.gate.publish(application.objects, f"sessions-{first}")
    if failure:
        raise failure
    undelivered = next((report.delivered.error for report in reports if report.delivered.error), "")
    if undelivered:
        raise AlgoTradingError(undelivered)


def requested_sessions(application: App, first: date, last: date | None) -> Sequence[Session]:
    """The sessions of a range (of one day without `last`), none of them beyond what the source or the clock allows.

    Raises:
        ConfigError: there is no such session.
    """
    venue = application.settings.venue
    calendar = market_calendar(venue)
    closed = calendar.newest_closed(application.clock.now()).date
    if last is not None and last < first:
        raise ConfigError(f"the range {first} .. {last} ends before it begins")
    if last is None and first <= closed:
        try:
            sessions: Sequence[Session] = [calendar.session(first)]
        except AlgoTradingError as error:  # a holiday, or long before the calendar begins
            raise ConfigError(str(error)) from error
    else:
        sessions = calendar.sessions(first, last or first)
    newest = sessions[-1].date if sessions else first
    if newest > closed:
        raise ConfigError(f"{last or first} lies beyond the newest closed session of {venue}, {closed}")
    if not sessions:
        raise ConfigError(f"{venue} has no session in {first} .. {last}")
    covered = application.market_data.newest_session(venue)
    if covered is not None and newest > covered:
        raise ConfigError(f"the source {application.market_data.name} ends at {covered}, before {last or first}")
    return sessions


def _summary(reports: Sequence[SessionReport]) -> dict[str, object]:
    accounts = [account for report in reports for account in report.accounts]
    return {
        "stored": sum(report.ingested.stored for report in reports),
        "unchanged": sum(report.ingested.unchanged for report in reports),
        "quarantined": sum(report.ingested.quarantined for report in reports),
        "decided": sum(report.decided.decided for report in reports),
        "new_signals": sum(report.decided.new for report in reports),
        "sent": sum(report.delivered.sent for report in reports),
        "ordered": sum(account.ordered for account in accounts),
        "filled": sum(account.filled for account in accounts),
        "refused": sum(account.refused for account in accounts),
        "sessions": [output.plain(report) for report in reports],
    }


def _print(summary: dict[str, object]) -> None:
    sessions = summary.pop("sessions")
    assert isinstance(sessions, list)
    first, last = sessions[0]["session"], sessions[-1]["session"]
    title = f"{first} .. {last}: {len(sessions)} sessions" if len(sessions) > 1 else f"Session {first}"
    output.table(title, ("what", "count"), summary.items())
    for session in sessions:
        for symbol, sentence in session["ingested"]["errors"].items():
            output.notes.print(f"{session['session']} {symbol}: {sentence}")
        for feed in session["text"]["collected"]["feeds"]:
            if feed["error"]:
                output.warn(f"{session['session']} {feed['feed']}: {feed['error']}")
        if session["text"]["error"]:
            output.warn(f"{session['session']} {session['text']['error']}")
        for skipped in session["decided"]["skipped"]:
            output.notes.print(f"{session['session']} {skipped}: no bar, no signal")
