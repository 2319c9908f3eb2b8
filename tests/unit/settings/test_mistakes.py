"""Mistakes in the configuration: all at once, with file and line or variable, key, and what is allowed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from algo_trading.settings import load_settings

pytestmark = pytest.mark.unit

Write = Callable[[str], Path]
OWN = "[[watchlists]]\nname = 'mine'\nvenue = 'XLON'\nsource = 'csv_files'\nsymbols = ['T', 'F']\n"
OF_S = "[[strategies]]\nname = 's'\nwatchlist = 'us_stocks'\naccount = 'paper'\n"
LIMITS = f"{OF_S}[strategies.limits]\n"
EXITS = f"{OF_S}[strategies.exits]\n"
TWO_OF_S = "[[strategies]]\nname = 's'\nwatchlist = 'mine'\n[[strategies]]\nname = 's'\nwatchlist = 'us'\n"
FEED = "[[feeds]]\nplatform = 'x'\nsource = '@a'\n"


@pytest.fixture
def write(write: Write, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the user's file; one without watchlists is over a preset with one watchlist and one account."""

    def written(text: str) -> Path:
        monkeypatch.delenv("ALGO_PRESET", raising=False)
        if "watchlists" not in text and "preset" not in text:
            monkeypatch.setenv("ALGO_PRESET", "yahoo")
        return write(text)

    return written


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "line", "expected"),
        [
            ("venu = 'XNYS'", 1, r"venu: there is no such key; known here are: accounts, airflow, .*watchlists"),
            ("chanel = 'smtp'", 1, r"chanel: there is no such key; did you mean 'channel'\? known here are: "),
            ("[acounts]\ncash = 5", 1, r"acounts: there is no such key; did you mean 'accounts'\?"),
            (f"{OWN}symbol = 'T'", 6, r"watchlists\.0\.symbol: there is no such key; did you mean 'symbols'\?"),
            ("[[strategies]]\nsymbols = ['T']", 1, r"strategies\.0\.name: is missing$"),
            (f"{OF_S}symbols = []", 5, r"strategies\.0\.symbols: must have at least 1 entry$"),
            (f"{OF_S}symbols = 'T'", 5, r"strategies\.0\.symbols: must be a list, such as \[\"one\", \"two\"\]$"),
            (f"{OF_S}symbols = ['IBM', ' T']", 5, r"strategies\.0\.symbols\.1: ' T' is not a symbol$"),
            (f"{OF_S}symbols = ['IBM', 'IBM']", 5, r"strategies\.0\.symbols: IBM is there twice$"),
            (f"{OF_S}params = {{ fast = [1] }}", 5, r"params\.fast: must be text in quotes, a number, true or false$"),
            ("shard_size = 'many'", 1, r"shard_size: must be a whole number$"),
            ("shard_size = 1.5", 1, r"shard_size: must be a whole number$"),
            ("shard_size = 0", 1, r"shard_size: must be greater than 0$"),
            ("[[accounts]]\nname = 'paper'\ncash = -5", 3, r"accounts\.0\.cash: must be greater than 0$"),
            (
                "[[accounts]]\nname = 'paper'\ncash = 0.000000001",
                3,
                r"accounts\.0\.cash: must have at most 8 decimals",
            ),
            ("[[accounts]]\nname = 'paper'\ncash = 1e30", 3, r"accounts\.0\.cash: must have at most 2\d digits"),
            (
                "[[accounts]]\nname = 'My Account'",
                2,
                r"'My Account' is not a name: use lower-case letters, digits, - a",
            ),
            ("[[accounts]]\nname = 'paper'\nmode = 'real'", 3, r"accounts\.0\.mode: must be 'paper'$"),
            ("[[accounts]]\nname = 'paper'\nposition_fraction = 1.5", 3, r"position_fraction: must be 1 or less$"),
            ("[[accounts]]\nname = 'paper'\nstart = 2013-02-30", None, r"is not valid TOML"),
            (
                "[[accounts]]\nname = 'paper'\nstart = 'yesterday'",
                3,
                r"start: must be a valid date, such as",
            ),
            (
                "[[accounts]]\nname = 'paper'\n[[accounts]]\nname = 'paper'",
                3,
                r"accounts\.1: 'paper' is configured twice; keep one",
            ),
            (f"{FEED}\n{FEED}", 5, r"feeds\.1: 'x @a' is configured twice; keep one of the entries$"),
            ("accounts = 5", 1, r"accounts: must be a list"),
            ("accounts = [5]", 1, r"accounts\.0: must be a table of keys and values$"),
            ("[mail]\nsender = 5", 2, r"mail\.sender: must be text in quotes, such as \"name\"$"),
            (
                "[[subscriptions]]\naddress = 'nobody'",
                2,
                r"subscriptions\.0\.address: 'nobody' is not a valid email address",
            ),
            (OWN.replace("XLON", "NYSE2"), 3, r"watchlists\.0\.venue: there is no venue 'NYSE2'"),
            (
                f"{OWN}intervals = ['1d', '4H']",
                6,
                r"intervals\.1: '4H' is not an interval; known are 1m, ",
            ),
            (f"{OWN}intervals = ['1d', '1d']", 6, r"intervals: 1d is there twice$"),
            (f"{LIMITS}mail_from = 'some'", 6, r"limits\.mail_from: must be 'low', 'medium' or 'high'$"),
            (f"{LIMITS}trade_window = 'noon'", 6, r"limits\.trade_window: 'noon' is .* write it as 12:00-06:00"),
            (f"{LIMITS}trade_window = '25:00-06:00'", 6, r"limits\.trade_window: '25:00-06:00' is "),
            (f"{LIMITS}max_price_age = 0", 6, r"max_price_age: 0 is not a number of hours greater than 0"),
            (f"{LIMITS}max_price_age = 'a day'", 6, r"limits\.max_price_age: 'a day' is not a number of hours"),
            (f"{LIMITS}max_price_age = inf", 6, r"inf is not a number of hours"),
            (f"{LIMITS}max_price_age = nan", 6, r"nan is not a number of hours"),
            (f"{LIMITS}max_price_age = 1e12", 6, r"is not a number of hours greater than 0 and up to 87660"),
            (f"{LIMITS}max_price_age = true", 6, r"True is not a number of hours"),
            (f"{LIMITS}max_move = inf", 6, r"max_move: must be a finite number$"),
            (f"{LIMITS}max_move = true", 6, r"max_move: must be a number$"),
            (f"{LIMITS}max_move = 0", 6, r"limits\.max_move: must be greater than 0$"),
            (f"{LIMITS}max_positions = true", 6, r"max_positions: must be a whole number$"),
            (f"{LIMITS}max_positions = -1", 6, r"limits\.max_positions: must be 0 or more$"),
            (f"{LIMITS}max_trades = 1", 6, r"max_trades: there is no such key; .*known here are: mail_from, max_move,"),
            (f"{EXITS}stop = 1.0", 6, r"exits\.stop: must be less than 1$"),
            (f"{EXITS}target = 0.0", 6, r"exits\.target: must be greater than 0$"),
            (f"{EXITS}trailing = true", 6, r"exits\.trailing: must be a number$"),
            ("[[feeds]]\nplatform = 'x'", 1, r"feeds\.0\.source: is missing$"),
            ("[[feeds]]\nplatform = 'x'\nsource = ''", 3, r"feeds\.0\.source: must have at least 1 character$"),
            (f"{FEED}kind = 'blog'", 4, r"feeds\.0\.kind: must be 'post' or 'article'$"),
            (f"{FEED}weight = 1.5", 4, r"feeds\.0\.weight: must be 1 or less$"),
            (f"{FEED}wight = 1", 4, r"feeds\.0\.wight: there is no such key; did you mean 'weight'\?"),
            ("[sentiment.event_weights]\nparties = 1", 2, r"event_weights\.parties: must be 'analyst_update', "),
            ("[sentiment.event_weights]\nearnings = -1", 2, r"sentiment\.event_weights\.earnings: must be 0 or more$"),
            ("[sentiment.event_weights]\nearnings = inf", 2, r"event_weights\.earnings: must be a finite number$"),
            ("[sentiment]\nhigh = 1.5", 2, r"sentiment\.high: must be 1 or less$"),
            ("[sentiment]\nmedium = 0.9\nhigh = 0.5", 1, r"medium \(0\.9\) must not be above sentiment\.high \(0\.5\)"),
            ("[sentiment]\nmedium = 0.95", 1, r"sentiment\.medium \(0\.95\) must not be above sentiment\.high \(0\.85"),
            ("sources = 5", 1, r"sources: must be a table of keys and values$"),
            ("[sources]\nyahoo = 5", 2, r"sources\.yahoo: must be a table of keys and values$"),
            ("channel = [", None, r"algo-trading\.toml is not valid TOML: "),
            ("channel = 'a'\nchannel = 'b'", None, r"is not valid TOML"),
        ],
    )
    def test_file_line_key_and_what_is_allowed_are_named(
        self, write: Write, refusal: Callable[[], str], text: str, line: int | None, expected: str
    ) -> None:
        path = write(text)
        sentence = refusal()
        assert sentence.startswith(f"{path}:{line}: " if line else str(path))
        assert re.search(expected, sentence), sentence

    def test_a_preset_that_there_is_not(self, write: Write, refusal: Callable[[], str]) -> None:
        path = write("\npreset = 'yaho'")
        sentence = "there is no preset 'yaho'; did you mean 'yahoo'? known are: binance, sample, yahoo"
        assert refusal() == f"{path}:2: preset: {sentence}"

    def test_what_is_not_text_is_not_toml(self, tmp_path: Path, refusal: Callable[[], str]) -> None:
        (tmp_path / "algo-trading.toml").write_bytes(b"channel = '\xff'")
        assert "algo-trading.toml is not valid TOML: " in refusal()

    def test_every_mistake_is_named_at_once(self, write: Write, refusal: Callable[[], str]) -> None:
        path = write(
            "shard_size = 0\nchanel = 'smtp'\n\n"
            "[[accounts]]\nname = 'a'\ncash = -1\n\n"
            "[[accounts]]\nname = 'b'\n\n"
            "[[accounts]]\nname = 'b'\ncahs = 1\n\n"
            "[mail]\noutbox_limit = 'x'\n\n"
            "[[strategies]]\nname = 's'\nwatchlist = 'us_stokcs'\naccount = 'c'\n"
        )
        assert re.findall(rf"{re.escape(str(path))}:(\d+): ([a-z_0-9.]+): ", refusal()) == [
            ("1", "shard_size"),
            ("2", "chanel"),
            ("6", "accounts.0.cash"),
            ("11", "accounts.2"),
            ("13", "accounts.2.cahs"),
            ("16", "mail.outbox_limit"),
            ("20", "strategies.0.watchlist"),
            ("21", "strategies.0.account"),
        ]

    def test_one_mistake_makes_no_others(self, write: Write, refusal: Callable[[], str]) -> None:
        """An account that is wrong is not missing for the strategy that names it, nor is a watchlist."""
        write(f"[[accounts]]\nname = 'paper'\ncash = 0\n{OF_S}")
        assert refusal().count(": ") == 2
        write(f"{OWN.replace('XLON', 'X')}[[strategies]]\nname = 's'\nwatchlist = 'mine'\n")
        assert refusal().count("algo-trading.toml:") == 1


