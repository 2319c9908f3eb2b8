#!/usr/bin/env python3
"""An SMTP server on 1025 and, on 8025, what the tests read of Mailpit's API: /api/v1/messages and /readyz."""

import json
import sys
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

from aiosmtpd.controller import Controller

MAILS: list[dict[str, object]] = []


class Sink:
    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain",))
        MAILS.append(
            {
                "Subject": str(mail["Subject"]),
                "To": [{"Address": address} for address in envelope.rcpt_tos],
                "Snippet": body.get_content() if body else "",
            }
        )
        return "250 OK"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = {"/api/v1/messages": {"total": len(MAILS), "messages": MAILS}, "/readyz": {}}.get(
            self.path.split("?")[0]
        )
        self.send_response(404 if found is None else 200)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *_: object) -> None:
        pass


if sys.argv[1:] == ["readyz"]:
    urlopen("http://127.0.0.1:8025/readyz", timeout=4).close()
else:
    Controller(Sink(), hostname="0.0.0.0", port=1025).start()
    ThreadingHTTPServer(("0.0.0.0", 8025), Pages).serve_forever()
