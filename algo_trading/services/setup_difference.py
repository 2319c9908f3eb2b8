"""How the watchlists, accounts, assignments and subscriptions of the configuration differ from what is stored."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import StrEnum

from algo_trading.domain.account import Account, AccountState
from algo_trading.domain.ledger import Holding
from algo_trading.domain.subscription import Subscription
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.watchlists import AssignmentKey, SetupChanges, assignment_key
from algo_trading.services.open_accounts import AccountPlan
from algo_trading.services.subscribe import SubscriptionPlan

CHANGEABLE = ("owner", "position_fraction", "costs", "shorts", "rules", "sizer")  # of an account that is open
FIXED = ("broker", "currency", "mode")
NO_CHANGES = SetupChanges()
SHOWN = 8  # symbols or series that are listed by name


@dataclass(frozen=True)
class Setup:
    """What the configuration asks for."""

    watchlists: tuple[Watchlist, ...] = ()
    accounts: tuple[AccountPlan, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    subscriptions: tuple[SubscriptionPlan, ...] = ()


@dataclass(frozen=True)
class StoredSetup:
    """What there is."""

    watchlists: Sequence[Watchlist]
    accounts: Sequence[AccountState]
    assignments: Sequence[Assignment]
    subscriptions: Sequence[Subscription]


class Action(StrEnum):
    """What applying the configuration does to a row; what is kept stays, though the configuration lacks it."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a difference: what kind of row, its name, what is done to it, and what of it differs."""

    what: str
    name: str
    action: Action
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All that applying the configuration would do: nothing where `changes` is empty.

    `kept` are accounts that the configuration lacks, with what they hold (an account is a book and never removed), and
    what people monitor or have dropped beside the configuration of a watchlist.
    `refused` says what cannot be applied.
    """

    changes: tuple[Change, ...] = ()
    kept: tuple[Change, ...] = ()
    refused: tuple[str, ...] = ()
    rows: SetupChanges = NO_CHANGES
    opened: tuple[AccountPlan, ...] = ()
    changed_accounts: tuple[Account, ...] = ()
    subscriptions: tuple[SubscriptionPlan, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes or self.refused)


def difference(wanted: Setup, stored: StoredSetup) -> Difference:
    """What has to be done to bring the stored rows to what is wanted."""
    watchlists = {one.name: one for one in stored.watchlists}
    assignments = {assignment_key(one): one for one in stored.assignments}
    wanted_assignments = {assignment_key(one): one for one in wanted.assignments}
    changed_watchlists = [
        _kept_beside(one, watchlists.get(one.name))
        for one in wanted.watchlists
        if one.name not in watchlists or watchlists[one.name].as_configured() != one
    ]
    removed_watchlists = sorted(watchlists.keys() - {one.name for one in wanted.watchlists})
    changed_assignments = [one for key, one in wanted_assignments.items() if assignments.get(key) != one]
    removed_assignments = [one for key, one in assignments.items() if key not in wanted_assignments]
    states = {state.account.name: state for state in stored.accounts}
    opened = [plan for plan in wanted.accounts if plan.name not in states]
    gone = [state for name, state in states.items() if name not in {plan.name for plan in wanted.accounts}]
    pairs = [(plan, states[plan.name].account) for plan in wanted.accounts if plan.name in states]
    subscribed = set(map(_subscribed, stored.subscriptions))
    new = [plan for plan in wanted.subscriptions if _subscribed(plan) not in subscribed]
    return Difference(
        changes=(
            *(_watchlist_change(one, watchlists.get(one.name)) for one in changed_watchlists),
            *(Change("watchlist", name, Action.REMOVED, _monitored(watchlists[name])) for name in removed_watchlists),
            *(Change("account", plan.name, Action.ADDED, _opening(plan, gone)) for plan in opened),
            *(
                Change("account", plan.name, Action.CHANGED, _field_details(account, changed))
                for plan, account in pairs
                if (changed := _with_terms(account, plan)) != account
            ),
            *_assignment_changes(changed_assignments, removed_assignments, assignments, states),
            *(Change("subscription", f"{p.address}: {p.strategy} on {p.symbol}", Action.ADDED) for p in new),
        ),
        kept=(
            *(
                Change("watchlist", one.name, Action.KEPT, _monitored(watchlists[one.name]))
                for one in wanted.watchlists
                if one.name in watchlists and _monitored(watchlists[one.name])
            ),
            *(Change("account", state.account.name, Action.KEPT, _held(state)) for state in gone),
        ),
        refused=tuple(sentence for plan, account in pairs for sentence in _refusals(account, plan)),
        rows=SetupChanges(
            tuple(changed_watchlists),
            tuple(changed_assignments),
            tuple(removed_watchlists),
            tuple(map(assignment_key, removed_assignments)),
        ),
        opened=tuple(opened),
        changed_accounts=tuple(
            changed for plan, account in pairs if (changed := _with_terms(account, plan)) != account
        ),
        subscriptions=tuple(new),
    )


def _subscribed(one: Subscription | SubscriptionPlan) -> tuple[str, ...]:
    return one.address, one.symbol, one.strategy, one.venue, one.channel


def _with_terms(account: Account, plan: AccountPlan) -> Account:
    return replace(account, **{name: getattr(plan, name) for name in CHANGEABLE})


def _refusals(account: Account, plan: AccountPlan) -> Iterable[str]:
    for name in FIXED:
        old, new = getattr(account, name), getattr(plan, name)
        if old != new:
            yield (
                f"the account {account.name!r} has the {name} {old}, which it keeps; "
                f"give the one with {new} another name"
            )


def _kept_beside(new: Watchlist, old: Watchlist | None) -> Watchlist:
    return new if old is None else replace(new, monitored=old.monitored, dropped=old.dropped)


def _monitored(one: Watchlist) -> tuple[str, ...]:
    """What people have changed while the program runs."""
    monitored, dropped = ([f"{s.symbol}_{s.interval}" for s in series] for series in (one.monitored, one.dropped))
    return (
        *((f"monitored at run time: {_listed(monitored)}",) if monitored else ()),
        *((f"dropped at run time: {_listed(dropped)}",) if dropped else ()),
    )


def _watchlist_change(new: Watchlist, old: Watchlist | None) -> Change:
    if old is None:
        opening = (f"{new.venue} from {new.source}", f"intervals {', '.join(new.intervals)}", _count(new.symbols))
        return Change("watchlist", new.name, Action.ADDED, opening)
    details = (
        *(f"{name} {getattr(old, name)} -> {getattr(new, name)}" for name in ("venue", "source")
          if getattr(old, name) != getattr(new, name)),
        *_members("intervals", old.intervals, new.intervals),
        *_members("symbols", old.symbols, new.symbols),
    )  # fmt: skip
    return Change("watchlist", new.name, Action.CHANGED, details)


def _members(name: str, old: Sequence[str], new: Sequence[str]) -> Iterable[str]:
    added, removed = [one for one in new if one not in old], [one for one in old if one not in new]
    if added:
        yield f"{name} added: {_listed(added)}"
    if removed:
        yield f"{name} removed: {_listed(removed)}"
    if not (added or removed) and tuple(old) != tuple(new):
        yield f"{name} in another order"


def _assignment_changes(
    changed: Sequence[Assignment],
    removed: Sequence[Assignment],
    stored: Mapping[AssignmentKey, Assignment],
    states: Mapping[str, AccountState],
) -> Iterable[Change]:
    """A line for each strategy and account to which the same happens, with the series that it happens to."""
    lines: dict[tuple[str, Action, tuple[str, ...]], list[str]] = {}
    for one in (*changed, *removed):
        old = stored.get(assignment_key(one))
        action, details = Action.ADDED, _terms(one)
        if one in removed:
            action, details = Action.REMOVED, _left_behind(one, states.get(one.account))
        elif old is not None:
            action, details = Action.CHANGED, _field_details(old, one)
        lines.setdefault((f"{one.strategy} for {one.account}", action, details), []).append(str(one.series))
    for (name, action, details), series in lines.items():
        yield Change("assignment", name, action, (_listed(series), *details))


def _terms(assignment: Assignment) -> tuple[str, ...]:
    return (f"exits {_text(assignment.exits)}",) if assignment.exits else ()


def _left_behind(assignment: Assignment, state: AccountState | None) -> tuple[str, ...]:
    """What nothing will sell once the assignment is gone."""
    position = state and state.position(Holding(assignment.strategy, assignment.series))
    if not position:
        return ()
    return (f"{assignment.account} still holds {position.quantity.normalize():f} of it, which nothing will sell",)


def _opening(plan: AccountPlan, gone: Sequence[AccountState]) -> tuple[str, ...]:
    money = f"{plan.cash:,f} {plan.currency} at {plan.broker} ({plan.mode})"
    terms = (*FIXED, *CHANGEABLE)
    alike = [s.account.name for s in gone if all(getattr(s.account, t) == getattr(plan, t) for t in terms)]
    renamed = [f"the money and positions of {name} stay there: an account cannot be renamed" for name in alike]
    return (money, *renamed)


def _held(state: AccountState) -> tuple[str, ...]:
    cash = ", ".join(f"{amount.normalize():,f} {asset}" for asset, amount in sorted(state.cash.items()))
    held = ", ".join(f"{p.quantity.normalize():f} {p.instrument}" for p in state.positions)
    return (f"it has {cash or 'no cash'}" + (f" and holds {held}" if held else ""),)


def _field_details(old: object, new: object) -> tuple[str, ...]:
    """The fields of two records that differ, those of records in them by their names."""
    details: list[str] = []
    for field in fields(old):  # type: ignore[arg-type]  # both are dataclasses of one type
        before, after = getattr(old, field.name), getattr(new, field.name)
        if before == after:
            continue
        if hasattr(before, "__dataclass_fields__") and type(before) is type(after):
            details += [f"{field.name}.{detail}" for detail in _field_details(before, after)]
        else:
            details.append(f"{field.name} {_text(before)} -> {_text(after)}")
    return tuple(details)


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if hasattr(value, "__dataclass_fields__") and type(value).__str__ is object.__str__:
        given = ((name, getattr(value, name)) for name in value.__dataclass_fields__)
        return ", ".join(f"{name} {_text(part)}" for name, part in given if part not in {None, False}) or "none"
    return str(value)


def _count(symbols: Sequence[str]) -> str:
    return f"{len(symbols)} symbol{'' if len(symbols) == 1 else 's'}: {_listed(symbols)}"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
