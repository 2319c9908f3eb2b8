"""The pages over a database with a little of everything, and people who visit them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import sin
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from algo_trading.bootstrap import App
from algo_trading.domain.account import AccountClock
from algo_trading.domain.approval import Approval
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.post import PostKey
from algo_trading.domain.quality import QualityResult
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import Subscription
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.user import Role, Scope
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.posts import Annotation
from algo_trading.services.passwords import Passwords
from algo_trading.settings import load_settings
from algo_trading.web.app import create_app
from algo_trading.web.gate import COOKIE, form_token_of
from algo_trading.web.recent import Recent
from contracts.accounts import CLOSE, NEXT, an_account, an_execution, an_order, executing, opening, storing
from contracts.bars import bar_row, bar_rows
from contracts.posts import a_post, annotation_of
from contracts.quality import ROW
from contracts.scores import a_score
from contracts.signals import a_signal
from fakes.clock import FakeClock

HOST = "http://127.0.0.1:8000"
PASSWORD = "correct horse battery"  # noqa: S105 - of people who do not exist
FIRST = date(2012, 1, 2)
BARS = 400
NOW = datetime(2013, 2, 11, tzinfo=UTC)
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
OWNER, ANN, BOB = "owner", "ann", "bob"
ORDER = f"{1:032}"  # filled, of the owner's account


def application_on(database: Any) -> App:
    """The services on a database, with a clock that stands still and passwords that are hashed quickly."""
    application = App(load_settings(), database, FakeClock(NOW))
    application.__dict__["passwords"] = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return application


def add_people(application: App) -> None:
    """An owner, a member with an account, and one without."""
    manage = application.manage_users()
    manage.add("setup", OWNER, Role.OWNER, password=PASSWORD)
    manage.add("setup", ANN, Role.MEMBER, "ann@example.com", PASSWORD)
    manage.add("setup", BOB, Role.MEMBER, "bob@example.com", PASSWORD)


def fill(application: App) -> None:
    """Bars, signals, a filled and a refused order, a book, posts, scores, verdicts, rows held back."""
    days = [FIRST + timedelta(days=number) for number in range(BARS)]
    rows = [bar_row(IBM, day, 100 + 10 * sin(number / 20)) for number, day in enumerate(days)]
    rows += [bar_row(MSFT, day, 0.004321) for day in days[-3:]]
    application.bars.upsert(bar_rows(*rows), "sample")
    at = [midnight(day) for day in days[-5:]]
    application.signals.add([a_signal(Side.BUY, IBM, at[0]), a_signal(Side.SELL, IBM, at[2])])
    application.signals.add([a_signal(Side.HOLD, MSFT, at[3])])
    _trade(application)
    application.accounts.open(opening(replace(an_account("anns"), owner=ANN), Decimal(500)))
    post = replace(a_post("7", at[1]), body="IBM <script>alert(1)</script> rises")
    application.posts.add([post])
    application.posts.store_annotations([Annotation(PostKey("x", "7"), 0.5, annotation_of(post).topic,
                                                    annotation_of(post, IBM).mentions)])  # fmt: skip
    application.scores.store([a_score(pair=IBM)])
    held = QualityResult("bars", "sample", "2013-01-02", 10, 9, {"volume": 1}, {"IBM": ("2013-01-03",)}, {"FB": "404"})
    application.quality.record(held, QualityResult("bars", "sample", "2013-01-04", 3, 3, {}))
    application.quarantine.add([ROW, replace(ROW, place="a.csv:8", symbol="=HYPERLINK(1)", reason="gap")])
    application.subscriptions.add(Subscription("ann@example.com", "IBM", "*", "*", NOW))
    application.subscriptions.add(Subscription("bob@example.com", "*", "*", "*", NOW))


def _trade(application: App) -> None:
    """A filled and a refused order of an account that has processed the first days of February."""
    accounts = application.accounts
    state = accounts.open(opening(an_account()))
    clock = AccountClock("XNYS", Interval.DAY, state.account.start, datetime(2013, 2, 1, tzinfo=UTC))
    accounts.store(AccountStep(state, state.timed(clock), CLOSE))
    bought, refused = an_order(1), an_order(2, decided=NEXT)
    accounts.store(storing(accounts.state("paper"), bought, refused))
    accounts.store(executing(accounts.state("paper"), an_execution(bought)))
    rejected = refused.moved(OrderStatus.REJECTED, "the limit of positions is reached")
    accounts.store(storing(accounts.state("paper"), rejected, at=NEXT))


def hold(application: App, number: int, account: str = "anns", reason: str = "1.00 USD is above 0.50") -> Order:
    """An order that waits for a person, four hours from now on."""
    accounts = application.accounts
    order = replace(an_order(number), account=account, budget=Decimal("12.50"), status=OrderStatus.HELD)
    asked = Approval(order.client_order_id, account, reason, NOW, NOW + timedelta(hours=4))
    accounts.store(storing(accounts.state(account), order, approvals=(asked,)))
    return order


class Visitor:
    """Somebody's browser, without JavaScript; a stranger's unless a name is given."""

    def __init__(self, app: FastAPI, application: App, name: str = "") -> None:
        self.client = TestClient(app, base_url=HOST, raise_server_exceptions=False, follow_redirects=False)
        self.secret = ""
        if name:
            self.secret = application.sign_in()(name, PASSWORD, "a test").secret
            self.client.cookies.set(COOKIE, self.secret)

    def get(self, path: str, **options: Any) -> Any:
        """Read a page."""
        return self.client.get(path, **options)

    def ask(self, method: str, path: str) -> Any:
        """Ask something with nothing but what shows who asks, so that nothing changes."""
        if method == "GET":
            return self.get(path)
        token = form_token_of(self.secret) if self.secret else ""
        headers = {"Origin": HOST, "X-Form-Token": token}
        return self.client.request(method, path, headers=headers)

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form as a page of ours does."""
        data = {"form_token": form_token_of(self.secret), **fields} if self.secret else fields
        return self.client.post(path, data=data, headers={"Origin": HOST})


def pages_of(application: App) -> FastAPI:
    """The pages and the API; what a test has stored is seen at once."""
    app = create_app(application)
    app.state.recent = Recent(0)
    return app


class Site:
    """The pages, and who visits them."""

    def __init__(self, application: App) -> None:
        self.application = application
        self.app = pages_of(application)
        self.stranger = Visitor(self.app, application)
        self.owner, self.ann, self.bob = (Visitor(self.app, application, name) for name in (OWNER, ANN, BOB))

    def token(self, user: str, *scopes: Scope) -> str:
        """A token of a user."""
        number = len(self.application.tokens.of(user))
        return self.application.manage_users().issue_token("setup", user, f"test {number}", scopes)


@contextmanager
def a_site(url: str) -> Iterator[Site]:
    """A filled site on a database."""
    from algo_trading.adapters.postgres.database import Database

    database = Database(url)
    try:
        application = application_on(database)
        add_people(application)
        fill(application)
        yield Site(application)
    finally:
        database.close()
