"""What is run to be recorded: the configuration of an installation, and the commands that a user gives it."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

MADE_UP = Path(__file__).parent / "made_up"  # bars and figures of companies that there are not
ALL = '["AAPL", "FB", "GOOG", "IBM", "MSFT"]'
WATCHED = """
[[watchlists]]
name = "us_stocks"
venue = "XNYS"
source = "sample"
intervals = ["1d"]
symbols = """


@dataclass(frozen=True)
class Flow:
    """An installation's life: its configuration, the cash it opens an account with, and commands, each taking --json.

    `quick` ones are part of the tests.
    """

    name: str
    config: str
    cash: Decimal
    commands: tuple[tuple[str, ...], ...]
    quick: bool = True


# As `make run` has it, with more strategies. Two readers get some of the mails, one mail goes to both.
SAMPLE = f"""
preset = "sample"
{WATCHED}{ALL}

[[accounts]]
name = "paper"
start = 2013-01-02

[[strategies]]
name = "sma_cross"
symbols = {ALL}
params = {{ fast = 7, slow = 21, trend = 50 }}

[[strategies]]
name = "ema_cross"
symbols = {ALL}
params = {{ fast = 8, slow = 21 }}

[[strategies]]
name = "macd_cross"
symbols = {ALL}

[[strategies]]
name = "rsi_reversion"
symbols = {ALL}

[[strategies]]
name = "donchian_breakout"
symbols = {ALL}

[[strategies]]
name = "momentum"
symbols = {ALL}

[[strategies]]
name = "influencer_mention"
symbols = {ALL}

[[subscriptions]]
address = "trader@localhost"
symbol = "IBM"
start = 2013-01-02

[[subscriptions]]
address = "trader@localhost"
strategy = "influencer_mention"
start = 2013-01-02

[[subscriptions]]
address = "Reader.Two@example.org"
symbol = "IBM"
strategy = "ema_cross"
start = 2013-02-20

[[subscriptions]]
address = "Reader.Two@example.org"
symbol = "AAPL"
start = 2013-02-01
"""

# The last days of the sample's posts, with strategies that need text and figures.
TEXT = f"""
preset = "sample"
{WATCHED}{ALL}

[[accounts]]
name = "paper"
start = 2013-02-20

[[strategies]]
name = "influencer_mention"
symbols = {ALL}

[[strategies]]
name = "event_driven"
symbols = {ALL}
params = {{ impact = 0.05, drop = -0.01, hold = 1 }}

[[strategies]]
name = "volatility_drop"
symbols = {ALL}
params = {{ sigmas = 0.5, drop = -0.5, sentiment = 0.0, hold = 2 }}

[[subscriptions]]
address = "trader@localhost"
strategy = "influencer_mention"
start = 2013-02-20

[[subscriptions]]
address = "trader@localhost"
strategy = "event_driven"
start = 2013-02-20
"""

# Microsoft pays a dividend on 2005-02-15, Apple is split 2:1 on 2005-02-28; the account holds both.
ACTIONS = f"""
feeds = []
{WATCHED}["AAPL", "IBM", "MSFT"]

[[accounts]]
name = "paper"
start = 2005-02-11
cash = 50_000
position_fraction = 0.2

[[strategies]]
name = "buy_and_hold"
symbols = ["AAPL", "MSFT"]

[[strategies]]
name = "sma_cross"
symbols = ["AAPL", "IBM", "MSFT"]
params = {{ fast = 2, slow = 5, trend = 50 }}

[[subscriptions]]
address = "trader@localhost"
symbol = "AAPL"
strategy = "sma_cross"
start = 2005-02-11
"""

# Rules that refuse orders, and files with rows that are held back.
LIMITS = f"""
[[watchlists]]
name = "made_up"
venue = "XNYS"
source = "csv_files"
intervals = ["1d"]
symbols = ["ALPHA", "BRAVO", "DELTA"]

[sources.csv_files]
folder = "{MADE_UP / "bars"}"

[[accounts]]
name = "paper"
start = 2013-01-03
cash = 3_000
position_fraction = 0.3
commission = 0.002

[[strategies]]
name = "buy_and_hold"
symbols = ["ALPHA", "BRAVO", "DELTA"]
limits = {{ max_positions = 1, mail_from = "high" }}

[[strategies]]
name = "sma_cross"
symbols = ["ALPHA", "BRAVO", "DELTA"]
params = {{ fast = 1, slow = 2, trend = 3 }}
limits = {{ order_from = "high", mail_from = "medium" }}

[[strategies]]
name = "ema_cross"
symbols = ["ALPHA", "BRAVO", "DELTA"]
params = {{ fast = 2, slow = 3 }}
limits = {{ trade_window = "09:30-15:30" }}

[[strategies]]
name = "donchian_breakout"
symbols = ["ALPHA", "BRAVO", "DELTA"]
params = {{ entry = 3, exit = 2 }}

[[subscriptions]]
address = "trader@localhost"
strategy = "ema_cross"
start = 2013-01-03

[[subscriptions]]
address = "trader@localhost"
strategy = "sma_cross"
start = 2013-01-08
"""

FLOWS = (
    Flow(
        "sample",
        SAMPLE,
        Decimal(100_000),
        (
            ("load", "--from", "2000-03-01", "--to", "2012-12-31"),
            ("run-session", "2013-01-02", "--to", "2013-03-01"),
            ("run-text",),  # what came after the last close
        ),
        quick=False,
    ),
    Flow(
        "text",
        TEXT,
        Decimal(100_000),
        (
            ("load", "--from", "2012-06-01", "--to", "2013-02-19"),
            ("import-fundamentals", str(MADE_UP / "fundamentals.csv")),
            ("run-session", "2013-02-20", "--to", "2013-03-01"),
        ),
    ),
    Flow(
        "actions",
        ACTIONS,
        Decimal(50_000),
        (
            ("load", "--from", "2004-08-02", "--to", "2005-02-10"),
            ("run-session", "2005-02-11", "--to", "2005-03-01"),
        ),
    ),
    Flow(
        "limits",
        LIMITS,
        Decimal(3_000),
        (
            ("load", "--from", "2012-12-03", "--to", "2013-01-02"),
            ("run-session", "2013-01-03", "--to", "2013-01-11"),
        ),
    ),
)
