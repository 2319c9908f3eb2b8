"""Layers of the configuration: what holds where several say something."""

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level, PostKind
from algo_trading.domain.sentiment import Topic
from algo_trading.domain.time import Interval
from algo_trading.settings import FeedSettings, LimitsSettings, default_home, load_settings
from algo_trading.settings.load import preset_names
from algo_trading.settings.references import account_currency, strategy_entries

pytestmark = pytest.mark.unit

Write = Callable[[str], Path]
OWN = """
[[watchlists]]
name = "mine"
venue = "XLON"
source = "csv_files"
symbols = ["T", "F"]
"""


class TestPresets:
    def test_without_a_file_the_sample_runs(self, home: Path) -> None:
        settings = load_settings()
        assert (settings.preset, settings.home) == ("sample", home)
        stocks = settings.watchlists[0]
        assert (stocks.name, stocks.venue, stocks.source, stocks.intervals) == (
            "us_stocks",
            "XNYS",
            "sample",
            (Interval.DAY,),
        )
        assert stocks.symbols == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
        entries = [e for e in strategy_entries(settings) if e.watchlist.name == "us_stocks"]
        assert [(entry.strategy.name, len(entry.symbols)) for entry in entries] == [
            ("sma_cross", 5),
            ("ema_cross", 1),
            ("influencer_mention", 5),
        ]
        account = settings.accounts[0]
        assert (account.name, account.start, account.cash) == ("paper", date(2013, 1, 2), Decimal(100_000))
        assert (account.broker, account.mode, account_currency(settings, account)) == ("paper", "paper", "USD")
        assert (account.commission, account.slippage_bps) == (Decimal("0.001"), Decimal(5))
        assert account.position_fraction == Decimal("0.15")
        assert settings.database_url.get_secret_value() == ""

    def test_every_preset_and_the_bare_defaults_are_complete(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert preset_names() == ["binance", "sample", "yahoo"]
        for preset in preset_names():
            monkeypatch.setenv("ALGO_PRESET", preset)
            settings = load_settings()
            assert settings.preset == preset
            assert settings.watchlists
            assert settings.strategies
        monkeypatch.delenv("ALGO_PRESET")
        monkeypatch.setenv("ALGO_WATCHLISTS", "[]")
        assert (load_settings().preset, load_settings().strategies) == ("", ())

    def test_an_empty_name_chooses_none(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        """As containers have it whose .env names no preset."""
        monkeypatch.setenv("ALGO_PRESET", "")
        assert load_settings().preset == "sample"
        write(OWN)
        assert load_settings().preset == ""

    def test_the_environment_chooses_a_preset(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        write('preset = "sample"')
        monkeypatch.setenv("ALGO_PRESET", "yahoo")
        settings = load_settings()
        assert "AMZN" in settings.watchlists[0].symbols
        assert (settings.accounts[0].name, settings.accounts[0].start) == ("paper", None)  # from the defaults

    def test_the_users_file_chooses_one_and_goes_over_it(self, write: Write) -> None:
        write('preset = "yahoo"\n[mail]\noutbox_limit = 5\n[[strategies]]\nname = "ema_cross"\nsymbols = ["IBM"]\n')
        settings = load_settings()
        assert [(s.name, s.symbols) for s in settings.strategies] == [("ema_cross", ("IBM",))]  # a list is replaced
        assert [s.address for s in settings.subscriptions] == ["trader@localhost"]  # from the layer below
        assert (settings.mail.outbox_limit, settings.mail.sender) == (5, "algo-trading@localhost")  # tables are merged

    def test_who_has_watchlists_of_their_own_needs_none(self, write: Write) -> None:
        write(OWN)
        settings = load_settings()
        assert settings.preset == ""
        assert [watchlist.name for watchlist in settings.watchlists] == ["mine"]
        assert [*settings.strategies, *settings.subscriptions, *settings.feeds] == []

    def test_watchlists_in_the_environment_need_none_either(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(
            "ALGO_WATCHLISTS", '[{"name": "mine", "venue": "XLON", "source": "csv_files", "symbols": ["T"]}]'
        )
        assert load_settings().preset == ""


class TestEntries:
    def test_what_a_strategy_leaves_out_is_the_whole_watchlist_and_the_only_account(self, write: Write) -> None:
        write(f'{OWN}intervals = ["1d", "1w"]\n[[strategies]]\nname = "s"\n')
        settings = load_settings()
        (entry,) = strategy_entries(settings)
        assert (entry.watchlist.name, entry.account.name, entry.owner) == ("mine", "paper", "owner")
        assert (entry.symbols, entry.intervals) == (("T", "F"), (Interval.DAY, Interval.WEEK))
        assert account_currency(settings, entry.account) == "GBP"

    def test_what_it_says_counts(self, write: Write) -> None:
        write(
            f'{OWN}intervals = ["1d", "1w"]\n'
            "[[accounts]]\nname = 'one'\n[[accounts]]\nname = 'two'\nowner = 'ann'\n"
            "[[strategies]]\nname = 's'\nsymbols = ['F']\nintervals = ['1w']\naccount = 'two'\n"
            "[[strategies]]\nname = 's'\naccount = 'two'\nowner = 'bob'\n"
        )
        first, second = strategy_entries(load_settings())
        assert (first.symbols, first.intervals) == (("F",), (Interval.WEEK,))
        assert (first.account.name, first.owner, second.owner) == ("two", "ann", "bob")

    def test_an_account_without_strategies_has_the_currency_of_what_is_watched(self, write: Write) -> None:
        write(f"{OWN}[[accounts]]\nname = 'idle'\n[[accounts]]\nname = 'dollars'\ncurrency = 'USD'\n")
        settings = load_settings()
        assert [account_currency(settings, account) for account in settings.accounts] == ["GBP", "USD"]

    def test_parameters_keep_their_types(self, write: Write) -> None:
        write(f'{OWN}[[strategies]]\nname = "s"\nparams = {{ a = 1, b = 1.0, c = true, d = "1" }}\n')
        params = load_settings().strategies[0].params
        assert {key: type(value) for key, value in params.items()} == {"a": int, "b": float, "c": bool, "d": str}

    def test_exits_are_fractions(self, write: Write) -> None:
        write(f'{OWN}[[strategies]]\nname = "s"\nexits = {{ stop = 0.05, target = 1.5, trailing = 0.1 }}\n')
        exits = load_settings().strategies[0].exits
        assert (exits.stop, exits.target, exits.trailing) == (0.05, 1.5, 0.1)

    def test_settings_cannot_be_changed(self) -> None:
        settings = load_settings()
        with pytest.raises(ValueError, match="frozen"):
            settings.channel = "smtp"


class TestEnvironment:
    def test_it_goes_over_everything(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        write('channel = "smtp"\nshard_size = 7\n[mail]\nsender = "a@b"\noutbox_limit = 1\n')
        monkeypatch.setenv("ALGO_CHANNEL", "maildir")
        monkeypatch.setenv("ALGO_MAIL__OUTBOX_LIMIT", "17")
        monkeypatch.setenv("ALGO_SENTIMENT__EVENT_WEIGHTS", '{"earnings": 0.5}')
        settings = load_settings()
        assert (settings.channel, settings.shard_size) == ("maildir", 7)
        assert (settings.mail.outbox_limit, settings.mail.sender) == (17, "a@b")
        assert settings.sentiment.event_weights == {Topic.EARNINGS: 0.5}

    def test_lists_are_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(
            "ALGO_STRATEGIES", '[{"name": "ema_cross", "watchlist": "us_stocks", "params": {"fast": 5}}]'
        )
        monkeypatch.setenv("ALGO_ACCOUNTS", '[{"name": "small", "cash": "17.50", "start": "2013-02-01"}]')
        settings = load_settings()
        (entry,) = strategy_entries(settings)
        assert (entry.strategy.name, entry.strategy.params, len(entry.symbols)) == ("ema_cross", {"fast": 5}, 5)
        assert (entry.account.cash, entry.account.start) == (Decimal("17.50"), date(2013, 2, 1))


class TestText:
    def test_the_sample_has_two_feeds(self) -> None:
        posts, headlines = load_settings().feeds
        assert (posts.name, posts.kind, posts.weight) == ("file package:sample_posts.jsonl", PostKind.POST, 1.0)
        assert posts.influencers == ("lighthouse_fund",)
        assert (headlines.kind, headlines.weight, headlines.influencers) == (PostKind.ARTICLE, 0.8, ())

    def test_feeds_of_the_users_file_replace_them(self, write: Write) -> None:
        write("[[feeds]]\nplatform = 'x'\nsource = '@somebody'\ninfluencers = ['*']\n")
        (feed,) = load_settings().feeds
        assert (feed.name, feed.kind, feed.weight, feed.influencers) == ("x @somebody", None, 1.0, ("*",))

    def test_the_name_of_a_feed_holds_no_secret(self) -> None:
        import re

        def name(source: str) -> str:
            return FeedSettings(platform="rss", source=source).name

        address = "https://a.example:8443/rss/x"
        assert name(address) == f"rss {address}"
        names = {
            name(f"{address}?token=s3cret"),
            name(f"{address}?token=0ther"),
            name("https://me:s3cret@a.example:8443/rss/x?token=0ther"),
            name(f"{address}#s3cret"),
        }
        assert len(names) == 4
        assert all(re.fullmatch(rf"rss {address} \([0-9a-f]{{8}}\)", name) for name in names)

    @pytest.mark.parametrize("source", ["yahoo:AAPL", "google:doge?", "search: what? me@home", "posts/a?b#c@d.jsonl"])
    def test_a_feed_that_is_not_an_address_is_called_by_its_source(self, source: str) -> None:
        assert FeedSettings(platform="x", source=source).name == f"x {source}"

    def test_feeds_can_be_switched_off(self, write: Write) -> None:
        write("feeds = []\n")
        assert load_settings().feeds == ()

    def test_feeds_come_from_the_environment_as_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_FEEDS", '[{"platform": "rss", "source": "https://news.example/feed"}]')
        assert [feed.platform for feed in load_settings().feeds] == ["rss"]

    def test_weights_of_events_are_by_topic(self, write: Write) -> None:
        write("[sentiment.event_weights]\nearnings = 0.25\ndividend = 2\n")
        settings = load_settings().sentiment
        assert settings.event_weights == {Topic.EARNINGS: 0.25, Topic.DIVIDEND: 2.0}
        assert settings.scorer == "finance"  # the rest of the table stays


class TestLimits:
    def test_of_a_strategy(self, write: Write) -> None:
        write(
            f"{OWN}[[strategies]]\nname = 's'\n[strategies.limits]\nmail_from = 'medium'\norder_from = 'high'\n"
            "trade_window = '12:00-06:00'\nmax_price_age = 1.5\nmax_move = 0.02\nmax_positions = 3\n"
        )
        (entry,) = load_settings().strategies
        assert entry.limits.over(Limits()) == Limits(
            mail_from=Level.MEDIUM,
            order_from=Level.HIGH,
            trade_window=TradeWindow(time(12), time(6)),
            max_price_age=timedelta(hours=1.5),
            max_move=0.02,
            max_positions=3,
        )

    def test_every_limit_is_in_the_documentation(self) -> None:
        page = (Path(__file__).resolve().parents[3] / "docs" / "strategies.md").read_text(encoding="utf-8")
        for name in LimitsSettings.model_fields:
            assert f"| `{name}` |" in page

    def test_a_window_that_begins_when_it_ends_is_the_whole_day(self, write: Write) -> None:
        write(f"{OWN}[[strategies]]\nname = 's'\n[strategies.limits]\ntrade_window = '12:00-12:00'\n")
        (entry,) = load_settings().strategies
        window = entry.limits.over(Limits()).trade_window
        assert window is not None
        assert all(time(hour, 59) in window for hour in range(24))

    def test_limits_that_are_left_out_stay_as_the_strategy_has_them(self) -> None:
        own = Limits(order_from=Level.HIGH, max_move=0.02, max_positions=2)
        assert LimitsSettings().over(own) == own
        assert LimitsSettings(max_positions=0).over(own) == Limits(
            order_from=Level.HIGH, max_move=0.02, max_positions=0
        )


class TestPlaces:
    def test_the_file_of_the_current_folder_comes_before_the_one_beside_the_home(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (tmp_path / "algo-trading.toml").write_text("shard_size = 1\n")
        monkeypatch.chdir(elsewhere)
        assert load_settings().shard_size == 1  # beside var/
        (elsewhere / "algo-trading.toml").write_text("shard_size = 2\n")
        assert load_settings().shard_size == 2

    def test_algo_config_names_the_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: Write) -> None:
        write("shard_size = 1\n")
        named = tmp_path / "other.toml"
        named.write_text("shard_size = 2\n")
        monkeypatch.setenv("ALGO_CONFIG", str(named))
        assert load_settings().shard_size == 2

    def test_a_file_that_is_named_must_be_there(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refusal: Callable[[], str]
    ) -> None:
        for path in (tmp_path / "missing.toml", tmp_path):
            monkeypatch.setenv("ALGO_CONFIG", str(path))
            assert refusal() == f"ALGO_CONFIG names {path}, which is not a file"

    def test_home_may_begin_with_a_tilde(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("ALGO_HOME", "~/data")
        assert load_settings().home == tmp_path / "data"

    def test_a_relative_home_is_that_of_the_current_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("ALGO_HOME", "here/../there")
        assert load_settings().home == tmp_path / "there"

    def test_a_checkout_keeps_its_data_beside_the_code(self) -> None:
        assert default_home() == Path(__file__).resolve().parents[3] / "var"

    def test_a_file_that_cannot_be_read(
        self, monkeypatch: pytest.MonkeyPatch, write: Write, refusal: Callable[[], str]
    ) -> None:
        path = write("")

        def refuse(_path: Path, encoding: str) -> str:
            raise PermissionError(13, f"Permission denied in {encoding}")

        monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything, so the system's answer is made up
        assert refusal() == f"{path} cannot be read: Permission denied in utf-8"
