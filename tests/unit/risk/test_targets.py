"""Targets of coins by rank, volume and price."""

import pytest
from pydantic import ValidationError

from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.risk.targets import TargetTable, parse_steps
from algo_trading.services.find_targets import FindTargets
from algo_trading.settings.trading import ExitsSettings, TargetSettings
from fakes.listings import FakeListings

pytestmark = pytest.mark.unit

LARGE, THIN = 1e9, 1e6  # volumes of a day, of coins worth 1e10


@pytest.mark.parametrize(
    ("rank", "volume", "expected"),
    [
        (1, LARGE, 0.02), (10, LARGE, 0.02), (11, LARGE, 0.04), (200, LARGE, 0.08), (201, LARGE, 0.15),
        (None, None, 0.15), (10, THIN, 0.03), (201, THIN, 0.225),
    ],
)  # fmt: skip
def test_the_target_follows_from_rank_and_volume(rank: int | None, volume: float | None, expected: float) -> None:
    assert TargetTable().target(rank, volume, 1e10, 1.0) == pytest.approx(expected)


def test_it_is_kept_within_bounds_and_follows_the_price() -> None:
    table = TargetTable(by_price=((0.01, 4.0),))
    assert table.target(201, THIN, 1e10, 0.001) == 0.25
    assert table.target(10, LARGE, 1e10, 0.001) == pytest.approx(0.08)
    assert table.target(10, LARGE, 1e10, 0.02) == pytest.approx(0.02)
    assert TargetTable(by_rank=((10, 0.001),)).target(1, LARGE, 1e10, 1.0) == 0.01


@pytest.mark.parametrize("text", ["10", "10:x", "50:0.1 10:0.2", "10:0", "*:0.1 10:0.2", "10:-1", "*:nan"])
def test_steps_that_are_none_are_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"must ascend|is not a list of steps"):
        parse_steps(text)


def test_the_configuration_has_the_table() -> None:
    assert TargetSettings().table == TargetTable()
    with pytest.raises(ValidationError, match="must end with the gain of all others"):
        TargetSettings(by_rank="10:0.02")
    with pytest.raises(ValidationError, match=r"targets.least \(0.5\) must not be above"):
        TargetSettings(least=0.5)
    assert ExitsSettings(by_rank=True, max_age=4).exits == Exits(max_age=4, by_rank=True)
    with pytest.raises(ValidationError, match="not both"):
        ExitsSettings(by_rank=True, target=0.5)
    assert ExitsSettings(stop=0.1, target=0.5).exits == Exits(0.1, 0.5)


def test_a_pair_has_the_target_of_its_coin() -> None:
    listings = FakeListings()
    listings.upsert([Listing(Instrument("INJ", "24/7"), "Injective", rank=60, market_cap=2e9, volume=1e9, price=20.0)])
    find, wanted = FindTargets(listings, TargetTable()), Exits(stop=0.1, by_rank=True)
    assert find(Instrument("INJUSDT", "BINANCE"), wanted) == Exits(stop=0.1, target=0.08)
    assert find(Instrument("NOVAUSDT", "BINANCE"), wanted).target == 0.15
    assert find(Instrument("INJUSDT", "BINANCE"), Exits(target=0.5)) == Exits(target=0.5)


def test_two_targets_are_one_too_many() -> None:
    with pytest.raises(ValueError, match="not both"):
        Exits(target=0.1, by_rank=True)
    with pytest.raises(ValueError, match="max_age must be above 0"):
        Exits(max_age=0)
