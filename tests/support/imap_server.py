"""A real IMAP server on this machine (pymap, with IDLE), into whose INBOX a test puts mails as a mail server does."""

import asyncio
import threading
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from imapclient import IMAPClient
from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

USER, PASSWORD = "inbox@example.com", "correct horse"
INBOX = "INBOX"


class ImapBox:
    """The server's mailbox."""

    def __init__(self, port: int) -> None:
        self.port = port

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A conversation of the mail server's own."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=5) as client:
            client.login(USER, PASSWORD)
            yield client

    def put(self, content: bytes, arrived_at: datetime | None = None) -> None:
        """Have a mail arrive."""
        with self.client() as client:
            client.append(INBOX, content, msg_time=arrived_at)

    def count(self) -> int:
        """How many mails there are."""
        with self.client() as client:
            return int(client.select_folder(INBOX, readonly=True)[b"EXISTS"])

    def unseen(self) -> int:
        """How many of them nobody has read."""
        with self.client() as client:
            client.select_folder(INBOX, readonly=True)
            return len(client.search("UNSEEN"))


@contextmanager
def imap_server(certificate: Path | None = None, key: Path | None = None) -> Iterator[ImapBox]:
    """A server on a free port of 127.0.0.1; with a certificate it demands STARTTLS before a login."""
    loop, started = asyncio.new_event_loop(), threading.Event()
    servers: list[asyncio.Server] = []

    async def serve() -> None:
        args = Namespace(
            debug=False, host=None, port=None, cert=certificate, key=key, tls=certificate is not None,
            proxy_protocol=None, passlib_cfg=None,
            inherited_sockets=None, demo_data=False, demo_user=USER, demo_password=PASSWORD,
        )  # fmt: skip
        backend, config = await DictBackend.init(args, hash_context=BuiltinHash(rounds=1))
        config.apply_context()
        answer = ProxyProtocolReader(ProxyProtocolVersion.get(None)).get_callback(IMAPServer(backend.login, config))
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        servers.append(server)
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()
        servers[0].close()
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, name="imap server")
    thread.start()
    try:
        assert started.wait(10)
        yield ImapBox(servers[0].sockets[0].getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
