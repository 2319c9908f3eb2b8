"""Installations of the program, each with a data folder of its own, made new or copied from a prepared one."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from faults.programs import Finished, Running, kill_server, start
from faults.world import World, read_world

# Sessions around the split of AAPL on 2005-02-28, of which the account holds shares, with more strategies and readers
# than the sample's own configuration has: every session trades and mails. Posts are read, mailed and ordered on, too.
POSTS = Path(__file__).parents[1] / "data" / "posts_2005.jsonl"
BUSY = f"""
[[watchlists]]
name = "us_stocks"
venue = "XNYS"
source = "sample"
intervals = ["1d"]
symbols = ["AAPL", "GOOG", "IBM", "MSFT"]

[[accounts]]
name = "paper"
start = 2005-02-18

[[strategies]]
name = "sma_cross"
params = {{ fast = 2, slow = 5, trend = 50 }}

[[strategies]]
name = "sma_cross"
params = {{ fast = 7, slow = 21, trend = 50 }}

[[strategies]]
name = "ema_cross"
params = {{ fast = 3, slow = 8 }}

[[strategies]]
name = "influencer_mention"

[[feeds]]
platform = "file"
source = "{POSTS}"
influencers = ["harbor_ann"]

[[subscriptions]]
address = "every@localhost"
start = 2005-02-18

[[subscriptions]]
address = "some@localhost"
symbol = "AAPL"
start = 2005-02-18
"""
LOAD = ("load", "--from", "2000-01-01", "--to", "2005-02-17", "--json")
DAYS = (*(f"2005-02-{day}" for day in (18, 22, 23, 24, 25, 28)), "2005-03-01", "2005-03-02")
SESSIONS = ("run-session", DAYS[0], "--to", DAYS[-1], "--json")

# A day of candles of two lengths at a market that never closes: positions are left by signals, stops and targets.
CANDLES = """
[[watchlists]]
name = "coins"
venue = "DEMO"
source = "demo_candles"
intervals = ["1h", "4h"]
symbols = ["NOVAUSDT", "ORBUSDT", "ZEPHUSDT"]

[[accounts]]
name = "coins"
start = 2013-02-27

[[strategies]]
name = "ema_cross"
params = { fast = 2, slow = 5 }
exits = { stop = 0.01, target = 0.015, trailing = 0.01 }

[[strategies]]
name = "sma_cross"
intervals = ["1h"]
params = { fast = 2, slow = 4, trend = 0 }
exits = { target = 0.01 }

[[subscriptions]]
address = "every@localhost"
venue = "DEMO"
start = 2013-02-27
"""
LOAD_CANDLES = ("load", "--from", "2013-01-01", "--to", "2013-02-26", "--watchlist", "coins", "--json")
DAY_OF_CANDLES = ("run-session", "2013-02-27", "--watchlist", "coins", "--json")


@dataclass
class Installation:
    """A data folder, a configuration and a folder for temporary files below `root`, whose path is short."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    runs: int = 0

    @property
    def home(self) -> Path:
        """ALGO_HOME."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """TMPDIR of the program."""
        return self.root / "tmp"

    @property
    def server(self) -> EmbeddedPostgres:
        """Its PostgreSQL."""
        return EmbeddedPostgres(self.home)

    def start(self, *arguments: str, **variables: str) -> Running:
        """Start a command."""
        self.runs += 1
        environment = {"ALGO_HOME": str(self.home), "TMPDIR": str(self.temporary), **self.variables, **variables}
        return start(list(arguments), environment, self.root / f"run-{self.runs}")

    def run(self, *arguments: str, **variables: str) -> Finished:
        """Run a command to its end."""
        return self.start(*arguments, **variables).wait()

    def world(self) -> World:
        """Everything that a user can see."""
        return read_world(self.home)


@contextlib.contextmanager
def installation(config: str = "", copy_of: Installation | None = None) -> Iterator[Installation]:
    """A fresh installation, or a copy of one whose server is down; it is stopped and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="at-", dir="/tmp"))  # a socket's path must be short
    made = Installation(root)
    try:
        made.temporary.mkdir()
        if config:
            path = root / "algo-trading.toml"
            path.write_text(config, encoding="utf-8")
            made.variables["ALGO_CONFIG"] = str(path)
        if copy_of:
            made.variables = {**copy_of.variables, **made.variables}
            root.chmod(0o711)
            # The server's files belong to a user of its own where the tests run as root: cp keeps that.
            subprocess.run(["/bin/cp", "-a", f"{copy_of.home}/.", made.home], check=True)
        yield made
    finally:
        made.server.stop()
        kill_server(made.home)
        shutil.rmtree(root)
