"""One symbol's chart or figures from Yahoo: yfinance does cookies, crumb and transport, we judge what came back."""

import logging
import os
import re
import time
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from algo_trading.adapters.retries import requested_wait
from algo_trading.adapters.yahoo.chart import read_chart, unknown_symbol
from algo_trading.adapters.yahoo.summary import read_summary
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError

if TYPE_CHECKING:
    from curl_cffi.requests import Response
    from curl_cffi.requests.exceptions import RequestException

    from algo_trading.adapters.yahoo.session import ChartSession

LONGEST_PAUSE = 120.0  # seconds; who is asked to wait longer gives the worker back and is retried later
TIMEOUT = 30  # seconds; a whole history takes Yahoo a few
ISIN = re.compile("[A-Z]{2}[A-Z0-9]{9}[0-9]")  # yfinance would search for one of its listings
REFUSED = {400, 404, 422}  # asking again for the same symbol cannot help
SUMMARY = "https://query2.finance.yahoo.com/v10/finance/quoteSummary/"
log = logging.getLogger(__name__)


class UnreachableError(SourceError):
    """No answer from Yahoo at all: the network, not a symbol."""


class ThrottledError(RateLimitedError):
    """HTTP 429; `retry_after` is what Yahoo asks for, in seconds (0: it does not say)."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(
            "Yahoo asks to slow down (HTTP 429): try again in "
            f"{f'{retry_after:.0f} seconds' if retry_after else 'some minutes'}, with fewer symbols at a time or a "
            "longer yahoo.pause_seconds"
        )
        self.retry_after = retry_after


class YahooClient:
    """Asks for one symbol after the other, patiently.

    `attempts` bounds the tries for a symbol; the pause between two of them begins with twice `pause_seconds` and
    doubles, or is as long as Yahoo asks for.
    """

    def __init__(
        self,
        new_session: "Callable[[], ChartSession] | None",
        attempts: int,
        pause_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._new_session = new_session
        self._session: ChartSession | None = None
        self._attempts = attempts
        self._pause_seconds = pause_seconds
        self._sleep = sleep
        self._reached = False

    def chart(self, symbol: str, first: date | None, *, retry: bool = True) -> bytes:
        """The JSON of the daily bars and events of `symbol` from `first` (None: all there are) to this moment.

        Where nothing good comes of it, the request is repeated if `retry` and if that can help.

        Raises:
            UnknownSymbolError: Yahoo has no bars for it.
            ThrottledError: Yahoo keeps asking to slow down.
            UnreachableError: no connection to Yahoo.
            SourceError: Yahoo keeps answering something else than a chart.
        """
        return self._with_retries(symbol, lambda: self._chart(symbol, first), retry=retry)

    def summary(self, symbol: str, *, retry: bool = True) -> bytes:
        """The JSON of what Yahoo sums up about `symbol`, with its P/E and market capitalisation.

        Raises:
            UnknownSymbolError: Yahoo has no such figures about it.
            ThrottledError: Yahoo keeps asking to slow down.
            UnreachableError: no connection to Yahoo.
            SourceError: Yahoo keeps answering something else.
        """
        return self._with_retries(symbol, lambda: self._summary(symbol), retry=retry)

    def _with_retries(self, symbol: str, ask: Callable[[], bytes], *, retry: bool) -> bytes:
        tries = self._attempts if retry else 1
        for attempt in range(1, tries + 1):
            try:
                return ask()
            except SourceError as error:
                pause = min(self._pause_seconds * 2**attempt, LONGEST_PAUSE)
                if isinstance(error, ThrottledError):
                    pause = max(pause, error.retry_after)
                never_reached = isinstance(error, UnreachableError) and not self._reached
                hopeless = never_reached or isinstance(error, UnknownSymbolError) or pause > LONGEST_PAUSE
                if hopeless or attempt == tries:
                    raise
                log.warning(
                    "%s: attempt %d of %d failed, the next in %.0f s (%s)", symbol, attempt, tries, pause, error
                )
                self._sleep(pause)
        raise AssertionError  # the last attempt returns or raises

    def _chart(self, symbol: str, first: date | None) -> bytes:
        import yfinance

        session = self._opened(symbol)
        ticker = yfinance.Ticker(quote(symbol, safe=""), session=session)
        # yfinance asks Yahoo once more per symbol for the zone in which to read dates without one; ours have theirs.
        ticker._tz = "UTC"  # noqa: SLF001 - without it all works the same, with two requests instead of one
        # A day earlier: sessions east of Greenwich open before midnight UTC. To now: a later split is among the events.
        midnight = first and datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
        span = {"start": midnight} if midnight else {"period": "max"}
        with warnings.catch_warnings(action="ignore"):  # about the table that yfinance makes, which nobody reads
            try:
                ticker.history(
                    **span,
                    interval="1d",
                    actions=True,
                    auto_adjust=False,
                    back_adjust=False,
                    repair=False,
                    keepna=True,
                    timeout=TIMEOUT,
                )
            except Exception:  # the reply decides, whatever yfinance makes of it
                if session.reply is None and session.failure is None:
                    raise
        content = self._answer(session, symbol)
        if not read_chart(content, symbol).sessions:
            raise unknown_symbol(symbol, "no bar in the time asked for")
        return content

    def _summary(self, symbol: str) -> bytes:
        from yfinance.data import YfData

        session = self._opened(symbol)
        try:
            YfData(session=session).get(SUMMARY + quote(symbol, safe=""), {"modules": "summaryDetail"}, TIMEOUT)
        except Exception:  # the reply decides, as above
            if session.reply is None and session.failure is None:
                raise
        content = self._answer(session, symbol)
        read_summary(content, symbol)
        return content

    def _answer(self, session: "ChartSession", symbol: str) -> bytes:
        if session.reply is None:
            raise self._failed(session.failure, symbol)
        self._reached = True
        return _judged(session.reply, symbol)

    def _opened(self, symbol: str) -> "ChartSession":
        """The session, kept for the life of the process with its cookies, ready to ask for `symbol`."""
        if not symbol.strip() or ISIN.fullmatch(symbol):
            raise unknown_symbol(symbol, "a blank or an ISIN, which is not a symbol")
        if self._session is None:
            import yfinance

            from algo_trading.adapters.yahoo.session import ChartSession

            # yfinance keeps cookies in SQLite files that worker processes would lock for each other. A path that can
            # be no folder turns them off.
            yfinance.set_tz_cache_location(os.devnull)
            for noisy in ("yfinance", "bs4"):  # our errors say what matters
                logging.getLogger(noisy).setLevel(logging.CRITICAL)
            self._session = (self._new_session or ChartSession)()
        self._session.forget()
        return self._session

    def _failed(self, failure: "RequestException | None", symbol: str) -> SourceError:
        from curl_cffi import CurlECode
        from curl_cffi.requests.exceptions import DNSError, ProxyError, SSLError, Timeout

        if failure is None:
            return SourceError(f"Yahoo sent something else than was asked for {symbol} (its consent page, perhaps)")
        if (
            isinstance(failure, DNSError | ProxyError | SSLError)
            or failure.code == CurlECode.COULDNT_CONNECT
            or (isinstance(failure, Timeout) and not self._reached)
        ):
            return UnreachableError(
                f"Yahoo cannot be reached ({_cause(failure)}): check the network and the proxy settings"
            )
        return SourceError(f"Yahoo's reply for {symbol} broke off ({_cause(failure)}): try again later")


def _cause(failure: "RequestException") -> str:
    """Curl's own words, without curl_cffi's around them."""
    return str(failure).removeprefix("Failed to perform, ").partition(". See https://curl.se")[0]


def _judged(reply: "Response", symbol: str) -> bytes:
    if reply.status_code == 429:
        from httpx import Headers

        raise ThrottledError(requested_wait(Headers(dict(reply.headers))) or 0.0)
    content: bytes = reply.content
    if reply.status_code in REFUSED:
        raise unknown_symbol(symbol, _said(reply))
    if reply.status_code != 200:
        raise SourceError(f"Yahoo answered HTTP {reply.status_code} for {symbol}: try again later")
    return content


def _said(reply: "Response") -> str:
    try:
        (said,) = reply.json().values()  # a chart, or a quoteSummary
        description = said["error"]["description"]
    except (ValueError, LookupError, TypeError, AttributeError):
        description = ""
    return f"HTTP {reply.status_code}" + (f", {description}" if description else "")
