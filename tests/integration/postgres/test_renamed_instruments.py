"""An instrument that gets a new name: its bars, actions, signals, accounts and lists go on under that."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer import Typer
from typer.testing import CliRunner

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.names import BOOKED, MOVED
from algo_trading.adapters.postgres.schema import metadata
from algo_trading.bootstrap import App
from algo_trading.cli.commands import app as program
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import Subscription
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import UpsertCount
from algo_trading.repositories.periods import Stage
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.settings import load_settings
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.cli.bars import BarSource
from back_testing.cli.commands import app as backtest
from contracts.accounts import an_account, opening
from contracts.bars import bar_row, bar_rows
from contracts.signals import CROSS, a_signal
from fakes.clock import FakeClock

pytestmark = pytest.mark.integration

FB, META = Instrument("FB"), Instrument("META")
DAYS = [date(2013, 1, day) for day in (2, 3, 4, 7, 8, 9)]
RENAMED = CorporateAction(FB, DAYS[3], ActionKind.RENAMED, 1.0, "META")
NOW = datetime(2013, 1, 20, tzinfo=UTC)
HEADER = "symbol,date,open,high,low,close,volume\n"


@pytest.fixture
def app(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    return App(load_settings(), database, FakeClock(NOW))


def store(app: App, instrument: Instrument, days: Sequence[date], price: float = 10.0) -> UpsertCount:
    return app.bars.upsert(bar_rows(*(bar_row(instrument, day, price) for day in days)), "test")


def closes(app: App, instrument: Instrument) -> list[tuple[date, float]]:
    table = app.bars.read([Series(instrument)], None, None)
    days = [opened.date() for opened in table["opened_at"].to_pylist()]
    return list(zip(days, table["close"].to_pylist(), strict=True))


def decide(app: App, instrument: Instrument, said: dict[date, Side]) -> None:
    assert isinstance(app.clock, FakeClock)
    for day, side in said.items():
        app.clock.time = midnight(day) + timedelta(hours=23)
        app.signals.add([replace(a_signal(side, instrument, midnight(day)), confidence=1.0)])
        app.periods.mark("stocks", Interval.DAY, midnight(day), Stage.DECIDED)
        app.dispatch_signals()()
    app.clock.time = NOW


def trading(app: App) -> None:
    """An account that bought FB before its split and before its new name; FB is watched, and somebody follows it."""
    watched = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("FB", "IBM"), (Series(FB, Interval.WEEK),))
    assigned = Assignment(CROSS, Series(FB), "stocks", "paper", "owner")
    app.setup.change(SetupChanges(watchlists=(watched,), assignments=(assigned,)))
    app.accounts.open(opening(an_account()))
    follower = Subscription("ann@example.com", "FB", "*", "XNYS", midnight(DAYS[0]))
    app.subscriptions.add(follower)
    store(app, FB, DAYS[:3])
    app.tell_actions()([CorporateAction(FB, DAYS[2], ActionKind.SPLIT, 2.0)])
    decide(app, FB, {DAYS[0]: Side.BUY, DAYS[1]: Side.HOLD, DAYS[2]: Side.HOLD})


def test_everything_goes_on_under_the_new_name(app: App) -> None:
    trading(app)
    (before,) = app.accounts.state("paper").positions
    assert app.tell_actions()([RENAMED]).told == 1
    assert app.tell_actions()([RENAMED]).told == 0
    (position,) = app.accounts.state("paper").positions
    assert (position.instrument, position.quantity) == (META, before.quantity)
    (order,) = app.accounts.orders("paper")
    assert order.signal == app.signals.of_period("XNYS", Interval.DAY, midnight(DAYS[0]))[0].key
    assert closes(app, META) == [(day, 10.0) for day in DAYS[:3]]
    assert closes(app, FB) == []
    assert [str(one) for one in app.actions.read([META], date.max)] == ["split of META on 2013-01-04 (2)"]
    (watchlist,) = app.watchlists.all()
    assert (watchlist.symbols, watchlist.monitored) == (("META", "IBM"), (Series(META, Interval.WEEK),))
    assert [one.series.instrument for one in app.assignments.all()] == [META]
    assert [one.symbol for one in app.subscriptions.all()] == ["META"]
    assert all(report.agrees for report in app.verify_accounts()())
    store(app, META, DAYS[3:5], 12.0)
    decide(app, META, {DAYS[3]: Side.SELL, DAYS[4]: Side.HOLD})
    assert app.accounts.state("paper").positions == ()
    assert all(report.agrees for report in app.verify_accounts()())


def test_who_works_on_an_account_meanwhile_begins_again(app: App) -> None:
    trading(app)
    before = app.accounts.state("paper")
    app.tell_actions()([RENAMED])
    assert app.accounts.state("paper").version == before.version + 1


def test_files_under_the_old_name_are_of_the_instrument_until_the_new_one(app: App, tmp_path: Path) -> None:
    store(app, META, DAYS[3:])
    app.tell_actions()([RENAMED])
    path = tmp_path / "fb.csv"
    rows = [f"fb,{day},10,10,10,{10 if day < DAYS[3] else 25},100\n" for day in DAYS]
    path.write_text(HEADER + "".join(rows).replace(",10,10,10,25,", ",25,25,25,25,"))
    report = app.import_bars()([path], None, "XNYS")
    assert [str(one) for one in report.renamed] == [
        "FB has been META since 2013-01-07: rows from that date on are stored as FB, an instrument of its own (3)",
        "FB has been META since 2013-01-07: rows from before are stored as META (3)",
    ]
    assert closes(app, META) == [(day, 10.0) for day in DAYS]
    assert closes(app, FB) == [(day, 25.0) for day in DAYS[3:]]
    assert app.names.newest([FB, META]) == {}  # what is called FB now is another company


def test_actions_are_those_of_what_had_the_name_then(app: App) -> None:
    store(app, FB, DAYS[:3])
    app.tell_actions()([RENAMED, CorporateAction(FB, DAYS[1], ActionKind.DIVIDEND, 0.5)])
    assert [str(one) for one in app.actions.read([META], date.max)] == ["dividend of META on 2013-01-03 (0.5)"]


def test_what_has_both_names_becomes_one(app: App) -> None:
    trading(app)
    store(app, META, DAYS[2:], 10.05)
    app.signals.add([a_signal(Side.BUY, META, midnight(day)) for day in DAYS[2:4]])
    assert app.tell_actions()([RENAMED]).told == 1
    assert closes(app, META) == [*((day, 10.0) for day in DAYS[:2]), *((day, 10.05) for day in DAYS[2:])]
    (extent,) = app.bars.extents()
    assert (extent.series.instrument, extent.bars) == (META, len(DAYS))
    assert [position.instrument for position in app.accounts.state("paper").positions] == [META]
    assert all(report.agrees for report in app.verify_accounts()())


def test_two_companies_do_not_become_one(app: App) -> None:
    store(app, FB, DAYS[:3])
    store(app, META, DAYS[:3], 25.0)
    with pytest.raises(ConfigError, match="META has other prices than FB in 3 of 3 periods in which both have bars"):
        app.tell_actions()([RENAMED])
    assert app.names.all() == []


def test_accounts_that_traded_both_are_left_alone(app: App) -> None:
    trading(app)
    store(app, META, DAYS[3:])
    app.setup.change(SetupChanges(assignments=(Assignment(CROSS, Series(META), "stocks", "paper", "owner"),)))
    decide(app, META, {DAYS[3]: Side.BUY, DAYS[4]: Side.HOLD})
    with pytest.raises(ConfigError, match=r"traded both FB and META, .* add FB merged 2013-01-07 1 --into META"):
        app.tell_actions()([RENAMED])
    assert {position.instrument for position in app.accounts.state("paper").positions} == {FB, META}


def test_nothing_is_renamed_that_nobody_knows_or_that_is_still_to_come(app: App) -> None:
    with pytest.raises(ConfigError, match=r"nothing is known of FB or META \(XNYS\)"):
        app.tell_actions()([RENAMED])
    later = CorporateAction(FB, date(2013, 2, 1), ActionKind.RENAMED, 1.0, "META")
    with pytest.raises(ConfigError, match=r"new name of FB on 2013-02-01 \(1 into META\) is still to come"):
        app.tell_actions()([later])


def test_a_new_name_can_be_taken_back(app: App) -> None:
    trading(app)
    app.tell_actions()([RENAMED])
    app.tell_actions().withdraw(META, DAYS[3], ActionKind.RENAMED)
    assert app.names.all() == []
    assert [day for day, _ in closes(app, FB)] == DAYS[:3]
    assert app.watchlists.all()[0].symbols == ("FB", "IBM")
    assert all(report.agrees for report in app.verify_accounts()())
    with pytest.raises(ConfigError, match="no new name of META on 2013-01-07 is known"):
        app.tell_actions().withdraw(META, DAYS[3], ActionKind.RENAMED)


def test_names_follow_one_another(app: App) -> None:
    store(app, FB, DAYS[:3])
    again = CorporateAction(META, DAYS[4], ActionKind.RENAMED, 1.0, "MVRS")
    assert app.tell_actions()([again, RENAMED]).told == 2
    last = Instrument("MVRS")
    assert app.names.all() == [FormerName(FB, DAYS[3], last), FormerName(META, DAYS[4], last)]
    assert len(closes(app, last)) == 3
    assert not app.names.undo(FormerName(FB, DAYS[3], last))  # it is not the newest one


def test_the_configuration_may_have_the_old_name(app: App) -> None:
    store(app, Instrument("GOOG"), DAYS[:3])
    app.apply_config()()
    app.tell_actions()([CorporateAction(Instrument("GOOG"), DAYS[3], ActionKind.RENAMED, 1.0, "GOOGL")])
    found = app.apply_config().difference()
    assert not found
    (kept,) = [one for one in found.kept if one.what == "symbol"]
    assert (kept.name, kept.details[0]) == (
        "GOOG",
        "GOOG has been GOOGL since 2013-01-07, and is taken for that: change the configuration",
    )
    app.apply_config()()
    assert all("GOOG" not in one.symbols for one in app.watchlists.all())


def test_commands_know_the_former_name(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("bootstrap", "cli.subscribing", "cli.monitoring"):
        monkeypatch.setattr(f"algo_trading.{module}.bootstrap", lambda: nullcontext(app))
    watched = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("FB",))
    strategy = SmaCross(2, 3, 0)
    assigned = Assignment(strategy.id, Series(FB), "stocks", "paper", "owner")
    app.setup.change(SetupChanges(watchlists=(watched,), assignments=(assigned,)))
    for number, day in enumerate(DAYS[:4]):
        store(app, FB, [day], 10.0 + number)
    app.evaluate_strategies()(app.calendars("XNYS").period(Interval.DAY, midnight(DAYS[3])), [Series(FB)])
    app.tell_actions()([RENAMED])

    def said(program: Typer, *arguments: str) -> str:
        found = CliRunner().invoke(program, arguments, catch_exceptions=False, standalone_mode=False)
        return " ".join(found.output.split())

    former = "FB has been META since 2013-01-07"
    verified = said(backtest, "verify-live", "--symbol", "fb", "--symbol", "META", "--json")
    assert former in verified
    assert '"checked": 1, "agreed": 1' in verified
    source = BarSource(("fb",), None, None, None, None, adjusted=True)
    bars, history = source.load_one([strategy])
    assert (bars.instrument, len(bars), history.notes[0]) == (META, 4, former)
    ran = said(backtest, "run", "--strategy", "sma_cross:fast=2,slow=3,trend=0", "--symbol", "FB")
    assert former in ran
    subscribed = said(program, "subscribe", "ann@example.com", "--symbol", "FB")
    assert former in subscribed
    assert "ann@example.com is subscribed to * on META" in subscribed
    assert "not monitored any more: META_1d" in said(program, "drop", "FB")
    assert f"{former} monitored from now on: META_1d" in said(program, "monitor", "FB_1d")
    assert "1 subscription of ann@example.com ended" in said(
        program, "unsubscribe", "ann@example.com", "--symbol", "FB"
    )


def test_every_table_about_instruments_is_thought_of(database: Database) -> None:
    about = {table.name for table in metadata.sorted_tables if "instrument_id" in table.columns}
    assert about == {*MOVED, *BOOKED, "series"}
    with database.engine.connect() as connection:
        for table, key in MOVED.items():
            columns = ", ".join(("instrument_id", *key))
            connection.execute(text(f"SELECT {columns} FROM {table}"))
