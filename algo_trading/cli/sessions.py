"""The command `run-session`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.configuration import warn_of_difference
from algo_trading.cli.watched import sessions_due
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.queries.status import AccountStatus, ClockStatus
from algo_trading.services.deliver import DeliveryReport
from algo_trading.services.run_period import PeriodReport


def run_sessions(first: date, last: date | None, watchlist: str | None, *, as_json: bool) -> None:
    """Process first..last in order; what was done before an error stays done and is printed."""
    reports: list[PeriodReport] = []
    failure: AlgoTradingError | None = None
    with bootstrap() as application, output.progress() as bar:
        due = sessions_due(application, first, last, watchlist, output.warn)
        warn_of_difference(application)
        application.channel()  # a mistake in its name or options is reported before anything is done
        run = application.run_period()
        task = bar.add_task("sessions", total=len(due))
        try:
            for one in due:
                reports.append(run(one.watchlist, one.period))
                bar.update(task, advance=1, description=f"{one.watchlist.name} {one.period}")
        except AlgoTradingError as error:
            failure = error
        finally:
            bar.stop()
            if reports:
                (output.print_json if as_json else _print)(_summary(reports))
        application.pages.publish(application.objects, f"sessions-{first}")
        if reports and not as_json:
            venues = {one.watchlist.name: one.watchlist.venue for one in due}
            assigned = application.assignments.all()
            for sentence in passed_over(reports, venues, assigned, application.read_status().account_states(assigned)):
                output.warn(sentence)
    if failure:
        raise failure
    if sentences := troubles([report.delivered for report in reports]):
        raise AlgoTradingError("; ".join(sentences))


def troubles(deliveries: Sequence[DeliveryReport]) -> list[str]:
    """Why mails still wait, and how many will never be sent, with the reasons."""
    waiting = [delivered.error for delivered in deliveries if delivered.error][:1]
    refusals = _refusals(deliveries)
    failed = refusals.total()
    mails = f"{failed} mail{'' if failed == 1 else 's'} failed for good: {'; '.join(refusals)}"
    return [*waiting, *([mails] if failed else [])]


def _refusals(deliveries: Sequence[DeliveryReport]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for delivered in deliveries:
        counts.update(delivered.refusals)
    return counts


def passed_over(
    reports: Sequence[PeriodReport],
    venues: Mapping[str, str],
    assigned: Sequence[Assignment],
    accounts: Sequence[AccountStatus],
) -> list[str]:
    """Why signals of these sessions led to no order in an account that trades their bars; `venues` by watchlist."""
    keys: dict[tuple[str, str], list[str]] = {}
    for report in reports:
        keys.setdefault((venues[report.watchlist], str(report.interval)), []).append(report.session)
    traded = {(one.account, one.series.venue, str(one.series.interval)) for one in assigned}
    moved = {one.account for report in reports for one in report.accounts if one.periods}
    news = any(report.decided.new for report in reports)
    return [
        f"account {account.name} ordered nothing: {why}"
        for account in accounts
        for clock in account.clocks
        if news and account.name not in moved and (account.name, clock.venue, clock.interval) in traded
        for sessions in [keys.get((clock.venue, clock.interval), [])]
        if sessions and (why := _standing(account.name, clock, min(sessions), max(sessions)))
    ]


def _standing(account: str, clock: ClockStatus, first: str, last: str) -> str:
    """Where an account stands that did not move in the sessions from `first` to `last`, and what helps."""
    begin = (
        f"`algo-trading account reset {account} --start {first[:10]} --yes-really` lets it begin with these sessions "
        "(its book is removed), or give these symbols an account of their own, with a `start`"
    )
    if clock.waits_for > last:
        at = f"stands at {clock.cursor} already" if clock.cursor else f"takes part from {clock.waits_for} on"
        return f"it {at}, and earlier sessions are not traded any more; {begin}"
    if clock.waits_for < first:
        at = f"stands at {clock.cursor}" if clock.cursor else "has not begun"
        return f"it {at} and goes on with {clock.waits_for}; run the sessions from there on, or {begin}"
    return (
        f"it waits for {clock.waits_for}, which not every watchlist of {clock.venue} {clock.interval} has decided; "
        "run the session without --watchlist"
    )


def _summary(reports: Sequence[PeriodReport]) -> dict[str, object]:
    accounts = [account for report in reports for account in report.accounts]
    return {
        "stored": sum(report.ingested.stored for report in reports),
        "unchanged": sum(report.ingested.unchanged for report in reports),
        "quarantined": sum(report.ingested.quarantined for report in reports),
        "decided": sum(report.decided.decided for report in reports),
        "new_signals": sum(report.decided.new for report in reports),
        "sent": sum(report.delivered.sent for report in reports),
        "mail_errors": dict(_refusals([report.delivered for report in reports]).most_common()),
        "ordered": sum(account.ordered for account in accounts),
        "filled": sum(account.filled for account in accounts),
        "refused": sum(account.rejected for account in accounts),
        "sessions": [output.plain(report) for report in reports],
    }


def _print(summary: dict[str, object]) -> None:
    sessions, errors = summary.pop("sessions"), summary.pop("mail_errors")
    assert isinstance(sessions, list)
    assert isinstance(errors, dict)
    first, last = sessions[0]["session"], sessions[-1]["session"]
    what = "periods" if any(Interval(session["interval"]).intraday for session in sessions) else "sessions"
    title = f"{first} .. {last}: {len(sessions)} {what}" if len(sessions) > 1 else f"{what.title()[:-1]} {first}"
    output.table(title, ("what", "count"), [*summary.items(), ("mails failed", sum(errors.values()))])
    for sentence, count in errors.items():
        output.warn(f"{count} x {sentence}")
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
        for failed in session["decided"]["failed"]:
            output.warn(f"{session['session']} {failed}: no signal; the others are decided")
