"""A real browser before a site that is served on this machine, and what it complains of."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 120_000  # milliseconds: machines are shared
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there")


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def serving(app: FastAPI, listening: socket.socket) -> Iterator[str]:
    """Serve an application at a bound socket; gives the address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    limit = time.monotonic() + 20
    while not server.started and time.monotonic() < limit:
        time.sleep(0.02)
    try:
        yield address_of(listening)
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def bound_socket() -> Iterator[socket.socket]:
    """A socket at a free port of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        yield listening


def address_of(listening: socket.socket) -> str:
    """The address of what is served at a socket."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


class Visit:
    """A browser's window, and what it complained of."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.page: Page = browser.new_context(base_url=url, **options).new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.foreign.append(request.url)

    def log_in(self, name: str, password: str, path: str = "/instruments") -> None:
        """By the form that asking for a page leads to."""
        self.page.goto(path)
        self.page.get_by_label("Name or email address").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.press("Log in")
        self.page.wait_for_url(f"**{path}")

    def press(self, name: str) -> None:
        """Press the button with this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def ready(self) -> None:
        """Wait until the charts are drawn."""
        if self.page.locator("[data-chart]").count():
            self.page.wait_for_selector("[data-chart][data-ready]")

    def audit(self) -> None:
        """The page that is open fits into the window, and axe finds nothing."""
        from axe_playwright_python.sync_playwright import Axe

        self.ready()
        where = self.page.url.removeprefix(self.url)
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{where} is too wide"
        self.page.evaluate(Axe().axe_script)  # as the page's own: its policy allows no script element
        found = self.page.evaluate("axe.run({resultTypes: ['violations']})")
        violations = [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
        assert violations == [], where

    def close(self) -> None:
        """Nothing was complained of, and nobody else was asked."""
        self.page.context.close()
        assert self.complaints == []
        assert self.foreign == []