class TestReferences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                f"{OF_S.replace('us_stocks', 'us_stock')}",
                r":3: strategies\.0\.watchlist: there is no watchlist 'us_stock'; did you mean 'us_stocks'\? known are",
            ),
            (
                f"{OF_S.replace('paper', 'papr')}",
                r":4: strategies\.0\.account: there is no account 'papr'; did you mean 'paper'\? known are: paper",
            ),
            (
                f"{OF_S}symbols = ['IBM', 'KO', 'GE']",
                r":5: strategies\.0\.symbols: the watchlist 'us_stocks' does not have KO, GE; add it there",
            ),
            (
                f"{OF_S}intervals = ['1d', '1w']",
                r":5: strategies\.0\.intervals: the watchlist 'us_stocks' does not have 1w; add it there",
            ),
            (
                f"{OWN}{OWN.replace('mine', 'other')}[[strategies]]\nname = 's'\n",
                r":11: strategies\.0\.watchlist: name one of them: mine, other",
            ),
            (
                f"{OWN}[[accounts]]\nname = 'a'\n[[accounts]]\nname = 'b'\n[[strategies]]\nname = 's'\n",
                r":10: strategies\.0\.account: name one of them: a, b",
            ),
            (
                f"accounts = []\n{OWN}[[strategies]]\nname = 's'\n",
                r"strategies\.0\.account: there is no account: add one in \[\[accounts\]\]",
            ),
            (
                "watchlists = []\n[[strategies]]\nname = 's'\n",
                r"strategies\.0\.watchlist: there is no watchlist: add one in \[\[watchlists\]\]",
            ),
            (
                f"{OWN}[[accounts]]\nname = 'paper'\ncurrency = 'USD'\n[[strategies]]\nname = 's'\n",
                r"strategies\.0\.account: the account 'paper' is in USD, and XLON trades in GBP: name an acc",
            ),
            (
                f"{OWN}{OWN.replace('mine', 'us').replace('XLON', 'XNYS')}{TWO_OF_S}",
                r"strategies\.1\.account: the account 'paper' is in GBP, and XNYS trades in USD",
            ),
        ],
    )
    def test_entries_that_do_not_go_together(
        self, write: Write, refusal: Callable[[], str], text: str, expected: str
    ) -> None:
        write(text)
        assert re.search(expected, refusal()), refusal()


