"""Refusals in the exchange's own codes and words."""

from typing import Any


class RefusalError(Exception):
    """A refusal: HTTP status, code, message, and what else belongs to it."""

    def __init__(
        self,
        code: int,
        message: str,
        status: int = 400,
        *,
        retry_after: int | None = None,
        data: Any = None,  # noqa: ANN401 - JSON
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
        self.retry_after = retry_after  # ms of the machine's time
        self.data = data

    def body(self) -> dict[str, Any]:
        """What the client gets."""
        data = {"code": self.code, "msg": self.message}
        return data if self.data is None else {**data, "data": self.data}


def rejected(message: str) -> RefusalError:
    """The matching engine does not take the order."""
    return RefusalError(-2010, message)


def filtered(kind: str) -> RefusalError:
    """A rule of the pair is broken."""
    return RefusalError(-1013, f"Filter failure: {kind}")


def insufficient() -> RefusalError:
    """The refusal of an order that the balance does not cover."""
    return rejected("Account has insufficient balance for requested action.")


def unknown_order() -> RefusalError:
    """The refusal to cancel an order that is not open."""
    return RefusalError(-2011, "Unknown order sent.")


def timed_out() -> RefusalError:
    """The status of the request is unknown."""
    message = "Timeout waiting for response from backend server. Send status unknown; execution status unknown."
    return RefusalError(-1007, message, 504)


__all__ = ["RefusalError", "filtered", "insufficient", "rejected", "timed_out", "unknown_order"]
