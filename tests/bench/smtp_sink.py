"""An SMTP server that accepts everything and keeps nothing, for a process of its own: it prints its port."""

import asyncio
import sys

END = b"\r\n.\r\n"
REPLIES = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}


class Sink(asyncio.Protocol):
    """One conversation; of a message only the last bytes are kept, to see its end."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer, self._in_message = transport, b"", False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer commands, and the end of a message."""
        if self._in_message:
            tail = self._buffer + data[-len(END) :]
            self._buffer = tail[-len(END) :]
            if tail.endswith(END):  # nobody here sends before the answer
                self._buffer, self._in_message = b"", False
                self._transport.write(b"250 accepted\r\n")
            return
        *lines, self._buffer = (self._buffer + data).split(b"\r\n")
        commands = [line[:4].upper() for line in lines]
        self._in_message = b"DATA" in commands
        self._transport.write(b"".join(REPLIES.get(command, b"250 OK\r\n") for command in commands))
        if b"QUIT" in commands:
            self._transport.close()


async def main() -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
