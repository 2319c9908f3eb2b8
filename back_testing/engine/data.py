"""Bars to test on: from a file, without a database, or from the database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.domain.bars import COLUMNS, Bars, Floats, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight, period_key
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.gateways.bar_files import BarFile, BarFileReader
from algo_trading.gateways.market_data import BESIDE, RAW_COLUMNS
from algo_trading.quality.parse import parse_numbers, parse_rows
from algo_trading.repositories.bars import BarReader, CorporateActionRepository, split_by_series
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.base import Flags
from back_testing.engine.ends import End, ends_of
from back_testing.engine.metrics import never_closes
from back_testing.engine.rules import TradingRules
from back_testing.engine.suggestions import did_you_mean, shortened

LOOKED_AT = timedelta(days=10)  # after a merger, for the price of what was merged into
NO_DIVIDENDS = "the return is that of the price alone where any was paid"


@dataclass(frozen=True)
class History:
    """Bars to test on, what a reader of the result has to know about their prices, and the ends that are known."""

    series: list[Bars]
    notes: tuple[str, ...] = ()
    ends: tuple[End, ...] = ()

    def rules_of(self, rules: TradingRules) -> TradingRules:
        """The rules for these bars, with shares as their venues have them and with their ends.

        Raises:
            ConfigError: as `TradingRules.for_bars`.
        """
        return replace(rules.for_bars(self.series), ends=self.ends)


def bars_from_file(
    read: BarFileReader,
    path: Path,
    symbols: Sequence[str],
    venue: str,
    last: date | None = None,
    *,
    adjust: bool = True,
) -> History:
    """The bars of a file that `import-bars` takes: of its only symbol, or of those asked for, in their order.

    Bars after the session `last` are left out. Prices are adjusted as of the last bar for what the file tells: by its
    column of adjusted closes, else by its dividends. Files do not tell the true close of a session, so a bar counts as
    closed at the end of its day.

    Raises:
        ConfigError: the file holds no bars, lacks a symbol or has several and none is asked for, or a row is no bar:
            cells that are missing or unreadable, a date that comes twice or out of order.
    """
    tables = _tables(read, path, symbols)
    rows = _rows(tables, symbols)
    found = {symbol.upper(): symbol for symbol in pc.unique(rows["symbol"]).to_pylist() if symbol}
    if not found and not symbols:
        raise ConfigError(f"{path} holds no bars")
    if not symbols and len(found) > 1:
        raise ConfigError(f"{path} holds {len(found)} symbols ({shortened(found.values())}); choose with --symbol")
    series, bare = [], []
    for name in symbols or found:
        if name.upper() not in found:
            known = {*found.values(), *(table.symbol for table in tables if table.symbol)}
            raise ConfigError(f"{path} has no bars of {name}; it has {shortened(known)}")
        own = rows.filter(pc.equal(rows["symbol"], found[name.upper()]))
        series.append(_bars(own, Instrument(found[name.upper()], venue), last, adjust=adjust))
        if adjust and not never_closes(venue) and not _adjusts(own):
            bare.append(series[-1].instrument.symbol)
    note = f"the file has neither adjusted closes nor dividends of {shortened(bare)}: {NO_DIVIDENDS}"
    return History(series, (note,) if bare else ())


def _tables(read: BarFileReader, path: Path, symbols: Sequence[str]) -> list[BarFile]:
    try:
        return [table for file in read([path], symbols[0] if len(symbols) == 1 else None) for table in file.tables]
    except AlgoTradingError as error:
        raise ConfigError(str(error)) from error


def _rows(tables: Sequence[BarFile], symbols: Sequence[str]) -> pa.Table:
    """The rows of the tables that may hold a wanted symbol, one table after the other."""
    wanted = {symbol.upper() for symbol in symbols}
    rows = [
        table.rows((*RAW_COLUMNS, *BESIDE))
        for table in tables
        if table.symbol is None or not wanted or table.symbol.upper() in wanted
    ]
    if not rows:
        return pa.table({name: pa.array([], pa.string()) for name in (*RAW_COLUMNS, *BESIDE, "place")})
    joined = pa.concat_tables(rows)
    return joined.set_column(0, "symbol", pc.utf8_trim_whitespace(joined["symbol"]))


def _bars(rows: pa.Table, instrument: Instrument, last: date | None, *, adjust: bool) -> Bars:
    parsed = parse_rows(rows, Interval.DAY)
    for row in np.flatnonzero(parsed.unparseable != np.array(None)):
        raise ConfigError(f"{rows['place'][int(row)]}: this cell cannot be read: {parsed.unparseable[row]}")
    for name in COLUMNS:
        _require(~np.isnan(parsed.numbers[name]), rows, f"the {name} is missing")
    _require(~np.isnat(parsed.opened_at), rows, "the date is missing")
    steps = np.diff(parsed.opened_at).astype(np.int64)
    _require(np.append(True, steps != 0), rows, f"{instrument} has this date twice")
    _require(np.append(True, steps > 0), rows, f"{instrument} is not in ascending order of dates")
    opened: Times = parsed.opened_at
    closed: Times = opened + np.timedelta64(1, "D")
    columns: dict[str, Any] = {name: parsed.numbers[name] for name in COLUMNS}
    bars = Bars(instrument, Interval.DAY, opened, closed, **columns)
    if last is not None:
        end = int(np.searchsorted(bars.sessions, np.datetime64(last, "D"), side="right"))
        bars, rows = bars[:end], rows.slice(0, end)
    return _adjusted_as_told(bars, rows) if adjust and len(bars) else bars


def _require(good: Flags, rows: pa.Table, what: str) -> None:
    if not good.all():
        raise ConfigError(f"{rows['place'][int(np.argmin(good))]}: {what}; correct the file")


def _adjusted_as_told(bars: Bars, rows: pa.Table) -> Bars:
    closes, _ = parse_numbers(rows["adjusted_close"])
    if len(closes) and bool((closes > 0).all()):
        return _scaled(bars, closes / bars.close)
    dividends, _ = parse_numbers(rows["dividend"])
    paid = [
        CorporateAction(bars.instrument, bars.session(int(row)), ActionKind.DIVIDEND, float(dividends[row]))
        for row in np.flatnonzero(dividends > 0)
    ]
    return adjusted(bars, paid)


def _adjusts(rows: pa.Table) -> bool:
    """Whether the file says something about dividends, if only that there were none."""
    return any(bool(np.isfinite(parse_numbers(rows[name])[0]).any()) for name in BESIDE)


def _scaled(bars: Bars, factors: Floats) -> Bars:
    """Prices times the factors, the last of which is made 1."""
    factors = factors / factors[-1]
    return replace(bars, **{name: getattr(bars, name) * factors for name in ("open", "high", "low", "close")})


@dataclass(frozen=True)
class ReadHistory:
    """Bars of the database, back-adjusted as of the last one."""

    bars: BarReader
    actions: CorporateActionRepository
    join: JoinFeatures

    def __call__(
        self,
        series: Sequence[Series],
        last: datetime | None,
        *,
        adjust: bool = True,
        features: Sequence[str] = (),
    ) -> History:
        """Every stored bar that opened up to `last` (None: the newest), in the order of `series`.

        They have `features` as they were known at each close.

        Raises:
            ConfigError: a series has no bars, or there is no such feature.
        """
        stored = split_by_series(self.bars.read(series, None, last))
        missing = [one for one in series if one not in stored]
        if missing:
            raise ConfigError(
                self._missing(missing[0], f" up to {period_key(missing[0].interval, last)}" if last else "")
            )
        found = [self.join(stored[one], features) for one in series]
        ends = self._ends(found, last)
        if not adjust or not found:
            return History(found, ends=ends)
        actions = self.actions.read([one.instrument for one in series], max(bars.session(-1) for bars in found))
        paying = {action.instrument for action in actions if action.kind is ActionKind.DIVIDEND}
        bare = [one.symbol for one in series if one.instrument not in paying and not never_closes(one.venue)]
        note = f"the database has no dividends of {shortened(bare)}: {NO_DIVIDENDS}"
        known = [adjusted(bars, [a for a in actions if a.instrument == bars.instrument]) for bars in found]
        return History(known, (note,) if bare else (), ends)

    def _ends(self, series: Sequence[Bars], last: datetime | None) -> tuple[End, ...]:
        """The ends up to `last`, or of which anybody knows."""
        if not series:
            return ()
        interval, until = series[0].interval, last.date() if last else date.max

        def opening(instrument: Instrument, day: date) -> float | None:
            one = Series(instrument, interval)
            found = split_by_series(self.bars.read([one], midnight(day), midnight(day) + LOOKED_AT)).get(one)
            return float(found.open[0]) if found is not None else None

        return ends_of(series, self.actions.read([bars.instrument for bars in series], until), opening)

    def _missing(self, series: Series, until: str) -> str:
        known = [other.symbol for other in self.bars.series(series.interval) if other.venue == series.venue]
        hint = did_you_mean(series.symbol, known)
        return (
            f"the database has no bars of {series} ({series.venue}){until}{hint}; "
            "bring some with `algo-trading load` or `algo-trading import-bars`, or name a file with --csv"
        )
