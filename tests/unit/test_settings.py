"""Layers of the configuration, and what a mistake in them is told as."""

import os
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level, PostKind
from algo_trading.domain.sentiment import Topic
from algo_trading.errors import ConfigError
from algo_trading.settings import SECRETS, FeedSettings, LimitsSettings, Settings, default_home, load_settings

pytestmark = pytest.mark.unit

SECRET = "correct horse"  # noqa: S105 - nobody's
Write = Callable[[str], Path]
OF_S = "[[strategies]]\nname = 's'\nsymbols = ['T']\n[strategies.limits]\n"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home in an empty folder, and nothing in the environment."""
    for variable in [name for name in os.environ if name.upper().startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    home = tmp_path / "var"
    monkeypatch.setenv("ALGO_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the user's file."""

    def write(text: str) -> Path:
        path = tmp_path / "algo-trading.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal() -> str:
    """The sentence of a configuration that is wrong: one line, with no secret in it."""
    with pytest.raises(ConfigError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert "pydantic" not in sentence
    return sentence


class TestLayers:
    def test_without_a_file_the_sample_runs(self, home: Path) -> None:
        settings = load_settings()
        assert settings.market_data == "sample"
        assert settings.home == home
        assert settings.symbols == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
        assert [(entry.name, len(entry.symbols)) for entry in settings.strategies] == [
            ("sma_cross", 5),
            ("ema_cross", 1),
            ("influencer_mention", 5),
        ]
        assert (settings.account.start, settings.account.cash) == (date(2013, 1, 2), Decimal(100_000))
        assert settings.account.commission == Decimal("0.001")
        assert settings.database_url.get_secret_value() == ""

    def test_the_source_brings_its_own_layer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_MARKET_DATA", "yahoo")
        settings = load_settings()
        assert "AMZN" in settings.symbols
        assert settings.account.start is None

    def test_the_users_file_chooses_the_source_and_goes_over_its_layer(self, write: Write) -> None:
        write('market_data = "yahoo"\n[account]\ncash = 5\n[[strategies]]\nname = "ema_cross"\nsymbols = ["T", "F"]\n')
        settings = load_settings()
        assert settings.symbols == ("F", "T")  # a list is replaced as a whole
        assert [s.address for s in settings.subscriptions] == ["trader@localhost"]  # from the layer below
        assert (settings.account.cash, settings.account.name) == (Decimal(5), "paper")  # tables are merged

    def test_the_environment_goes_over_everything(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        write('venue = "XLON"\nshard_size = 7\n[account]\ncash = 5\nslippage_bps = 1\n')
        monkeypatch.setenv("ALGO_VENUE", "XPAR")
        monkeypatch.setenv("ALGO_ACCOUNT__CASH", "17.50")
        monkeypatch.setenv("ALGO_ACCOUNT__START", "2013-02-01")
        monkeypatch.setenv("ALGO_SMTP__STARTTLS", "false")
        settings = load_settings()
        assert (settings.venue, settings.shard_size) == ("XPAR", 7)
        assert (settings.account.cash, settings.account.slippage_bps) == (Decimal("17.50"), Decimal(1))
        assert settings.account.start == date(2013, 2, 1)
        assert settings.smtp.starttls is False

    def test_lists_come_from_the_environment_as_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_STRATEGIES", '[{"name": "ema_cross", "symbols": ["T"], "params": {"fast": 5}}]')
        (entry,) = load_settings().strategies
        assert (entry.name, entry.symbols, entry.params) == ("ema_cross", ("T",), {"fast": 5})

    def test_the_environment_can_choose_another_source_than_the_file(
        self, monkeypatch: pytest.MonkeyPatch, write: Write
    ) -> None:
        write('market_data = "csv_files"\n')
        monkeypatch.setenv("ALGO_MARKET_DATA", "sample")
        assert load_settings().symbols[0] == "AAPL"

    def test_a_source_of_somebody_else_has_no_layer(self, write: Write) -> None:
        write('market_data = "my_source"\n')
        assert load_settings().strategies == ()

    @pytest.mark.parametrize("source", ["../secrets", "defaults/../sample", "a b"])
    def test_a_source_is_no_path(self, write: Write, source: str) -> None:
        write(f'market_data = "{source}"\n')
        assert load_settings().strategies == ()

    def test_parameters_keep_their_types(self, write: Write) -> None:
        write('[[strategies]]\nname = "s"\nsymbols = ["T"]\nparams = { a = 1, b = 1.0, c = true, d = "1" }\n')
        params = load_settings().strategies[0].params
        assert {key: type(value) for key, value in params.items()} == {"a": int, "b": float, "c": bool, "d": str}

    def test_settings_cannot_be_changed(self) -> None:
        settings = load_settings()
        with pytest.raises(ValueError, match="frozen"):
            settings.venue = "XLON"


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
    def test_a_feed_that_is_no_address_is_called_by_its_source(self, source: str) -> None:
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

    def test_limits_of_a_strategy(self, write: Write) -> None:
        write(
            f"{OF_S}mail_from = 'medium'\norder_from = 'high'\ntrade_window = '12:00-06:00'\n"
            "max_price_age = 1.5\nmax_move = 0.02\nmax_positions = 3\n"
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

    @pytest.mark.parametrize(
        ("limit", "said"),
        [
            ("max_price_age = inf", "inf is not a number of hours"),
            ("max_price_age = nan", "nan is not a number of hours"),
            ("max_price_age = 1e12", "is not a number of hours greater than 0 and up to 87660"),
            ("max_price_age = 0", "0 is not a number of hours"),
            ("max_price_age = true", "True is not a number of hours"),
            ("max_move = inf", "max_move"),
            ("max_move = true", "max_move"),
            ("max_positions = true", "max_positions"),
        ],
    )
    def test_limits_that_nothing_can_be_held_to(self, write: Write, limit: str, said: str) -> None:
        write(OF_S + limit)
        with pytest.raises(ConfigError, match=said):
            load_settings()

    def test_every_limit_is_in_the_documentation(self) -> None:
        page = (Path(__file__).resolve().parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
        for name in LimitsSettings.model_fields:
            assert f"| `{name}` |" in page

    def test_a_window_that_begins_when_it_ends_is_the_whole_day(self, write: Write) -> None:
        write(f"{OF_S}trade_window = '12:00-12:00'\n")
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
        (tmp_path / "algo-trading.toml").write_text('venue = "XPAR"\n')
        monkeypatch.chdir(elsewhere)
        assert load_settings().venue == "XPAR"  # beside var/
        (elsewhere / "algo-trading.toml").write_text('venue = "XLON"\n')
        assert load_settings().venue == "XLON"

    def test_algo_config_names_the_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: Write) -> None:
        write('venue = "XPAR"\n')
        named = tmp_path / "other.toml"
        named.write_text('venue = "XLON"\n')
        monkeypatch.setenv("ALGO_CONFIG", str(named))
        assert load_settings().venue == "XLON"

    def test_a_file_that_is_named_must_be_there(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for path in (tmp_path / "missing.toml", tmp_path):
            monkeypatch.setenv("ALGO_CONFIG", str(path))
            assert refusal() == f"ALGO_CONFIG names {path}, which is no file"

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
        assert default_home() == Path(__file__).resolve().parents[2] / "var"

    def test_a_file_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        path = write("")

        def refuse(_path: Path, encoding: str) -> str:
            raise PermissionError(13, f"Permission denied in {encoding}")

        monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything, so the system's answer is made up
        assert refusal().endswith("defaults.toml cannot be read: Permission denied in utf-8")
        assert path.exists()


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "venu = 'XNYS'",
                r"algo-trading\.toml: venu: there is no such key; known here are: account, airflow, .*venue",
            ),
            ("[account]\ncahs = 5", r"account\.cahs: there is no such key; known here are: cash, commission, name"),
            ("[accounts]\ncash = 5", r": accounts: there is no such key; known here are: account,"),
            ("[[strategies]]\nname = 's'\nsymbol = 'T'", r"strategies\.0\.symbol: there is no such key; .* symbols"),
            ("[[strategies]]\nsymbols = ['T']", r"strategies\.0\.name: field required"),
            ("[[strategies]]\nname = 's'\nsymbols = []", r"strategies\.0\.symbols: .*at least 1 item"),
            ("shard_size = 'many'", r"shard_size: .*valid integer"),
            ("shard_size = 0", r"shard_size: .*greater than 0"),
            ("object_store = 'ftp'", r"object_store: .*'local' or 'minio'"),
            ("[account]\ncash = -5", r"account\.cash: .*greater than 0"),
            ("[account]\ncash = 0.001", r"account\.cash: .*2 decimal places"),
            ("[account]\ncash = 1e30", r"account\.cash: .*20 digits"),
            ("[account]\nname = 'My Account'", r"account\.name: .*match pattern"),
            ("[account]\nposition_fraction = 1.5", r"account\.position_fraction: .*less than or equal to 1"),
            ("[account]\nstart = 2013-02-30", r"is not valid TOML"),
            ("[account]\nstart = 'yesterday'", r"account\.start: .*valid date"),
            ("[smtp]\nport = 70000", r"smtp\.port: .*less than 65536"),
            ("[smtp]\nstarttls = 'perhaps'", r"smtp\.starttls: .*boolean"),
            (
                "[[subscriptions]]\naddress = 'nobody'",
                r"subscriptions\.0\.address: .*'nobody' is not a valid email address",
            ),
            ("account = 5", r"account: .*"),
            (f"{OF_S}mail_from = 'some'", r"strategies\.0\.limits\.mail_from: .*'low', 'medium' or 'high'"),
            (f"{OF_S}trade_window = 'noon'", r"limits\.trade_window: .*'noon' is no window .* write it as 12:00-06:00"),
            (f"{OF_S}trade_window = '25:00-06:00'", r"limits\.trade_window: .*is no window of the day"),
            (f"{OF_S}max_price_age = 0", r"limits\.max_price_age: .*greater than"),
            (f"{OF_S}max_price_age = 'a day'", r"limits\.max_price_age: "),
            (f"{OF_S}max_move = 0", r"limits\.max_move: .*greater than 0"),
            (f"{OF_S}max_positions = -1", r"limits\.max_positions: .*greater than or equal to 0"),
            (
                f"{OF_S}max_trades = 1",
                r"limits\.max_trades: there is no such key; known here are: mail_from, max_move,",
            ),
            ("[[feeds]]\nplatform = 'x'", r"feeds\.0\.source: field required"),
            ("[[feeds]]\nplatform = 'x'\nsource = ''", r"feeds\.0\.source: .*at least 1 character"),
            ("[[feeds]]\nplatform = 'x'\nsource = '@a'\nkind = 'blog'", r"feeds\.0\.kind: .*'post' or 'article'"),
            ("[[feeds]]\nplatform = 'x'\nsource = '@a'\nweight = 1.5", r"feeds\.0\.weight: .*less than or equal to 1"),
            ("[[feeds]]\nplatform = 'x'\nsource = '@a'\nwight = 1", r"feeds\.0\.wight: there is no such key; .*weight"),
            ("[sentiment.event_weights]\nparties = 1", r"sentiment\.event_weights\.parties.*: .*'analyst_update'"),
            (
                "[sentiment.event_weights]\nearnings = -1",
                r"sentiment\.event_weights\.earnings: .*greater than or equal",
            ),
            ("[sentiment]\nhigh = 1.5", r"sentiment\.high: .*less than or equal to 1"),
            (
                "[sentiment]\nmedium = 0.9\nhigh = 0.5",
                r"sentiment: .*sentiment\.medium \(0\.9\) must not be above sentiment\.high \(0\.5\)",
            ),
            ("[sentiment]\nmedium = 0.95", r"sentiment\.medium \(0\.95\) must not be above sentiment\.high \(0\.85\)"),
            ("[sentiment.event_weights]\nearnings = inf", r"sentiment\.event_weights\.earnings: .*finite"),
            ("[coin_listings]\npages = 0", r"coin_listings\.pages: .*greater than or equal to 1"),
            ("venue = [", r"algo-trading\.toml is not valid TOML: "),
            ("venue = 'a'\nvenue = 'b'", r"is not valid TOML"),
        ],
    )
    def test_the_file_the_key_and_what_is_allowed_are_named(self, write: Write, text: str, expected: str) -> None:
        path = write(text)
        sentence = refusal()
        assert sentence.startswith(str(path))
        assert re.search(expected, sentence), sentence

    def test_what_is_not_text_is_no_toml(self, tmp_path: Path) -> None:
        (tmp_path / "algo-trading.toml").write_bytes(b"venue = '\xff'")
        assert "algo-trading.toml is not valid TOML: " in refusal()

    def test_every_mistake_is_told_at_once(self, write: Write) -> None:
        write("shard_size = 0\n[account]\ncash = -1\ncahs = 1\n")
        sentence = refusal()
        assert sentence.count("algo-trading.toml: ") == 3

    @pytest.mark.parametrize(
        ("variable", "value", "expected"),
        [
            ("ALGO_SHARD_SIZE", "many", r"^ALGO_SHARD_SIZE: shard_size: .*valid integer"),
            ("ALGO_ACCOUNT__CASH", "-1", r"^ALGO_ACCOUNT__CASH: account\.cash: .*greater than 0"),
            ("ALGO_ACCOUNT__CAHS", "1", r"^ALGO_ACCOUNT__CAHS: account\.cahs: there is no such key; .*cash"),
            ("ALGO_VENU", "XNYS", r"^ALGO_VENU sets nothing; known are: .*ALGO_VENUE"),
            ("ALGO_ACCOUNTS__CASH", "1", r"^ALGO_ACCOUNTS__CASH sets nothing; known are: ALGO_ACCOUNT,"),
            ("ALGO_OBJECT_STORE", "ftp", r"^ALGO_OBJECT_STORE: object_store: .*'local' or 'minio'"),
            ("ALGO_STRATEGIES", "[broken", r"^ALGO_STRATEGIES sets a whole table and is not valid JSON"),
            ("ALGO_ACCOUNT", "5", r"^ALGO_ACCOUNT: account"),
            ("ALGO_STRATEGIES", '[{"name": "s"}]', r"^ALGO_STRATEGIES: strategies\.0\.symbols: field required"),
        ],
    )
    def test_variables_are_named_too(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert re.search(expected, refusal()), refusal()


class TestSecrets:
    @pytest.mark.parametrize(
        ("text", "variable"),
        [
            (f'database_url = "postgresql://u:{SECRET}@h/d"', "ALGO_DATABASE_URL"),
            (f'[smtp]\npassword = "{SECRET}"', "ALGO_SMTP__PASSWORD"),
            (f'[minio]\naccess_key = "{SECRET}"', "ALGO_MINIO__ACCESS_KEY"),
            (f'[minio]\nsecret_key = "{SECRET}"', "ALGO_MINIO__SECRET_KEY"),
            (f'[reddit]\nclient_id = "{SECRET}"', "ALGO_REDDIT__CLIENT_ID"),
            (f'[reddit]\nclient_secret = "{SECRET}"', "ALGO_REDDIT__CLIENT_SECRET"),
            (f'[x]\nbearer_token = "{SECRET}"', "ALGO_X__BEARER_TOKEN"),
            (f'[newsapi]\napi_key = "{SECRET}"', "ALGO_NEWSAPI__API_KEY"),
            (f'[coin_listings]\napi_key = "{SECRET}"', "ALGO_COIN_LISTINGS__API_KEY"),
        ],
    )
    def test_a_file_may_not_hold_them(self, write: Write, text: str, variable: str) -> None:
        path = write(text)
        sentence = refusal()
        assert sentence.startswith(str(path))
        assert f"is a secret; set {variable} in the environment instead" in sentence

    def test_they_are_never_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for names in SECRETS:
            monkeypatch.setenv("ALGO_" + "__".join(names).upper(), SECRET)
        settings = load_settings()
        for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
            assert SECRET not in shown
        held: list[Any] = [reduce(getattr, names, settings) for names in SECRETS]
        assert [secret.get_secret_value() for secret in held] == [SECRET] * len(SECRETS)

    def test_every_secret_of_the_settings_is_refused_in_files(self) -> None:
        """What is a SecretStr is listed, so that no file can hold it."""
        found: set[tuple[str, ...]] = set()
        for name, field in Settings.model_fields.items():
            inner = getattr(field.annotation, "model_fields", {})
            found |= {(name, key) for key, part in inner.items() if part.annotation is SecretStr}
            if field.annotation is SecretStr:
                found.add((name,))
        assert found == SECRETS

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("ALGO_SMTP", f'{{"password": "{SECRET}", "prot": 25}}'),
            ("ALGO_SMTP", f'{{"password": "{SECRET}"'),
            ("ALGO_SMTP", f'"{SECRET}"'),
            ("ALGO_MINIO__SECRET_KEY__X", SECRET),
        ],
    )
    def test_a_mistake_beside_one_does_not_show_it(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert refusal()


def test_every_table_of_the_defaults_is_complete() -> None:
    """Without a file nothing is missing: what has no default in the code has one in defaults.toml."""
    assert isinstance(load_settings(), Settings)
