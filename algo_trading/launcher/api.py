"""The part of Airflow's REST API that the launcher speaks, with the standard library: no proxy, one token."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from algo_trading.errors import AlgoTradingError, ServiceUnavailableError

TIMEOUT = 120.0  # seconds: where many programs share two cores, an answer took more than thirty
PAGE = 100
CONFLICT = 409
UNAUTHORISED = 401


class ApiError(AlgoTradingError):
    """Airflow refused a request; `status` is the HTTP status."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass
class AirflowApi:
    """Airflow at `url`, e.g. http://127.0.0.1:8080."""

    url: str
    user: str
    password: str = field(repr=False)
    _token: str | None = field(default=None, repr=False)

    def health(self) -> Mapping[str, Any]:
        """State of the components; ServiceUnavailableError while the API server does not answer."""
        answer: Mapping[str, Any] = self._call("GET", "/api/v2/monitor/health", None, {})
        return answer

    def get(self, path: str, **query: str) -> Mapping[str, Any]:
        """The JSON under /api/v2."""
        suffix = "?" + urllib.parse.urlencode(query) if query else ""
        return self._authorised("GET", path + suffix, None)

    def every(self, path: str, key: str, **query: str) -> Iterator[Mapping[str, Any]]:
        """Every item of a paged list; `key` names the list in the answer."""
        offset = 0
        while True:
            items = self.get(path, **query, limit=str(PAGE), offset=str(offset))[key]
            yield from items
            offset += len(items)
            if len(items) < PAGE:
                return

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Create something; ApiError with status 409 if it is there already."""
        return self._authorised("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change something."""
        return self._authorised("PATCH", path, body)

    def _authorised(self, method: str, path: str, body: Mapping[str, Any] | None) -> Mapping[str, Any]:
        for attempt in (1, 2):
            if self._token is None:
                login = {"username": self.user, "password": self.password}
                self._token = self._call("POST", "/auth/token", login, {})["access_token"]
            try:
                answer: Mapping[str, Any] = self._call(
                    method, "/api/v2" + path, body, {"Authorization": f"Bearer {self._token}"}
                )
            except ApiError as error:
                if error.status != UNAUTHORISED or attempt == 2:
                    raise
                self._token = None
            else:
                return answer
        raise AssertionError

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, headers: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - the address is our own
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={**headers, "Content-Type": "application/json"},
        )
        # A proxy configured for the internet must not be asked for our own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise ApiError(error.code, f"Airflow refused {method} {path} with {error.code}: {_detail(text)}") from error
        except (OSError, ValueError) as error:
            raise ServiceUnavailableError(f"Airflow does not answer at {self.url}: {error}") from error


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text[:200]
