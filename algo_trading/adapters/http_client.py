"""Asking an HTTP service: with limits on time and size, and with `Retries`.

Of an address only host and path are named in errors, of a failure its kind.
"""

import asyncio
import ipaddress
import re
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic import SecretStr

from algo_trading.adapters.retries import RefusedError, Reply, Retries
from algo_trading.errors import ConfigError, SourceError

if TYPE_CHECKING:
    import httpx

TIMEOUT = 20.0  # seconds without a byte
LONGEST_REPLY = 60.0  # seconds from looking up the host to the last byte, whatever comes in between
LARGEST_REPLY = 16 * 2**20  # bytes, unpacked
MOST_REDIRECTS = 5
CREDENTIAL = re.compile(r"[!-~]+")  # what a header can carry


class HttpClient:
    """Requests over httpx, with `Retries`.

    `headers` (credentials, perhaps) go with every request and never into an error; redirects are followed only where
    `redirects` says so, which it should not beside credentials. Without `private`, an address within this machine or
    its network is refused, also where a public name or a redirect leads to it; `option` is what allows it. Of an
    address whose path is secret, errors name the host alone.
    """

    def __init__(
        self,
        retries: Retries,
        *,
        headers: Mapping[str, str] | None = None,
        redirects: bool = False,
        private: bool = True,
        option: str = "platforms.rss.allow_private",
        secret_path: bool = False,
    ) -> None:
        self._retries = retries
        self._headers = {"User-Agent": user_agent(), **(headers or {})}
        self._redirects = redirects
        self._private = private
        self._option = option
        self._shown = host_of if secret_path else shown

    def get(self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """The reply, whose status is below 400 (304 where `headers` make the request conditional).

        Raises:
            RateLimitedError, RefusedError, SourceError: as `Retries.ask`.
        """
        return self._retries.ask(lambda: self.send("GET", url, params=params, headers=headers))

    def send(self, method: str, url: str, **options: Any) -> Reply:  # noqa: ANN401 - as httpx has them
        """One try of a request; RefusedError where it is redirected and redirects are not followed.

        Raises:
            SourceError: as `Retries.ask`, or what `Retries.connection_failed` gives.
        """
        import httpx

        where = self._shown(url)
        # A time limit of httpx is for each packet. asyncio's is for everything: a server that drips cannot prolong it.
        try:
            reply = asyncio.run(self._exchange(method, url, **options))
        except TimeoutError:
            raise self._retries.connection_failed(f"took longer than {LONGEST_REPLY:g} s to answer") from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.TooManyRedirects, httpx.InvalidURL) as error:
            # Their own words may quote a header.
            raise SourceError(f"{where} cannot be asked for ({type(error).__name__}): check the address") from None
        except httpx.TimeoutException:
            raise self._retries.connection_failed(f"did not answer within {TIMEOUT:.0f} s ({where})") from None
        except httpx.ConnectError as error:
            raise self._retries.connection_failed(f"cannot be reached at {where} ({cause(error)})") from None
        except httpx.RequestError as error:
            what = f"broke off its answer from {where} ({type(error).__name__})"
            raise self._retries.connection_failed(what) from None
        except (UnicodeError, ValueError):
            raise SourceError(f"{where} is not an address that can be asked for") from None
        if reply.status in {301, 302, 303, 307, 308}:
            raise RefusedError(f"{self._retries.who} redirects us from {where} (HTTP {reply.status})", reply)
        return reply

    async def _exchange(self, method: str, url: str, **options: Any) -> Reply:  # noqa: ANN401 - as httpx has them
        import httpx

        guard = _Guard(self._option)
        client = httpx.AsyncClient(
            verify=_trusted(),
            headers=self._headers,
            timeout=httpx.Timeout(TIMEOUT),
            follow_redirects=self._redirects,
            max_redirects=MOST_REDIRECTS,
            event_hooks={} if self._private else {"request": [guard.check_request]},
        )
        extensions = {} if self._private else {"trace": guard.check_connection}
        async with asyncio.timeout(LONGEST_REPLY), client:
            request = client.stream(method, url, extensions=extensions, **options)
            async with request as response:
                content = bytearray()
                async for part in response.aiter_bytes():
                    content += part
                    if len(content) > LARGEST_REPLY:
                        raise SourceError(
                            f"{self._retries.who} sends more than {LARGEST_REPLY >> 20} MB from {self._shown(url)}: "
                            "no feed is that large"
                        )
                return Reply(response.status_code, bytes(content), response.headers)


class _Guard:
    """Refuses connections to private addresses, before a request goes out."""

    def __init__(self, option: str) -> None:
        self._option = option
        self._host = ""
        self._is_proxied = False

    async def check_request(self, request: "httpx.Request") -> None:
        """Of every request, redirected ones too: an address that is written out, and whether a proxy will connect."""
        self._host = request.url.host
        scheme = request.url.scheme
        proxies = getproxies()
        self._is_proxied = (scheme in proxies or "all" in proxies) and not proxy_bypass(self._host)
        if is_private(self._host):
            raise self._refusal()

    async def check_connection(self, event: str, details: Mapping[str, Any]) -> None:
        """Of every connection: where the name led to. A proxy is not the host that was asked for."""
        if event != "connection.connect_tcp.complete" or self._is_proxied:
            return
        stream = details["return_value"]
        address = stream.get_extra_info("server_addr")
        if address and is_private(str(address[0])):
            await stream.aclose()
            raise self._refusal()

    def _refusal(self) -> SourceError:
        return SourceError(
            f"{self._host} is an address within this machine or its network, which is not asked: "
            f"set {self._option} = true if you mean it"
        )


def is_private(host: str) -> bool:
    """Whether a host is written as an address that is not of the public internet; of names only localhost is known."""
    if host.rstrip(".").lower().endswith("localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return not address.is_global or address.is_multicast


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The certificates that httpx trusts; reading them takes longer than many a request."""
    import httpx

    return httpx.create_ssl_context()


def cause(error: BaseException) -> str:
    """Why no connection came about, in few words."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return "its certificate is not accepted" if isinstance(seen, ssl.SSLCertVerificationError) else "TLS fails"
        if isinstance(seen, ConnectionRefusedError):
            return "connection refused"
        seen = seen.__cause__ or seen.__context__
    return "no connection"


def shown(url: str) -> str:
    """Host and path of an address; what may be secret (user, password, query) is left out."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    return f"{host}{port}{parts.path}" or "the address"


def host_of(url: str) -> str:
    """The host of an address."""
    return shown(url).partition("/")[0] or "the address"


def credential(secret: SecretStr, variable: str, purpose: str) -> str:
    """A credential fit for a header.

    Raises:
        ConfigError: it is not set, or holds what no credential does; `variable` is named.
    """
    value = secret.get_secret_value().strip()
    if not value:
        raise ConfigError(f"{purpose} needs a credential: set {variable} in the environment")
    if not CREDENTIAL.fullmatch(value):
        raise ConfigError(f"{variable} holds a blank or a character that no credential has: copy it anew")
    return value


def user_agent() -> str:
    """Who we are, for services that want to know."""
    from importlib.metadata import version

    return f"algo-trading/{version('algo-trading')}"
