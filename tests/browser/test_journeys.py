"""What people come for, in a real browser with the pages, the mails and the periods of one installation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from support.browser import DESK, PATIENCE, PHONE, Visit, a_browser, needs_chromium
from support.journey_world import ACCOUNT, PLOTS, JourneyWorld, Plot, a_world
from support.web_site import OWNER, PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from support.postgres_server import TestServer

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journeys"), needs_chromium]


@pytest.fixture(scope="module")
def world(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JourneyWorld]:
    with a_world(postgres, tmp_path_factory.mktemp("home")) as world:
        yield world


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


def link(mail: EmailMessage, path: str) -> str:
    """The address in a mail's text whose path begins so; the same stands in its HTML."""
    text, html = (mail.get_body([kind]) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    found = re.search(rf"https?://\S+?{path}[^\s>]*", text.get_content())
    assert found is not None, text.get_content()
    assert found[0] in html.get_content().replace("&amp;", "&")
    return found[0]


def join(world: JourneyWorld, reader: Visit, owner: Visit, address: str) -> None:
    """From the login that a stranger meets to their first login."""
    reader.page.goto("/login")
    reader.page.get_by_role("link", name="Join").click()
    reader.audit()
    reader.page.get_by_label("Email address").fill(address)
    reader.press("Ask to join")
    reader.page.get_by_text("a mail is on its way").wait_for()
    reader.page.goto(link(world.mail(address), "/join/"))
    reader.audit()
    reader.press("Confirm and join")
    reader.page.get_by_text("An owner is to accept you").wait_for()

    owner.log_in(OWNER, PASSWORD, "/")
    owner.audit()
    owner.page.get_by_role("link", name="1 person asks to join.").click()
    owner.audit()
    owner.press(f"Accept {address}")
    owner.page.get_by_text("is a user now").wait_for()

    reader.page.goto(link(world.mail(address), "/join/"))
    reader.audit()
    reader.page.get_by_label("Password", exact=True).fill(PASSWORD)
    reader.page.get_by_label("Password again").fill(PASSWORD)
    reader.press("Choose it")
    reader.page.get_by_label("Name or email address").fill(address)
    reader.page.get_by_label("Password").fill(PASSWORD)
    reader.press("Log in")
    reader.page.wait_for_url("**/subscriptions")
    reader.audit()


@pytest.mark.parametrize(("device", "plot"), [(DESK, PLOTS["desk"]), (PHONE, PLOTS["phone"])], ids=["desk", "phone"])
def test_from_joining_to_an_alert_and_its_end(
    browser: Browser, world: JourneyWorld, device: dict[str, Any], plot: Plot
) -> None:
    world.begin(plot)
    address = f"reader.of.{plot.symbol.lower()}@example.com"
    reader, owner = Visit(browser, world.url, **device), Visit(browser, world.url, **device)
    join(world, reader, owner, address)
    reader.page.get_by_label("Symbol").first.select_option(plot.symbol)
    reader.press("Subscribe")
    reader.page.get_by_text(f"{address} is subscribed to every strategy on {plot.symbol}.").wait_for()

    world.run(plot)
    alert = world.mail(address)
    assert alert["Subject"].startswith(f"BUY {plot.symbol}")
    assert any(part.get_content_type() == "image/png" for part in alert.walk())
    reader.page.goto(link(alert, f"/instruments/XNYS/{plot.symbol}"))
    reader.audit()
    assert reader.page.get_by_role("heading", level=1).inner_text().startswith(plot.symbol)
    reader.page.get_by_role("group", name="Signals").get_by_text("buy", exact=True).wait_for()

    stranger = Visit(browser, world.url, **device)  # no session is needed to end it
    stranger.page.goto(link(alert, "/unsubscribe/"))
    stranger.audit()
    assert [one.symbol for one in world.application.subscriptions.all() if one.address == address] == [plot.symbol]
    stranger.press("End mails about buys and sells")
    stranger.page.get_by_text(f"No more mails about buys and sells go to {address}.").wait_for()
    assert not [one for one in world.application.subscriptions.all() if one.address == address]
    reader.page.goto("/subscriptions")
    reader.page.get_by_text("There are none yet.").wait_for()
    for visit in (reader, owner, stranger):
        visit.close()


@pytest.mark.parametrize(("device", "plot"), [(DESK, PLOTS["desk"]), (PHONE, PLOTS["phone"])], ids=["desk", "phone"])
def test_an_owner_buys_approves_and_backtests(
    browser: Browser, world: JourneyWorld, device: dict[str, Any], plot: Plot
) -> None:
    world.run(plot)
    owner = Visit(browser, world.url, **device)
    owner.log_in(OWNER, PASSWORD, "/")

    owner.page.get_by_role("link", name=re.compile("orders? waits? for approval")).click()
    owner.audit()
    owner.press(f"Approve buy {plot.symbol} for {ACCOUNT}")
    owner.page.get_by_text(f"buy {plot.symbol}: open").wait_for()
    owner.audit()

    owner.page.goto("/watch")
    owner.page.get_by_label("Series").fill(plot.symbol)
    owner.page.get_by_label("Amount").fill("90")
    owner.press("Buy ...")
    owner.audit()
    owner.press("Buy")
    owner.page.get_by_text(f"{ACCOUNT}: buy {plot.symbol}: open").wait_for()
    owner.audit()

    owner.page.goto("/backtests")
    owner.page.get_by_label("Symbols").fill(plot.symbol)
    owner.page.get_by_label("Parameters").fill(f"fast={plot.fast} slow={plot.slow} trend=0")
    owner.page.get_by_label("Strategy").select_option("sma_cross")
    owner.press("Start")
    owner.audit()
    owner.page.get_by_role("link", name="Report").click(timeout=2 * PATIENCE)
    owner.page.wait_for_selector("html[data-ready]")  # tests of the report look closer
    owner.page.get_by_role("heading", name=plot.symbol).first.wait_for()
    owner.close()
