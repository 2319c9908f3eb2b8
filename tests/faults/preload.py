"""What the fork server brings to every start: the program, its slow libraries, and the calendar of New York."""

import gc

import adbc_driver_postgresql.dbapi
import alembic.config
import matplotlib.backends.backend_agg

import algo_trading.bootstrap
import algo_trading.cli.commands
import algo_trading.indicators.kernels
import algo_trading.quality.gate
from algo_trading.calendars import trading_calendar

LOADED = (
    adbc_driver_postgresql.dbapi,
    alembic.config,
    algo_trading.bootstrap,
    algo_trading.cli.commands,
    algo_trading.indicators.kernels,
    algo_trading.quality.gate,
    matplotlib.backends.backend_agg,
    trading_calendar("XNYS"),
)

gc.freeze()  # half a million objects that every fork has and keeps: its collector need not look at them
