"""Airflow's pages in headless Chromium, as a reader of the documentation sees them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from algo_trading.launcher.airflow import Airflow

if TYPE_CHECKING:  # importing it takes a while, and all tests are collected
    from playwright.sync_api import Page

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
SHOWN = {"Dag ID", "State", "Run Type", "Partition Key", "Start Date"}  # columns of the page of runs


@contextmanager
def logged_in(airflow: Airflow, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A page after the login."""
    from playwright.sync_api import sync_playwright

    user, password = airflow.login
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"{airflow.url}/auth/login")
        page.fill("input[name=username]", user)
        page.fill("input[name=password]", password)
        page.click("button[type=submit]")
        page.get_by_text("Dag Runs", exact=True).first.wait_for()
        yield page
        browser.close()


def runs(page: Page, airflow: Airflow) -> list[list[str]]:
    """Open the page of all runs with the partition keys shown; its rows as DAG, state and key."""
    page.goto(f"{airflow.url}/dag_runs")
    page.get_by_role("table").wait_for()
    page.get_by_label("Filter table columns").click()
    page.get_by_role("menuitem").first.wait_for()
    for item in page.get_by_role("menuitem").all():
        if (item.get_attribute("data-state") == "checked") != (item.inner_text().strip() in SHOWN):
            item.click()
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    heads = [head.strip() for head in page.locator("thead th").all_inner_texts()]
    wanted = [heads.index(name) for name in ("Dag ID", "State", "Partition Key")]
    rows = page.locator("tbody tr")
    rows.first.wait_for()
    return [[row.locator("td").nth(index).inner_text().strip() for index in wanted] for row in rows.all()]


def asset_graph(page: Page, airflow: Airflow, asset: str, nodes: Sequence[str]) -> None:
    """Open the graph around an asset and wait until every node is drawn."""
    page.goto(f"{airflow.url}/assets")
    page.get_by_role("link", name=asset, exact=True).first.click()
    for node in nodes:
        page.locator(".react-flow__node", has_text=node).first.wait_for()
