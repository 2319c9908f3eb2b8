"""smtplib with a deadline for all of a mail: its own time limit is for each packet alone."""

import smtplib
import time
from typing import Any

PART = 4096  # bytes
LARGEST_CONVERSATION = 2**20  # bytes that a server may say


class TimedSmtp(smtplib.SMTP):
    """An SMTP connection that ends `deadline` seconds after it began, or was restarted, whatever the server does.

    `timeout` is for each answer. What is too slow raises TimeoutError, which smtplib's callers see as OSError.
    """

    def __init__(self, host: str, port: int, *, timeout: float, deadline: float) -> None:
        self._deadline, self._per_answer = deadline, timeout
        self.restart()
        super().__init__(host, port, timeout=min(timeout, deadline))

    def restart(self) -> None:
        """Count time and bytes from now on: another mail begins."""
        self._ends, self._heard = time.monotonic() + self._deadline, 0

    def getreply(self) -> tuple[int, bytes]:
        """The server's next answer."""
        if self.file is None and self.sock is not None:
            self.file = _Lines(self)
        return super().getreply()

    def send(self, s: Any) -> None:  # noqa: ANN401 - as smtplib
        """Send text or bytes."""
        if self.sock is not None:
            self.sock.settimeout(self._left())
        super().send(s)

    def receive(self, answer_ends: float) -> bytes:
        """Some bytes of the server, before the deadlines of the answer and the conversation."""
        assert self.sock is not None
        self.sock.settimeout(min(self._left(), max(answer_ends - time.monotonic(), 0.001)))
        part = self.sock.recv(PART)
        self._heard += len(part)
        if self._heard > LARGEST_CONVERSATION:
            raise smtplib.SMTPServerDisconnected(f"it says more than {LARGEST_CONVERSATION >> 20} MB")
        return part

    def answer_ends(self) -> float:
        """When an answer that begins now must be complete."""
        return min(time.monotonic() + self._per_answer, self._ends)

    def _left(self) -> float:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the conversation takes too long")
        return left


class _Lines:
    """The `file` from which smtplib reads lines."""

    def __init__(self, connection: TimedSmtp) -> None:
        self._connection = connection
        self._read = b""

    def readline(self, limit: int) -> bytes:
        """A line with its end, as BufferedReader.readline."""
        ends = self._connection.answer_ends()
        while b"\n" not in self._read and len(self._read) < limit:
            part = self._connection.receive(ends)
            if not part:
                break
            self._read += part
        end = self._read.find(b"\n") + 1 or len(self._read)
        line, self._read = self._read[: min(end, limit)], self._read[min(end, limit) :]
        return line

    def close(self) -> None:
        """Nothing to close: the socket is smtplib's."""
