"""The pages in a real browser: on a desk and a phone, light and dark, with nothing to complain of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from contracts.bars import bar_row, bar_rows
from support.browser import DESK, PHONE, Visit, a_browser, bound_socket, needs_chromium, serving
from support.web_site import IBM, OWNER, PASSWORD, Site, a_site

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from support.postgres_server import TestServer

PAGES = (
    "/", "/instruments", "/instruments/XNYS/IBM", "/signals", "/trades", "/accounts", "/accounts/paper", "/monitoring",
    "/alerts", "/subscriptions", "/quality", "/quality/held", "/me", "/admin", "/approvals", "/watch", "/posts",
    "/backtests",
)  # fmt: skip

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),  # one browser, one site
    needs_chromium,
]


@dataclass
class Served:
    """A site at an address."""

    site: Site
    url: str


@pytest.fixture(scope="module")
def served(postgres: TestServer) -> Iterator[Served]:
    with (
        postgres.own_database() as url, a_site(url) as site, bound_socket() as listening,
        serving(site.app, listening) as address,
    ):  # fmt: skip
        yield Served(site, address)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.mark.parametrize("device", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_draws_fits_and_is_accessible(browser: Browser, served: Served, device: dict[str, Any]) -> None:
    visit = Visit(browser, served.url, **device)
    visit.log_in(OWNER, PASSWORD)
    for path in PAGES:
        answer = visit.page.goto(path)
        assert answer is not None
        assert answer.status == 200
        visit.audit()
    visit.close()


def test_the_chart_draws_candles_and_reads_them_out(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served.url, **DESK)
    visit.log_in(OWNER, PASSWORD)
    visit.page.get_by_role("link", name="IBM", exact=True).click()
    visit.ready()
    chart = visit.page.locator("#chart")
    assert chart.locator("canvas").count() > 0
    box = chart.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.page.wait_for_function("document.getElementById('chart-words').textContent.includes('close')")
    button = visit.page.get_by_role("button", name="SMA 50")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    visit.page.reload()
    visit.ready()
    assert [one.get_attribute("aria-pressed") for one in visit.page.locator("#averages button").all()] == [
        "true", "true", "false", "true"
    ]  # fmt: skip
    visit.close()


def test_filters_change_the_list_and_the_address_without_a_new_page(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served.url, **DESK)
    visit.log_in(OWNER, PASSWORD)
    visit.page.goto("/signals")
    visit.page.evaluate("window.stayed = true")
    visit.page.get_by_label("Side").select_option("all")
    visit.page.wait_for_url("**/signals?*side=all*")
    visit.page.locator("tbody").get_by_text("hold", exact=True).wait_for()
    assert visit.page.evaluate("window.stayed")
    assert visit.page.locator("tbody tr").count() == 3
    visit.close()


def test_without_javascript_lists_filter_and_forms_work(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served.url, java_script_enabled=False, **DESK)
    visit.log_in(OWNER, PASSWORD)
    visit.page.goto("/signals")
    visit.page.get_by_label("Side").select_option("sell")
    visit.page.get_by_role("button", name="Filter").click()
    assert visit.page.locator("tbody tr").count() == 1
    visit.page.get_by_role("link", name="Period").click()
    assert "sort=period" in visit.page.url
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.wait_for_url("**/login")
    visit.close()


def test_prices_change_on_an_open_page(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served.url, **DESK)
    visit.log_in(OWNER, PASSWORD)
    visit.page.goto("/watch")
    visit.page.get_by_text("kept up to date").wait_for()
    served.site.application.bars.upsert(bar_rows(bar_row(IBM, date(2013, 2, 8), 123.45)), "sample")
    visit.page.get_by_text("123.45").wait_for()
    assert visit.page.get_by_text("+22.17 %").get_attribute("class") == "up"
    visit.close()


def test_on_a_phone_the_menu_opens_when_asked(browser: Browser, served: Served) -> None:
    visit = Visit(browser, served.url, **PHONE)
    visit.log_in(OWNER, PASSWORD)
    assert not visit.page.get_by_role("link", name="Trades", exact=True).is_visible()
    visit.page.get_by_text("Menu").click()
    visit.page.get_by_role("link", name="Trades", exact=True).click()
    visit.page.wait_for_url("**/trades")
    visit.close()
