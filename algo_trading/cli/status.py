"""The command `status`."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from algo_trading.bootstrap import bootstrap, embedded_postgres, feed_lines
from algo_trading.cli import output
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.launcher.stack import airflow_of
from algo_trading.services.status import ReadStatus
from algo_trading.settings import Settings, load_settings

UNKNOWN: dict[str, Any] = {
    "latest_partition": None,
    "rows": dict.fromkeys(("bars", "indicators", "signals", "quarantined", "posts", "articles", "mentions")),
    "outbox": dict.fromkeys(("sent", "pending", "failed")),
    "orders": dict.fromkeys(("pending", "filled", "refused")),
    "accounts": [],
    "recommendations": [],
    "feeds": [],
}


def read() -> dict[str, Any]:
    """Services, counts and addresses; a database that is down is not started, and its counts are None."""
    settings = load_settings()
    airflow = airflow_of(settings)
    database_up, counts, reason = _database(settings)
    state: dict[str, Any] = {
        "services": {"postgres": _word(up=database_up), "airflow": _word(up=airflow.is_up())},
        "airflow_url": airflow.url,
        "home": str(settings.home),
        **counts,
    }
    configured = {feed.name for feed in settings.feeds}
    state["configuration_errors"] = mistakes(settings)
    state["feeds"] = [{**feed, "configured": feed["name"] in configured} for feed in state["feeds"]]
    if reason:
        state["reason"] = reason
    return state


def mistakes(settings: Settings) -> list[str]:
    """A sentence on each configured strategy that is refused, and on feeds that have one name."""
    from algo_trading.strategies.registry import build_strategy

    checks: list[Callable[[], object]] = [partial(feed_lines, settings)]
    checks += [partial(build_strategy, entry.name, entry.params) for entry in settings.strategies]
    found: dict[str, None] = {}
    for check in checks:
        try:
            check()
        except AlgoTradingError as error:
            found[str(error)] = None
    return list(found)


def _database(settings: Settings) -> tuple[bool, dict[str, Any], str]:
    embedded = not settings.database_url.get_secret_value()
    if embedded and not embedded_postgres(settings).is_up():
        return False, UNKNOWN, "the embedded PostgreSQL is stopped; `make run` starts it"
    try:
        with bootstrap(settings) as application:
            return True, output.plain(application.make(ReadStatus)()), ""
    except ServiceUnavailableError as error:
        return False, UNKNOWN, str(error)


def _word(*, up: bool) -> str:
    return "up" if up else "down"


def _minute(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}" if moment else "nothing yet"


def _state(feed: dict[str, Any]) -> str:
    return (feed["error"] or "fine") if feed["configured"] else "no longer configured"


def show(state: dict[str, Any]) -> None:
    """The same as tables."""
    services = [(name, word) for name, word in state["services"].items()]
    output.table("Services", ("service", "state"), services)
    for sentence in state["configuration_errors"]:
        output.notes.print(output.showable(f"the configuration is wrong: {sentence}"), soft_wrap=True)
    if "reason" in state:
        output.notes.print(state["reason"])
        return
    rows = [*state["rows"].items(), *((f"mails {name}", n) for name, n in state["outbox"].items())]
    rows += [(f"orders {name}", n) for name, n in state["orders"].items()]
    output.table(f"Newest session: {state['latest_partition'] or 'none yet'}", ("what", "count"), rows)
    for account in state["accounts"]:
        held = ", ".join(f"{quantity} of {name}" for name, quantity in account["positions"].items()) or "nothing"
        output.console.print(
            f"account [bold]{account['name']}[/]: cash {account['cash']}, holds {held}; at {account['cursor']}, "
            f"waits for {account['waits_for']} to be decided"
        )
    feeds = [(feed["name"], _minute(feed["newest"]), _state(feed)) for feed in state["feeds"]]
    if feeds:
        output.table("Feeds", ("feed", "newest (UTC)", "state"), feeds)
    found = [(r["symbol"], r["strategy"], r["session"], r["trials"], r["reason"]) for r in state["recommendations"]]
    if found:
        output.table(
            "Recommended by the newest review", ("symbol", "strategy", "as of", "settings tried", "why"), found
        )
