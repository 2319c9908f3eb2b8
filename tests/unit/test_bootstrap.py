"""The composition root: every service gets every part by the name of its field."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import algo_trading.services
from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.maildir import MaildirChannel
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.sample import SampleMarketData
from algo_trading.bootstrap import App
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.limits import NO_LIMITS
from algo_trading.domain.post import Level, PostKind
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.signals import SessionLog
from algo_trading.services.run_session import RunSession
from algo_trading.settings import load_settings
from algo_trading.strategies.influencer_mention import InfluencerMention
from fakes.clock import FakeClock
from fakes.listings import FakeListings

pytestmark = pytest.mark.unit


def service_classes() -> list[type]:
    """Everything in algo_trading.services that can be called and is made of parts."""
    return [
        value
        for module in pkgutil.iter_modules(algo_trading.services.__path__, "algo_trading.services.")
        for value in vars(importlib.import_module(module.name)).values()
        if isinstance(value, type) and value.__module__ == module.name
        if is_dataclass(value) and "__call__" in vars(value)
    ]


SERVICES = service_classes()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[App]:
    """An application whose database nobody asks anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("ALGO_COIN_LISTINGS__SOURCE", "coingecko")  # one service is made of it
    with App(load_settings(), Database("postgresql:///nowhere"), FakeClock()) as app:
        app.listings = FakeListings()  # the finder of mentions begins with a look into it
        yield app


def test_the_services_are_found() -> None:
    assert {"IngestBars", "EvaluateStrategies", "ExecuteSignals", "NotifySubscribers", "RunSession"} <= {
        service.__name__ for service in SERVICES
    }
    assert len(SERVICES) >= 12


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.__name__)
def test_every_service_can_be_made(app: App, service: type) -> None:
    made: Any = app.make(service)
    assert type(made) is service
    assert None not in {field.name: getattr(made, field.name) for field in fields(service)}.values()


def test_nested_services_share_the_parts_of_the_application(app: App) -> None:
    run = app.make(RunSession)
    assert run.ingest.bars is run.compute.bars is run.evaluate.bars is run.execute.bars is app.bars
    assert run.sessions is run.execute.sessions is app.sessions
    assert run.ingest.clock is app.clock


@dataclass(frozen=True)
class Inner:
    sessions: SessionLog


@dataclass(frozen=True)
class Outer:
    clock: Clock
    first: Inner
    second: Inner
    outbox_limit: int


def test_fields_are_filled_by_name_and_services_by_kind(app: App) -> None:
    made = app.make(Outer)
    assert made.clock is app.clock
    assert made.first == made.second == Inner(app.sessions)
    assert made.outbox_limit == 10_000


@dataclass(frozen=True)
class Misspelt:
    sesions: SessionLog


def test_a_field_that_nothing_is_called_is_a_bug(app: App) -> None:
    with pytest.raises(AttributeError, match="sesions"):
        app.make(Misspelt)


