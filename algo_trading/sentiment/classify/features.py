"""Texts as hashed features: what the compiled loops need, a few hundred texts at a time."""

import html
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from algo_trading.sentiment.classify.lexicon import role_table

CHUNK = 256  # texts in one call of the compiled loop: its output stays in the cache
CHUNK_BYTES = 64_000  # of them together: room is made for the most features that so many bytes can have
MOST_BYTES = 100_000  # of one text are read


class Features(NamedTuple):
    """Of some texts in turn: bucket and place (bytes in `text`) of each feature; text i has bounds[i]:bounds[i + 1].

    There are no places where none were asked for.
    """

    text: bytes
    buckets: NDArray[np.uint32]
    places: NDArray[np.int64]
    bounds: NDArray[np.int64]


def normalized(text: str) -> str:
    """The text as the features see it: entities decoded, in lower case, with plain apostrophes."""
    return (html.unescape(text) if "&" in text else text).replace("\u2019", "'").lower()


def hashed_features(texts: Sequence[str], own: Path | None = None, *, placed: bool = False) -> Iterator[Features]:
    """Features of the texts, chunk after chunk; `own` is a user's table of expressions (see `lexicon`).

    The arrays are overwritten by the next chunk. A text that is not English has no features. Only who asks for reasons
    needs the places: `placed`.
    """
    from algo_trading.sentiment.classify import kernels

    roles = role_table(own)
    buckets, places = np.empty(0, np.uint32), np.empty((0, 2), np.int64)
    for encoded in _chunks(texts):
        ends = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum([len(text) for text in encoded], out=ends[1:])
        room = kernels.FEATURES_AT_LEAST * len(encoded) + kernels.FEATURES_PER_BYTE * int(ends[-1])
        if room > len(buckets):
            buckets, places = np.empty(room, np.uint32), np.empty((room if placed else 0, 2), np.int64)
        bounds = np.empty(len(ends), np.int64)
        joined = b"".join(encoded)
        kernels.features(np.frombuffer(joined, np.uint8), ends, roles, buckets, places, bounds)
        yield Features(joined, buckets[: bounds[-1]], places[: bounds[-1]], bounds)


def _chunks(texts: Sequence[str]) -> Iterator[list[bytes]]:
    """The texts as bytes, at most CHUNK of them and CHUNK_BYTES together, or a single longer one."""
    chunk: list[bytes] = []
    size = 0
    for text in texts:
        encoded = normalized(text).encode(errors="replace")[:MOST_BYTES]
        if chunk and (len(chunk) == CHUNK or size + len(encoded) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(encoded)
        size += len(encoded)
    if chunk:
        yield chunk
