"""The way from the real client to a local Yahoo."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from curl_cffi.requests import Response

from algo_trading.adapters.yahoo.session import ChartSession


class LocalChartSession(ChartSession):
    """Sends every request meant for a host of Yahoo to 127.0.0.1 and refuses all others."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.trust_env = False  # a proxy of the machine is not meant
        self._port = port

    def request(self, method: Any, url: str, **options: Any) -> Response:
        parts = urlsplit(url)
        if not (parts.hostname or "").endswith(".yahoo.com"):
            raise AssertionError(f"a request to {url}")
        return super().request(
            method, urlunsplit(parts._replace(scheme="http", netloc=f"127.0.0.1:{self._port}")), **options
        )
