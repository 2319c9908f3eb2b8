"""Asks a web server over connections that stay open, and notes how long each answer takes."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Answers:
    """Seconds of each answer, by what was asked; `failed` are those that were not 200."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    took: float = 0.0

    @property
    def all(self) -> list[float]:
        """Every answer, ascending."""
        return sorted(second for found in self.seconds.values() for second in found)

    def quantile(self, part: float) -> float:
        """Seconds within which a part of the answers came."""
        found = self.all
        return found[min(int(part * len(found)), len(found) - 1)]


async def ask(
    address: tuple[str, int], headers: Mapping[str, str], paths: Sequence[str], connections: int, seconds: float
) -> Answers:
    """Ask for the paths in turn over so many connections, each as soon as it has its answer, for some seconds."""
    answers, numbers, end = Answers(), count(), time.monotonic() + seconds
    fixed = "".join(f"{name}: {value}\r\n" for name, value in headers.items())

    async def visitor() -> None:
        reader, writer = await asyncio.open_connection(*address)
        while time.monotonic() < end:
            path = paths[next(numbers) % len(paths)]
            begin = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n{fixed}\r\n".encode())
            status = await _answer(reader)
            answers.seconds.setdefault(path, []).append(time.perf_counter() - begin)
            if status != b"200":
                answers.failed.append(f"{path}: {status.decode()}")
        writer.close()

    begin = time.monotonic()
    await asyncio.gather(*(visitor() for _ in range(connections)))
    answers.took = time.monotonic() - begin
    return answers


async def _answer(reader: asyncio.StreamReader) -> bytes:
    """Read an answer to its end; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = head.split(b" ", 2)[1]
    if b"transfer-encoding: chunked" in head:
        while (size := int((await reader.readline()).strip(), 16)) or size:
            await reader.readexactly(size + 2)
        await reader.readline()
    else:
        await reader.readexactly(int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0]))
    return status
