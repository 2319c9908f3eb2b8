"""The limit of request weight, on a clock that only the test moves."""

from pathlib import Path

import pytest

from algo_trading.adapters.binance.limiter import MARGIN, WeightLimiter
from algo_trading.errors import RateLimitedError

pytestmark = pytest.mark.unit

START = 1_717_200_000.0  # a full minute
LIMITS = [
    {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 50},
    {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 100},
    {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5, "limit": 61_000},
]


class Time:
    """A clock; sleeping moves it."""

    def __init__(self) -> None:
        self.now = START
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limiter(time: Time) -> WeightLimiter:
    made = WeightLimiter("Binance", 0.8, clock=lambda: time.now, sleep=time.sleep)
    made.learn(LIMITS)
    return made


def test_the_limit_is_the_exchange_s_own(limiter: WeightLimiter) -> None:
    assert limiter.limit == 100


def test_what_fits_into_the_share_goes_at_once(limiter: WeightLimiter, time: Time) -> None:
    for _ in range(4):
        limiter.acquire(20)
    assert time.slept == []


def test_more_waits_for_the_next_minute(limiter: WeightLimiter, time: Time) -> None:
    time.now += 10
    for _ in range(5):
        limiter.acquire(20)
    assert time.slept == [50 + MARGIN]
    assert limiter.used == 20


def test_what_the_exchange_counted_counts(limiter: WeightLimiter, time: Time) -> None:
    limiter.acquire(2)
    limiter.note(200, {"x-mbx-used-weight-1m": "79"})  # other programs of this address
    limiter.acquire(2)
    assert len(time.slept) == 1


def test_before_the_limit_is_known_nothing_waits(time: Time) -> None:
    limiter = WeightLimiter("Binance", 0.8, clock=lambda: time.now, sleep=time.sleep)
    limiter.acquire(1_000_000)
    assert time.slept == []


@pytest.mark.parametrize(("headers", "waited"), [({"retry-after": "7"}, 7), ({}, 60)])
def test_asked_to_slow_down_it_waits(
    limiter: WeightLimiter, time: Time, headers: dict[str, str], waited: float
) -> None:
    limiter.note(429, headers)
    limiter.acquire(1)
    assert time.slept == [waited]


@pytest.mark.parametrize(("headers", "seconds"), [({"retry-after": "3600"}, 3600), ({}, 120)])
def test_a_ban_is_kept_and_not_waited_for(
    limiter: WeightLimiter, time: Time, headers: dict[str, str], seconds: float
) -> None:
    limiter.note(418, headers)
    for _ in range(2):
        with pytest.raises(RateLimitedError, match=r"bans this address until 2024-06-01 .* \(HTTP 418\)"):
            limiter.acquire(1)
    assert time.slept == []
    time.now += seconds
    limiter.acquire(1)


def test_a_later_reply_does_not_shorten_a_ban(limiter: WeightLimiter) -> None:
    limiter.note(418, {"retry-after": "3600"})
    limiter.note(429, {"retry-after": "1"})
    with pytest.raises(RateLimitedError):
        limiter.acquire(1)


def test_a_ban_is_known_to_other_processes(time: Time, tmp_path: Path) -> None:
    def another() -> WeightLimiter:
        return WeightLimiter("Binance", 0.8, bans=tmp_path / "bans" / "com", clock=lambda: time.now, sleep=time.sleep)

    another().note(429, {"retry-after": "3600"})  # that is this process's own concern
    another().acquire(1)
    another().note(418, {"retry-after": "3600"})
    with pytest.raises(RateLimitedError, match="bans this address"):
        another().acquire(1)
    time.now += 3600
    another().acquire(1)
    (tmp_path / "bans" / "com").write_text("soon")
    another().acquire(1)
    assert time.slept == []
