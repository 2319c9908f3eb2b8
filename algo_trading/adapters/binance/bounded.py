"""Replies of limited size and duration, for clients that use requests."""

import time
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from algo_trading.adapters.http_client import LARGEST_REPLY, LONGEST_REPLY

PART = 2**16  # bytes that are read at once


class BoundedAdapter(HTTPAdapter):
    """Reads the whole reply, at most LARGEST_REPLY bytes in at most LONGEST_REPLY seconds."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # noqa: ANN401
        """As HTTPAdapter.

        Raises:
            requests.ConnectionError: the reply breaks off, is too large or takes too long.
        """
        until = time.monotonic() + LONGEST_REPLY
        response = super().send(request, **{**options, "stream": True})
        content = bytearray()
        try:
            while part := response.raw.read1(PART, decode_content=True):
                content += part
                if len(content) > LARGEST_REPLY:
                    raise requests.ConnectionError(f"the reply is larger than {LARGEST_REPLY >> 20} MB")
                if time.monotonic() > until:
                    raise requests.ConnectionError(f"the reply takes longer than {LONGEST_REPLY:g} s")
        except HTTPError as error:
            raise requests.ConnectionError(error) from error
        finally:
            response.close()
        response._content = bytes(content)  # noqa: SLF001 - where requests keeps what it has read
        response._content_consumed = True  # noqa: SLF001 - as above
        return response
