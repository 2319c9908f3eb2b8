"""The composition root: every service is made of the parts that its types ask for."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import algo_trading.queries
import algo_trading.services
from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.maildir import MaildirChannel
from algo_trading.adapters.paper_broker import PaperBroker
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.sample import SampleMarketData
from algo_trading.bootstrap import App
from algo_trading.bootstrap.intake import Intake
from algo_trading.bootstrap.notices import Notices
from algo_trading.bootstrap.orders import Orders
from algo_trading.bootstrap.people import People
from algo_trading.bootstrap.services import Services
from algo_trading.domain.account import Account, Mode
from algo_trading.domain.costs import Costs
from algo_trading.domain.post import PostKind
from algo_trading.domain.time import midnight
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.settings import load_settings
from fakes.clock import FakeClock
from fakes.listings import FakeListings

pytestmark = pytest.mark.unit

# Made by another service, from what it is asked for.
MADE_ELSEWHERE = {"EquityAt", "FindTargets", "KeepWatching", "OpenAccounts", "OpenSubscriptions"}


MAILBOX = {
    "ALGO_INBOUND_MAIL__MAILBOX": "imap",
    "ALGO_INBOUND_MAIL__AUTHSERV_ID": "mx.example.com",
    "ALGO_MAILBOXES__IMAP__USER": "algo@example.com",
    "ALGO_MAILBOXES__IMAP__PASSWORD": "secret",
}


def service_classes() -> set[type]:
    """Everything in services and queries that is made of parts and can be called, or is a part of what can."""
    found: set[type] = set()
    for package in (algo_trading.services, algo_trading.queries):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for value in vars(importlib.import_module(module.name)).values():
                if not isinstance(value, type) or value.__module__ != module.name:
                    continue
                if is_dataclass(value) and "__call__" in vars(value):
                    found.add(value)
    return found


def factories() -> dict[str, type]:
    """The methods of the composition root that make services, with what they give."""
    modules = [
        importlib.import_module(module.name)
        for package in (algo_trading.services, algo_trading.queries)
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    ]
    names = {name: value for module in modules for name, value in vars(module).items()}
    return {
        name: typing.get_type_hints(method, globalns=names)["return"]
        for name, method in inspect.getmembers(Services, inspect.isfunction)
        if name in {**vars(Services), **vars(Notices), **vars(Orders), **vars(Intake), **vars(People)}
        and not inspect.isgeneratorfunction(inspect.unwrap(method))  # those are transactions
    }


FACTORIES = factories()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[App]:
    """An application whose database nobody asks anything."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("ALGO_COIN_LISTINGS", "coingecko")  # one service is made of it
    for key, value in MAILBOX.items():  # and of this one two
        monkeypatch.setenv(key, value)
    with App(load_settings(), Database("postgresql:///nowhere"), FakeClock()) as app:
        app.listings = FakeListings()  # the finder of mentions begins with a look into it
        yield app


def test_every_service_has_a_factory() -> None:
    made = {kind.__name__ for kind in FACTORIES.values()}
    assert {kind.__name__ for kind in service_classes()} - made == MADE_ELSEWHERE
    assert len(FACTORIES) >= 25


@pytest.mark.parametrize("name", FACTORIES)
def test_a_service_is_complete(app: App, name: str) -> None:
    made: Any = getattr(app, name)()
    assert type(made) is FACTORIES[name]
    assert None not in [getattr(made, field.name) for field in fields(FACTORIES[name])]


def test_services_share_the_parts_of_the_application(app: App) -> None:
    run = app.run_period()
    assert run.steps.ingest_bars.bars is run.steps.compute_indicators.bars is run.dispatch.prices.bars is app.bars
    assert run.steps.periods is run.dispatch.periods is app.periods
    assert run.steps.ingest_bars.clock is app.clock
    assert run.steps.sources("sample") is app.source("sample")


def an_account(broker: str = "paper") -> Account:
    costs = Costs(Decimal("0.001"), Decimal(5))
    day = midnight(FakeClock().now().date())
    return Account("paper", broker, "USD", Mode.PAPER, "owner", day, Decimal("0.15"), costs)


class TestParts:
    def test_of_the_sample(self, app: App, tmp_path: Path) -> None:
        assert isinstance(app.source("sample"), SampleMarketData)
        assert isinstance(app.objects, LocalObjects)
        assert isinstance(app.broker(an_account()), PaperBroker)
        assert isinstance(app.channel(), MaildirChannel)
        assert app.channel() is app.channel("maildir")
        assert app.channel().location().startswith(str(tmp_path / "var"))
        assert [(feed.name, feed.kind) for feed in app.feeds] == [
            ("file package:sample_posts.jsonl", PostKind.POST),
            ("file package:sample_headlines.jsonl", PostKind.ARTICLE),
        ]
        assert app.impact_weights.sources["file package:sample_headlines.jsonl"] == 0.8
        assert (app.levels.medium, app.levels.high) == (0.6, 0.85)

    def test_a_broker_is_made_once_for_an_account(self, app: App) -> None:
        assert app.broker(an_account()) is app.broker(an_account())

    @pytest.mark.parametrize(
        ("variable", "value", "part", "sentence"),
        [
            (
                "ALGO_FEEDS",
                '[{"platform": "usenet", "source": "misc.invest"}]',
                "feeds",
                "there is no platform 'usenet'; known are: file, newsapi, reddit, rss, x",
            ),
            ("ALGO_COIN_LISTINGS", "coingeko", "coin_source", "coin listings 'coingeko'; did you mean 'coingecko'"),
            ("ALGO_SENTIMENT__SCORER", "luck", "scorer", "there is no scorer 'luck'; known are: .*finance"),
            ("ALGO_OBJECT_STORE", "ftp", "objects", "there is no object store 'ftp'; known are: local, minio"),
        ],
    )
    def test_an_unknown_plug_in_is_answered_with_the_known_ones(
        self, monkeypatch: pytest.MonkeyPatch, app: App, *, variable: str, value: str, part: str, sentence: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        with pytest.raises(UnknownNameError, match=sentence):
            getattr(App(load_settings(), app.database, app.clock), part)

    def test_so_is_one_that_a_row_names(self, app: App) -> None:
        with pytest.raises(UnknownNameError, match="there is no market data source 'yaho'; did you mean 'yahoo'"):
            app.source("yaho")
        with pytest.raises(UnknownNameError, match="there is no broker 'papr'; did you mean 'paper'"):
            app.broker(an_account("papr"))
        with pytest.raises(
            UnknownNameError,
            match="there is no channel 'pigeon'; known are: apprise, maildir, slack, smtp, telegram, webhook",
        ):
            app.channel("pigeon")

    def test_options_that_are_wrong_are_named(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        monkeypatch.setenv("ALGO_SOURCES__YAHOO__ATTEMPTS", "0")
        wrong = App(load_settings(), app.database, app.clock)
        for part in (lambda: wrong.source("yahoo"), lambda: wrong.fundamentals_source):
            with pytest.raises(ConfigError, match=r"^ALGO_SOURCES__YAHOO__ATTEMPTS: sources\.yahoo\.attempts: must be"):
                part()

    def test_no_source_of_coin_listings(self, monkeypatch: pytest.MonkeyPatch, app: App) -> None:
        monkeypatch.delenv("ALGO_COIN_LISTINGS")
        with pytest.raises(ConfigError, match=r"set coin_listings to coingecko or coinmarketcap"):
            _ = App(load_settings(), app.database, app.clock).coin_source
