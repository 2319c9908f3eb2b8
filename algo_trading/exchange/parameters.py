"""Parameters of a request, read with the exchange's own errors."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from urllib.parse import parse_qsl

from algo_trading.exchange.errors import RefusalError

SYMBOL = r"^[\w\-._&&[^a-z]]{1,50}$"  # as the exchange prints it
DECIMAL = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
CLIENT_ID = r"^[a-zA-Z0-9-_.:/]{1,36}$"
INTEGER = r"^[0-9]{1,20}$"
LONGEST = (1 << 63) - 1


class Parameters:
    """Names and texts. What is missing, empty or not of its kind is refused by name."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, pattern: str | None = None) -> str | None:
        """A text, None where it was not sent."""
        value = self.values.get(name)
        if value is None:
            return None
        if value == "":
            raise RefusalError(-1105, f"Parameter '{name}' was empty.")
        if pattern and not re.match(pattern, value):
            raise illegal(name, pattern)
        return value

    def needed(self, name: str, pattern: str | None = None) -> str:
        """A text that must be there."""
        if not self.values.get(name):
            raise missing(name)
        value = self.text(name, pattern)
        assert value is not None
        return value

    def whole(self, name: str) -> int | None:
        """A whole number, not negative."""
        value = self.text(name, INTEGER)
        if value is not None and int(value) > LONGEST:
            raise RefusalError(-1108, f"Parameter '{name}' overflowed.")
        return None if value is None else int(value)

    def needed_whole(self, name: str) -> int:
        """A whole number that must be there."""
        if not self.values.get(name):
            raise missing(name)
        value = self.whole(name)
        assert value is not None
        return value

    def decimal(self, name: str) -> Decimal | None:
        """An amount of at most eight decimals."""
        value = self.text(name, DECIMAL)
        if value is None:
            return None
        number = Decimal(value)
        if number.normalize().as_tuple().exponent < -8:  # type: ignore[operator] # finite by its pattern
            raise RefusalError(-1111, f"Parameter '{name}' has too much precision.")
        if number >= 10**12:
            raise RefusalError(-1108, f"Parameter '{name}' overflowed.")
        return number

    def choice(self, name: str, options: Iterable[str], refusal: RefusalError) -> str | None:
        """One of several words."""
        value = self.text(name)
        if value is not None and value not in options:
            raise refusal
        return value

    def flag(self, name: str) -> bool:
        """Whether a parameter is `true`."""
        return (self.text(name) or "false").lower() == "true"

    def limit(self, usual: int, most: int) -> int:
        """How many rows to answer with."""
        value = self.whole("limit")
        if value == 0:
            raise RefusalError(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(usual if value is None else value, most)

    def symbol(self, known: Mapping[str, object]) -> str:
        """A pair that exists."""
        return check_symbol(self.needed("symbol"), known)

    def symbols(self, known: Mapping[str, object]) -> Sequence[str] | None:
        """The pairs of `symbol` or `symbols`; None where neither was sent."""
        if "symbol" in self and "symbols" in self:
            raise RefusalError(-1128, "Combination of optional parameters invalid.")
        if "symbol" in self:
            return [self.symbol(known)]
        text = self.text("symbols")
        if text is None:
            return None
        try:
            names = json.loads(text)
        except ValueError:
            names = None
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise illegal("symbols", r'^\["[A-Z0-9-_.]{1,50}"(,"[A-Z0-9-_.]{1,50}"){0,}\]$')
        if len(set(names)) < len(names):
            raise RefusalError(-1151, "Symbol is present multiple times in the list.")
        return [check_symbol(name, known) for name in names]


def check_symbol(name: str, known: Mapping[str, object]) -> str:
    if not re.fullmatch("[A-Z0-9_.-]{1,50}", name):
        raise illegal("symbol", SYMBOL)
    if name not in known:
        raise RefusalError(-1121, "Invalid symbol.")
    return name


def missing(name: str) -> RefusalError:
    """The refusal of a request without a parameter."""
    return RefusalError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, pattern: str) -> RefusalError:
    return RefusalError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'.")


def read(query: str, body: str) -> dict[str, str]:
    """The parameters of a query string and a form; the query's count where both have one."""
    found: dict[str, str] = {}
    for part in (query, body):
        here: dict[str, str] = {}
        for name, value in parse_qsl(part, keep_blank_values=True):
            if name in here:
                raise RefusalError(-1101, "Duplicate values for a parameter detected.")
            here[name] = value
        found = {**here, **found}
    return found


def check_known(values: Mapping[str, str], known: Iterable[str]) -> None:
    """Refuse parameters that the endpoint does not have."""
    count = len(values.keys() & set(known))
    if count < len(values):
        raise RefusalError(
            -1104, f"Not all sent parameters were read; read '{count}' parameter(s) but was sent '{len(values)}'."
        )


__all__ = ["CLIENT_ID", "Parameters", "check_known", "missing", "read"]
