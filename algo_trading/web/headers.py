"""What surrounds every answer: security headers, limits of size, and hosts that we answer to."""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1_000_000  # bytes
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
READING = frozenset({"GET", "HEAD"})
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Surroundings:
    """ASGI middleware. A name of ours that leads elsewhere, or a body without an end, gets no further."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                if scope["method"] not in READING:
                    scope["app"].state.recent.forget()  # whoever sees that it is done sees what has changed
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        # A page elsewhere whose name leads to this machine would be of one origin with us.
        if urlsplit(f"//{headers.get('host', '')}").hostname not in self._hosts:
            said = "this name does not lead here; ask 127.0.0.1, or set [web] url to the address that people use\n"
            return PlainTextResponse(said, 421)
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers:
            return PlainTextResponse("say how long the body is\n", 411)
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
            return PlainTextResponse(f"a body has at most {LARGEST_BODY:,} bytes\n", 413)
        return None
