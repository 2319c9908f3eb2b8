"""What needs somebody: what has stopped, what ends soon, and what waits for an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from algo_trading.notification.words import one_line, shortened
from algo_trading.queries.status import AccountStatus, Status
from algo_trading.repositories.kill_switch import KillSwitch

NAMED = 3  # of many of a kind, before "and N more"
ERROR_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Need:
    """Something that needs somebody: what, and where to look. The look is `bad`, `warn` or `note`."""

    text: str
    href: str
    look: str = "warn"


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many orders wait for somebody's approval, and how many people to be accepted."""

    orders: int = 0
    people: int = 0


def needs(
    status: Status, accounts: Sequence[AccountStatus], waiting: Waiting, switch: KillSwitch | None, *, is_owner: bool
) -> Iterator[Need]:
    """What somebody with these accounts should look at, the gravest first; owners see what concerns everyone, too."""
    if switch is not None and switch.engaged:
        why = f": {switch.reason}" if switch.reason else ""
        yield Need(f"The kill switch is on, no account enters a position (since {switch.at:%Y-%m-%d %H:%M} UTC{why}).",
                   "/accounts", "bad")  # fmt: skip
    for account in accounts:
        yield from _of_book(account)
    if is_owner:
        yield from _failing(status)
    if waiting.orders:
        yield Need(f"{_count(waiting.orders, 'order waits', 'orders wait')} for approval.", "/approvals")
    if is_owner:
        if waiting.people:
            yield Need(f"{_count(waiting.people, 'person asks', 'people ask')} to join.", "/admin")
        yield from _mails(status)
    yield from _data(status, is_owner=is_owner)
    for account in accounts:
        if account.mode == "live":
            yield Need(f"The account {account.name} trades real money.", f"/accounts/{account.name}")
    pending = status.orders["pending"]
    if is_owner and pending:
        yield Need(f"{_count(pending, 'order is', 'orders are')} waiting to be filled.", "/trades?status=new", "note")


def _of_book(account: AccountStatus) -> Iterator[Need]:
    href = f"/accounts/{account.name}"
    if account.differences:
        said = f"The book of {account.name} is not what its fills and corporate actions come to"
        yield Need(f"{said}: {account.differences[0]}; `algo-trading verify-account {account.name}`.", href, "bad")
    for series, day in account.untraded.items():
        said = f"{series} has no bars after {day}, and {account.name} holds it or waits to trade it"
        yield Need(f"{said}: if it is gone, `algo-trading action add {series} delisted DATE PRICE`.", href)


def _failing(status: Status) -> Iterator[Need]:
    """Strategies that raise errors, each with its oldest error and the number of the series concerned."""
    by_strategy: dict[str, list[int]] = {}
    for place, one in enumerate(status.failing):
        by_strategy.setdefault(one.strategy, []).append(place)
    for strategy, places in by_strategy.items():
        first = min((status.failing[place] for place in places), key=lambda one: one.since)
        on = first.series if len(places) == 1 else f"{first.series} and {len(places) - 1:,} more"
        error = shortened(one_line(first.error), ERROR_SHOWN)
        yield Need(f"The strategy {strategy} raises errors on {on} since {first.since:%Y-%m-%d %H:%M} UTC: {error}",
                   "/signals?side=all", "bad")  # fmt: skip


def _mails(status: Status) -> Iterator[Need]:
    failed = status.outbox.get("failed", 0)
    if failed:
        why = shortened(one_line(next(iter(status.mail_errors), "")), ERROR_SHOWN)
        yield Need(f"{_count(failed, 'alert', 'alerts')} could not be delivered: {why}", "/alerts?status=failed")
    waiting = status.outbox.get("pending", 0)
    if waiting:
        yield Need(f"{_count(waiting, 'alert waits', 'alerts wait')} to be delivered.", "/alerts?status=pending",
                   "note")  # fmt: skip


def _data(status: Status, *, is_owner: bool) -> Iterator[Need]:
    if not status.watchlists:
        yield Need("Nothing is watched yet: `algo-trading up` applies the configuration.", "/monitoring")
    if not is_owner:
        return
    for venue, last in status.calendars_ending.items():
        yield _calendar(venue, last)
    for name, symbols in status.without_bars.items():
        named = ", ".join(symbols[:NAMED]) + (f" and {len(symbols) - NAMED:,} more" if len(symbols) > NAMED else "")
        yield Need(f"No bar ever came for {named} of {name}: the source may not know it; check how it is written.",
                   "/monitoring")  # fmt: skip
    for feed in status.feeds:
        if feed.error:
            yield Need(f"The feed {feed.name}: {shortened(one_line(feed.error), ERROR_SHOWN)}", "/admin")


def _calendar(venue: str, last: date) -> Need:
    said = f"The calendar of {venue} ends on {last}, and nothing is scheduled there afterwards"
    return Need(f"{said}: update the package `exchange-calendars`.", "/monitoring")


def _count(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"
