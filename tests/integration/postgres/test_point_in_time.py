"""A session evaluated after later data came gives what it gave when it was the newest one."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from algo_trading.bootstrap import App, bootstrap
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval, Period, midnight
from algo_trading.settings import load_settings
from contracts.bars import daily
from support.postgres_server import TestServer
from support.sample_bars import sample_actions, sample_table

pytestmark = pytest.mark.integration

SYMBOLS = ("AAPL", "IBM", "MSFT")
SERIES = daily(Instrument(symbol) for symbol in SYMBOLS)
# Around Microsoft's split of 2003-02-18 and special dividend of 2004-11-15 and Apple's split of 2005-02-28.
DAYS = (
    date(2003, 2, 14), date(2003, 2, 18), date(2003, 2, 19),
    date(2004, 11, 12), date(2004, 11, 15), date(2004, 11, 16),
    date(2005, 2, 25), date(2005, 2, 28), date(2005, 3, 1), date(2005, 3, 22),
)  # fmt: skip
SESSIONS = tuple(trading_calendar("XNYS").period(Interval.DAY, midnight(day)) for day in DAYS)
BEGIN = date(2002, 1, 2)


@pytest.fixture
def apps(postgres: TestServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[App, App]]:
    """Two applications on databases of their own, with the strategies of the sample."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    settings = load_settings()
    with (
        postgres.own_database() as one,
        postgres.own_database() as other,
        bootstrap(settings, url=one) as first,
        bootstrap(settings, url=other) as second,
    ):
        for app in (first, second):
            app.apply_config()()
        yield first, second


def load(app: App, first: date, last: date) -> None:
    app.actions.upsert(sample_actions(SYMBOLS, first, last), "sample")
    app.bars.upsert(sample_table(SYMBOLS, first, last), "sample")


def decided(app: App, session: Period) -> list[Signal]:
    return app.signals.of_period("XNYS", Interval.DAY, session.opened_at)


def test_signals_and_indicators_are_those_of_the_day(apps: tuple[App, App]) -> None:
    then, now = apps
    begin = BEGIN
    for session in SESSIONS:
        load(then, begin, session.date)
        begin = session.date
        then.compute_indicators()(session, SERIES)
        then.evaluate_strategies()(session, SERIES)
    load(now, BEGIN, date(2013, 3, 1))
    for session in reversed(SESSIONS):
        now.compute_indicators()(session, SERIES)
        now.evaluate_strategies()(session, SERIES)
    sides = set()
    for session in SESSIONS:
        of_then, of_now = decided(then, session), decided(now, session)
        assert of_then == of_now
        assert len(of_then) == 4  # sma_cross on three and ema_cross on IBM
        sides |= {signal.side for signal in of_then}
        rows = [app.indicators.read(SERIES, session.opened_at) for app in apps]
        assert rows[0] == rows[1]
        assert rows[0].num_rows == 3
    assert len(sides) > 1
    assert Side.HOLD in sides


def test_a_revised_bar_shows_in_the_hash_and_rewrites_nothing(apps: tuple[App, App]) -> None:
    app, revised = apps
    session = SESSIONS[1]
    for either in apps:
        load(either, BEGIN, session.date)
    table = sample_table(["MSFT"], session.date, session.date)
    revised.bars.upsert(table.set_column(table.schema.get_field_index("volume"), "volume", [[1.0]]), "sample")
    for either in apps:
        either.evaluate_strategies()(session, SERIES)
    before = {s.instrument.symbol: s.inputs_hash for s in decided(app, session)}
    after = {s.instrument.symbol: s.inputs_hash for s in decided(revised, session)}
    assert {symbol for symbol in before if before[symbol] != after[symbol]} == {"MSFT"}
    app.bars.upsert(revised.bars.read(SERIES[2:], session.opened_at, session.opened_at), "sample")
    assert app.evaluate_strategies()(session, SERIES).new == 0
    assert {s.instrument.symbol: s.inputs_hash for s in decided(app, session)} == before
