"""Builds an exchange from a user's options."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from algo_trading.errors import ConfigError
from algo_trading.exchange import coins
from algo_trading.exchange.api import Api
from algo_trading.exchange.clock import Clock
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.faults import fault_of
from algo_trading.exchange.made_up import made_up
from algo_trading.exchange.noise import key
from algo_trading.exchange.replay import recorded
from algo_trading.exchange.signing import Key, public_key
from algo_trading.exchange.tape import Tape

ACCOUNT = "practice"


@dataclass(frozen=True)
class ExchangeOptions:
    """Options of an exchange. Without `start` the market is at the present, a replay a quarter into its records."""

    seed: int = 7
    speed: float = 1.0
    replay: Path | None = None
    start: datetime | None = None
    api_key: str | None = None
    secret: str | None = None  # or the text of an Ed25519 public key (PEM)
    balances: Mapping[str, Decimal] = field(default_factory=dict)
    faults: Path | None = None
    since: datetime | None = None  # made-up pairs that are older are listed then


def build(options: ExchangeOptions, now_ms: Callable[[], int]) -> tuple[Api, Key]:
    """The exchange, and the key of its one account: the given one, else one derived from the seed."""
    if options.replay is not None and options.since is not None:
        raise ConfigError("records begin where they begin: give either --replay or --since")
    if options.replay is None:
        pairs = coins.pairs()
        since = int(options.since.timestamp() * 1000) if options.since else 0
        sources = made_up(options.seed, pairs, since)
        tapes = [Tape(options.seed, pair, sources[pair.symbol]) for pair in pairs]
        start = now_ms()
        earliest = min(tape.source.starts_at for tape in tapes)
    else:
        records = recorded(options.replay)
        tapes = [Tape(options.seed, pair, candles) for pair, candles in records]
        first = max(candles.starts_at for _, candles in records)
        last = min(candles.ends_at or 0 for _, candles in records)
        earliest = min(candles.starts_at for _, candles in records)
        start = first + max(last - first, 0) // 4
    if options.start is not None:
        start = int(options.start.timestamp() * 1000)
        if start < earliest:
            raise ConfigError(
                f"nothing was traded before {datetime.fromtimestamp(earliest / 1000, options.start.tzinfo)}"
            )
    api = Api(Exchange(options.seed, tapes, Clock(start, options.speed)))
    used = key_of(options)
    api.open_account(ACCOUNT, options.balances, used)
    if options.faults is not None:
        for data in _script(options.faults):
            api.faults.add(fault_of(data, api.exchange.books))
    return api, used


def key_of(options: ExchangeOptions) -> Key:
    """The key of the account."""
    if (options.api_key is None) != (options.secret is None):
        raise ConfigError("an API key needs its secret, and a secret its API key")
    if options.api_key is not None and options.secret is not None:
        made = Key(options.api_key, ACCOUNT, options.secret)
        if made.is_pair:
            try:
                public_key(options.secret)
            except ValueError as error:
                raise ConfigError(f"the public key cannot be read: {error}") from error
        return made
    name, secret = (
        "".join(f"{key(options.seed, word, place):016x}" for place in range(4)) for word in ("key", "secret")
    )
    return Key(name, ACCOUNT, secret)


def _script(path: Path) -> list[dict[str, object]]:
    """The faults of a file: a JSON list of objects."""
    try:
        data = json.loads(path.read_text())
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, list) or not all(isinstance(fault, dict) for fault in data):
        raise ConfigError(f'{path} is not a list of faults, such as [{{"kind": "delay", "seconds": 2}}]')
    return data


__all__ = ["ACCOUNT", "ExchangeOptions", "build", "key_of"]
