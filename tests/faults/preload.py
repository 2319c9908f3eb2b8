"""What the fork server brings to every start: the program, its slow libraries, models and names, and a calendar.

What is kept for the whole of a process, whatever its configuration and database say, is brought; nothing else is.
"""

import gc

import adbc_driver_postgresql.dbapi
import alembic.config
import matplotlib.backends.backend_agg

import algo_trading.bootstrap
import algo_trading.cli.commands
import algo_trading.indicators.kernels
import algo_trading.quality.gate
from algo_trading.calendars import trading_calendar
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.cleaning import language_of
from algo_trading.sentiment.mentions.names import packaged_listings

HEADLINE = "Apple beats estimates and raises its dividend, while IBM falls on a weak forecast for the next quarter"
ABOUT = [(0, 5), (57, 60)]

LOADED = (
    adbc_driver_postgresql.dbapi,
    alembic.config,
    algo_trading.bootstrap,
    algo_trading.cli.commands,
    algo_trading.indicators.kernels,
    algo_trading.quality.gate,
    matplotlib.backends.backend_agg,
    trading_calendar("XNYS"),
    language_of(HEADLINE),
    packaged_listings(),
    FinanceScorer().score_aspects(HEADLINE, ABOUT),
    EventClassifier().classify([HEADLINE]),
)

gc.freeze()  # half a million objects that every fork has and keeps: its collector need not look at them
