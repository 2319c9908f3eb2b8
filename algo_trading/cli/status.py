"""The command `status`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from algo_trading.bootstrap import bootstrap, embedded_postgres
from algo_trading.bootstrap.check import configuration_mistakes
from algo_trading.bootstrap.services import Services
from algo_trading.cli import output
from algo_trading.cli.configuration import sentences
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.launcher.airflow_config import USER
from algo_trading.launcher.stack import airflow_of
from algo_trading.settings import Settings, load_settings
from algo_trading.web.address import answers, web_url

SYMBOLS_SHOWN = 8
UNKNOWN: dict[str, Any] = {
    "latest_partition": None,
    "watchlists": {},
    "calendars_ending": {},
    "without_bars": {},
    "rows": dict.fromkeys(("bars", "indicators", "signals", "quarantined", "posts", "articles", "mentions")),
    "outbox": dict.fromkeys(("sent", "pending", "failed")),
    "mail_errors": {},
    "orders": dict.fromkeys(("pending", "filled", "refused", "cancelled", "expired")),
    "accounts": [],
    "recommendations": [],
    "feeds": [],
    "failing": [],
    "configuration_changes": [],
}


def read() -> dict[str, Any]:
    """Services, counts and addresses; a database that is down is not started, and its counts are None."""
    settings = load_settings()
    airflow = airflow_of(settings)
    database_up, counts, reason = _database(settings)
    state: dict[str, Any] = {
        "services": {
            "postgres": _word(up=database_up),
            "airflow": _word(up=airflow.is_up()),
            "web": _word(up=answers(settings)),
        },
        "airflow_url": airflow.url,
        "airflow_password": str(airflow.config.passwords),
        "web_url": web_url(settings),
        "home": str(settings.home),
        **counts,
    }
    configured = {feed.name for feed in settings.feeds}
    state["configuration_errors"] = configuration_mistakes()
    state["feeds"] = [{**feed, "configured": feed["name"] in configured} for feed in state["feeds"]]
    if reason:
        state["reason"] = reason
    return state


def _database(settings: Settings) -> tuple[bool, dict[str, Any], str]:
    embedded = not settings.database_url.get_secret_value()
    if embedded and not embedded_postgres(settings).is_up():
        return False, UNKNOWN, "the embedded PostgreSQL is stopped; `make run` starts it"
    try:
        with bootstrap(settings) as application:
            state = output.plain(application.read_status()())
            return True, {**state, "configuration_changes": _changes(application)}, ""
    except ServiceUnavailableError as error:
        return False, UNKNOWN, str(error)


def _changes(application: Services) -> list[str]:
    """What applying the configuration would do; nothing before it was applied the first time, or while it is wrong."""
    if not application.watchlists.all():
        return []
    try:
        found = application.apply_config().difference()
    except ConfigError:
        return []
    return [*sentences(found.changes), *found.refused]


def _word(*, up: bool) -> str:
    return "up" if up else "down"


def show(state: dict[str, Any]) -> None:
    """The same for people: as few lines as a terminal has, as far as it goes, and where to look at the end."""
    _line("Services", (f"{name} {how}" for name, how in state["services"].items()))
    for sentence in state["configuration_errors"]:
        output.notes.print(output.showable(f"the configuration is wrong: {sentence}"), soft_wrap=True)
    if "reason" in state:
        output.notes.print(state["reason"])
        return
    _show_watchlists(state)
    _line("Newest session", [state["latest_partition"] or "none yet"])
    for what, counts in (("Stored", state["rows"]), ("Mails", state["outbox"]), ("Orders", state["orders"])):
        _line(what, (f"{count:,} {name}" for name, count in counts.items()))
    if state["mail_errors"]:
        output.table("Mails that failed", ("why", "count"), state["mail_errors"].items())
    for account in state["accounts"]:
        _show_account(account)
    if state["failing"]:
        failing = [(one["strategy"], one["series"], _minute(one["since"]), one["error"]) for one in state["failing"]]
        output.table("Strategies that raise errors", ("strategy", "series", "since (UTC)", "error"), failing)
    feeds = [(feed["name"], _minute(feed["newest"]), _state(feed)) for feed in state["feeds"]]
    if feeds:
        output.table("Feeds", ("feed", "newest (UTC)", "state"), feeds)
    found = [(r["symbol"], r["strategy"], r["session"], r["trials"], r["reason"]) for r in state["recommendations"]]
    if found:
        columns = ("symbol", "strategy", "as of", "settings tried", "why")
        output.table("Recommended by the newest review", columns, found)
    _show_where_to_look(state)


def _line(what: str, parts: Iterable[str]) -> None:
    output.console.print(f"[bold]{what}[/]: {', '.join(parts)}")


def _show_where_to_look(state: dict[str, Any]) -> None:
    places = {
        "Pages": ("web", state["web_url"], "`algo-trading user list` names who may log in; `user password` sets one"),
        "Airflow": ("airflow", state["airflow_url"], f"user {USER}, password in {state['airflow_password']}"),
    }
    for name, (service, address, login) in places.items():
        if state["services"][service] == "up":
            output.console.print(f"[bold]{name}[/]: {address}\n  {login}", soft_wrap=True)
        else:
            output.console.print(f"[bold]{name}[/]: down; `make run` starts what is missing")
    output.console.print("[bold]More[/]: algo-trading signals, orders, symbols, quarantine, account show NAME")


def _show_watchlists(state: dict[str, Any]) -> None:
    rows = []
    for name, one in state["watchlists"].items():
        more = len(one["symbols"]) - SYMBOLS_SHOWN
        symbols = ", ".join(one["symbols"][:SYMBOLS_SHOWN]) + (f" and {more} more" if more > 0 else "")
        newest = "\n".join(f"{interval}: {period or 'none yet'}" for interval, period in one["latest"].items())
        made_up = " (prices made up)" if venue_of(one["venue"]).made_up else ""
        rows.append((name, f"{one['venue']} from {one['source']}{made_up}", symbols, newest))
    if rows:
        output.table("Watchlists", ("name", "bars", "symbols", "newest period"), rows)
    for venue, last in state["calendars_ending"].items():
        said = f"the calendar of {venue} ends on {last}, and nothing is scheduled there afterwards: update the package"
        output.notes.print(f"{said} exchange-calendars", soft_wrap=True)
    for name, symbols in state["without_bars"].items():
        said = (
            f"no bar ever came for {', '.join(symbols)} of {name}: the source may not know it; check how it is written"
        )
        output.notes.print(output.showable(said), soft_wrap=True)
    changes = state["configuration_changes"]
    if changes:
        said = "the configuration differs from what is stored; `algo-trading config apply` brings it over:"
        output.notes.print(said, soft_wrap=True)
        for sentence in changes:
            output.notes.print(f"  {output.showable(sentence)}", soft_wrap=True)


def _show_account(account: dict[str, Any]) -> None:
    held = ", ".join(f"{quantity} of {name}" for name, quantity in account["positions"].items()) or "nothing"
    output.console.print(
        f"account [bold]{account['name']}[/] ({account['broker']}, {account['mode']}): "
        f"equity {account['equity']} {account['currency']}, cash {account['cash']}, holds {held}"
    )
    for clock in account["clocks"]:
        output.console.print(
            f"  {clock['venue']} {clock['interval']}: processed up to {clock['cursor'] or 'nothing yet'}, "
            f"waits for {clock['waits_for']} to be decided"
        )
    for series, day in account["untraded"].items():
        said = (
            f"{series} has no bars after {day}, and {account['name']} holds it at its last close or waits to trade it; "
            f"if it is gone: algo-trading action add {series} delisted DATE PRICE, merged or renamed"
        )
        output.notes.print(output.showable(said), soft_wrap=True)
    _show_verdict(account)


def _show_verdict(account: dict[str, Any]) -> None:
    """What the newest verification found, which the weekly review makes, too."""
    if account["differences"]:
        name, found = account["name"], account["differences"]
        said = f"the book of {name} is not what its fills and corporate actions come to: {found[0]}"
        output.notes.print(output.showable(f"{said}; `algo-trading verify-account {name}`"), soft_wrap=True)
    elif account["verified_at"]:
        output.console.print(f"  its book was verified at {_minute(account['verified_at'])}: no difference")


def _minute(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "nothing yet"


def _state(feed: dict[str, Any]) -> str:
    return (feed["error"] or "fine") if feed["configured"] else "no longer configured"
