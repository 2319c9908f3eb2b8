"""The HTTP session under yfinance. Importing it loads curl_cffi."""

from typing import Any

from curl_cffi.requests import Response, Session
from curl_cffi.requests.exceptions import RequestException

KEPT_PATHS = ("/v8/finance/chart/", "/v10/finance/quoteSummary/")


class ChartSession(Session[Response]):  # type: ignore[misc] # mypy does not look into curl_cffi
    """A browser-like session that keeps what came back for a chart or a summary: yfinance hands on no bytes.

    yfinance asks for cookies in between and repeats a refused request once, so the newest reply counts.
    """

    def __init__(self) -> None:
        super().__init__(impersonate="chrome")
        self.reply: Response | None = None
        self.failure: RequestException | None = None

    def forget(self) -> None:
        """Drop what is kept, before the next one is asked for."""
        self.reply = self.failure = None

    def request(self, method: Any, url: str, **options: Any) -> Response:  # noqa: ANN401 - as curl_cffi has it
        """Send a request; the reply, or the failure to get one, is kept."""
        try:
            response = super().request(method, url, **options)
        except RequestException as error:
            if _kept(url):
                self.failure = error
            raise
        if _kept(response.url):  # where redirects led to: a consent page is not a chart
            self.reply, self.failure = response, None
        return response


def _kept(url: str) -> bool:
    return any(path in url for path in KEPT_PATHS)