class TestParts:
    def test_of_the_sample(self, app: App, tmp_path: Path) -> None:
        assert [str(instrument) for instrument in app.instruments] == ["AAPL", "FB", "GOOG", "IBM", "MSFT"]
        assert [(pair.strategy.name, str(pair.instrument)) for pair in app.pairs][-7:-4] == [
            ("sma_cross", "MSFT"),
            ("ema_cross", "IBM"),
            ("influencer_mention", "AAPL"),
        ]
        assert isinstance(app.market_data, SampleMarketData)
        assert isinstance(app.objects, LocalObjects)
        assert isinstance(app.channel, MaildirChannel)
        assert app.channel.location().startswith(str(tmp_path / "var"))
        assert (app.costs.commission, app.costs.slippage_bps) == (Decimal("0.001"), Decimal(5))
        assert app.sizing.position_fraction == Decimal("0.15")
        assert app.account_plan.name == "paper"
        assert [plan.address for plan in app.subscription_plans] == ["trader@localhost"]
        assert [(feed.name, feed.kind) for feed in app.feeds] == [
            ("file package:sample_posts.jsonl", PostKind.POST),
            ("file package:sample_headlines.jsonl", PostKind.ARTICLE),
        ]
        assert app.impact_weights.sources["file package:sample_headlines.jsonl"] == 0.8
        assert (app.levels.medium, app.levels.high) == (0.6, 0.85)
        limits = {strategy.name: limits for strategy, limits in app.limits.items()}
        assert limits["influencer_mention"] == InfluencerMention.limits
        assert limits["ema_cross"] == NO_LIMITS

    @pytest.mark.parametrize(
        ("variable", "value", "part", "sentence"),
        [
            (
                "ALGO_MARKET_DATA",
                "bloomberg",
                "market_data",
                "no market-data source 'bloomberg'; known are: .*sample.*yahoo",
            ),
            (
                "ALGO_FEEDS",
                '[{"platform": "usenet", "source": "misc.invest"}]',
                "feeds",
                "no platform of posts 'usenet'; known are: file, newsapi, reddit, rss, x",
            ),
            ("ALGO_COIN_LISTINGS__SOURCE", "mtgox", "coin_source", "no source of coin listings 'mtgox'; known are: "),
            ("ALGO_SENTIMENT__SCORER", "luck", "scorer", "no scorer 'luck'; known are: .*finance"),
            ("ALGO_CHANNEL", "pigeon", "channel", "no channel 'pigeon'; known are: .*maildir, smtp"),
            (
                "ALGO_STRATEGIES",
                '[{"name": "luck", "symbols": ["T"]}]',
                "pairs",
                "no strategy 'luck'; known are: .*ema_cross",
            ),
        ],
    )
    def test_an_unknown_plug_in_is_answered_with_the_known_ones(
        self, monkeypatch: pytest.MonkeyPatch, app: App, *, variable: str, value: str, part: str, sentence: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(UnknownNameError, match=sentence):
            getattr(App(load_settings(), app.database, app.clock), part)

    def test_a_wrong_parameter_names_the_right_ones(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        monkeypatch.setenv("ALGO_STRATEGIES", '[{"name": "ema_cross", "symbols": ["T"], "params": {"fat": 8}}]')
        with pytest.raises(
            ConfigError, match="ema_cross has no parameter 'fat'; its parameters and defaults are: fast=8"
        ):
            _ = App(load_settings(), app.database, app.clock).pairs

    def test_without_strategies_there_is_nothing_to_watch(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        monkeypatch.setenv("ALGO_STRATEGIES", "[]")
        with pytest.raises(ConfigError, match=r"no strategy is active: add a \[\[strategies\]\] table"):
            _ = App(load_settings(), app.database, app.clock).instruments

    def test_a_pair_that_is_configured_twice_is_one(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        entry = '{"name": "ema_cross", "symbols": ["T", "T", "F"], "params": {"fast": 8}}'
        monkeypatch.setenv("ALGO_STRATEGIES", f'[{entry}, {entry}, {{"name": "ema_cross", "symbols": ["T"]}}]')
        twice = App(load_settings(), app.database, app.clock)
        assert [str(pair.instrument) for pair in twice.pairs] == ["T", "F"]  # 8 is the default
        assert twice.instruments == [Instrument("F"), Instrument("T")]

    def test_two_feeds_of_one_name(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        feed = '{"platform": "file", "source": "posts.jsonl"}'
        monkeypatch.setenv("ALGO_FEEDS", f"[{feed}, {feed}]")
        twice = App(load_settings(), app.database, app.clock)
        for part in ("feeds", "impact_weights"):
            with pytest.raises(ConfigError) as caught:
                getattr(twice, part)
            assert str(caught.value) == (
                "the feed 'file posts.jsonl' is configured twice; keep one of the [[feeds]] tables"
            )

    def test_limits_of_the_configuration_go_over_the_strategys_own(
        self, monkeypatch: pytest.MonkeyPatch, app: App
    ) -> None:
        entry = '{"name": "influencer_mention", "symbols": ["T"], "limits": {"max_positions": 2, "mail_from": "low"}}'
        monkeypatch.setenv("ALGO_STRATEGIES", f"[{entry}]")
        (limits,) = App(load_settings(), app.database, app.clock).limits.values()
        assert limits == replace(InfluencerMention.limits, max_positions=2, mail_from=Level.LOW)

    def test_limits_hold_for_all_signals_of_a_strategy(self, app: App, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = '{"name": "influencer_mention", "symbols": ["%s"], "limits": {"max_positions": %d}}'
        monkeypatch.setenv("ALGO_STRATEGIES", f"[{entry % ('T', 2)}, {entry % ('KO', 2)}]")
        assert len(App(load_settings(), app.database, app.clock).limits) == 1
        monkeypatch.setenv("ALGO_STRATEGIES", f"[{entry % ('T', 2)}, {entry % ('KO', 3)}]")
        with pytest.raises(
            ConfigError, match=r"two entries of \[\[strategies\]\] are influencer_mention.*give both the same"
        ):
            _ = App(load_settings(), app.database, app.clock).limits

    def test_no_source_of_coin_listings(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        monkeypatch.delenv("ALGO_COIN_LISTINGS__SOURCE")
        with pytest.raises(ConfigError, match=r"set coin_listings\.source to coingecko or coinmarketcap"):
            _ = App(load_settings(), app.database, app.clock).coin_source