class TestVariables:
    @pytest.mark.parametrize(
        ("variable", "value", "expected"),
        [
            ("ALGO_SHARD_SIZE", "many", r"^ALGO_SHARD_SIZE: shard_size: must be a whole number$"),
            ("ALGO_MAIL__OUTBOX_LIMIT", "-1", r"^ALGO_MAIL__OUTBOX_LIMIT: mail\.outbox_limit: must be greater than 0$"),
            ("ALGO_MAIL__SENDR", "a@b", r"^ALGO_MAIL__SENDR: mail\.sendr: there is no such key; did you mean 'sender'"),
            (
                "ALGO_CHANEL",
                "smtp",
                r"^ALGO_CHANEL sets nothing; known are: .*ALGO_CHANNEL,.*\(keys of tab",
            ),
            ("ALGO_PRESET", "yaho", r"^ALGO_PRESET: preset: there is no preset 'yaho'; did you mean 'yahoo'"),
            ("ALGO_STRATEGIES", "[broken", r"^ALGO_STRATEGIES sets a whole table or list and is not valid JSON"),
            ("ALGO_MAIL", "5", r"^ALGO_MAIL: mail: must be a table of keys and values$"),
            ("ALGO_STRATEGIES", '[{"symbols": ["IBM"]}]', r"^ALGO_STRATEGIES: strategies\.0\.name: is missing$"),
            ("ALGO_SOURCES", "5", r"^ALGO_SOURCES: sources: must be a table"),
            ("ALGO_SOURCES__YAHOO", "fast", r"^ALGO_SOURCES__YAHOO sets a whole table or list and is not valid JSON"),
            ("ALGO_STRATEGIES__0__NAME", "s", r"^ALGO_STRATEGIES__0__NAME: strategies: must be a list"),
        ],
    )
    def test_they_are_named_too(
        self, monkeypatch: pytest.MonkeyPatch, refusal: Callable[[], str], variable: str, value: str, expected: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert re.search(expected, refusal()), refusal()


class TestRenamed:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("market_data = 'yahoo'", r":1: market_data: is no longer read: .*\[\[watchlists\]\] .*preset = "),
            ("venue = 'XLON'", r":1: venue: is no longer read: each watchlist names its venue now, as in \[\[watchl"),
            (
                "[account]\ncash = 5",
                r":1: account: is no longer read: .* such as \[\[accounts\]\] name = \"paper",
            ),
            ("[csv_files]\nfolder = 'x'", r":1: csv_files: .*: \[sources\.csv_files\] folder = \"bars\"$"),
            ("[yahoo]\nattempts = 1", r"\[sources\.yahoo\] attempts = 5$"),
            ("[smtp]\nhost = 'x'", r"\[channels\.smtp\] host = \"mail\.example\.com\"$"),
            ("[minio]\nbucket = 'x'", r"\[object_stores\.minio\] bucket = \"trading\"$"),
            ("[reddit]\nattempts = 1", r"\[platforms\.reddit\] attempts = 4$"),
            (
                "[coin_listings]\npages = 1",
                r"coin_listings = \"coingecko\", and its options in \[listings\.",
            ),
        ],
    )
    def test_an_old_key_is_answered_with_the_new_one(
        self, write: Write, refusal: Callable[[], str], text: str, expected: str
    ) -> None:
        write(text)
        sentence = refusal()
        assert re.search(expected, sentence), sentence
        assert sentence.count("algo-trading.toml:") == 1

    @pytest.mark.parametrize(
        ("variable", "expected"),
        [
            ("ALGO_MARKET_DATA", "choose a packaged watchlist with ALGO_PRESET=yahoo or ALGO_PRESET=sample"),
            ("ALGO_VENUE", "each watchlist names its venue now, as in [[watchlists]]"),
            ("ALGO_ACCOUNT__CASH", """set ALGO_ACCOUNTS='[{"name": "paper", "cash": 100000}]'"""),
            ("ALGO_SMTP__PASSWORD", "set ALGO_CHANNELS__SMTP__PASSWORD"),
            ("ALGO_MINIO__ACCESS_KEY", "set ALGO_OBJECT_STORES__MINIO__ACCESS_KEY"),
            ("ALGO_REDDIT__CLIENT_ID", "set ALGO_PLATFORMS__REDDIT__CLIENT_ID"),
            ("ALGO_X__BEARER_TOKEN", "set ALGO_PLATFORMS__X__BEARER_TOKEN"),
            ("ALGO_CSV_FILES__FOLDER", "set ALGO_SOURCES__CSV_FILES__FOLDER"),
            ("ALGO_COIN_LISTINGS__SOURCE", "set ALGO_COIN_LISTINGS=coingecko"),
            ("ALGO_COIN_LISTINGS__API_KEY", "set ALGO_LISTINGS__COINMARKETCAP__API_KEY"),
        ],
    )
    def test_so_is_an_old_variable(
        self, monkeypatch: pytest.MonkeyPatch, refusal: Callable[[], str], variable: str, expected: str
    ) -> None:
        monkeypatch.setenv(variable, "correct horse")
        sentence = refusal()
        assert sentence.startswith(f"{variable}: is no longer read: ")
        assert expected in sentence

    def test_the_examples_are_right(self, write: Write) -> None:
        """Whoever copies one gets what it says."""
        write(
            '[[watchlists]]\nname = "stocks"\nvenue = "XNYS"\nsource = "csv_files"\nsymbols = ["AAPL", "IBM"]\n'
            '[[accounts]]\nname = "paper"\ncash = 100000\nposition_fraction = 0.15\n'
        )
        assert load_settings().watchlists[0].symbols == ("AAPL", "IBM")
