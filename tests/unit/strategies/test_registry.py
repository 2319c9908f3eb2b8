"""Strategies by name: what is known, and sentences for what is not."""

from pathlib import Path

import pytest

from algo_trading.domain.signal import StrategyId
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.strategies.registry import build_strategy, strategy_class, strategy_names
from algo_trading.strategies.sma_cross import SmaCross

pytestmark = pytest.mark.unit

PLUG_INS = '''
from dataclasses import dataclass

from algo_trading.strategies.sma_cross import SmaCross


@dataclass(frozen=True, kw_only=True)
class Windowed(SmaCross):
    """A user's own: `window` has no default."""

    name = "windowed"

    window: int

    def __post_init__(self):
        if self.window < 3:
            raise ValueError(f"window must be at least 3, not {self.window}")


nothing = 42
'''

ENTRY_POINTS = """
[algo_trading.strategies]
windowed = users_plug_ins:Windowed
other_name = users_plug_ins:Windowed
nothing = users_plug_ins:nothing
elsewhere = a_package_installed_since:Windowed
"""


@pytest.fixture
def plug_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's package with strategies of its own, installed as far as Python can tell."""
    (tmp_path / "users_plug_ins.py").write_text(PLUG_INS)
    metadata = tmp_path / "users_plug_ins-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: users-plug-ins\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)


def test_built_in_strategies_are_registered() -> None:
    assert {"ema_cross", "sma_cross"} <= set(strategy_names())
    assert strategy_names() == sorted(strategy_names())
    assert strategy_class("sma_cross") is SmaCross


def test_parameters_go_over_the_defaults_and_into_the_id() -> None:
    strategy = build_strategy("sma_cross", {"fast": 3})
    assert strategy == SmaCross(fast=3, slow=21, trend=50)
    assert strategy.id == StrategyId("sma_cross", '{"fast":3,"slow":21,"trend":50}')
    assert str(strategy.id) == "sma_cross(fast=3, slow=21, trend=50)"


def test_an_unknown_strategy_lists_the_known_ones() -> None:
    told = r"^there is no strategy 'sma_corss'; did you mean 'sma_cross'\? known are: .*ema_cross.*sma_cross"
    with pytest.raises(UnknownNameError, match=told):
        build_strategy("sma_corss", {})


def test_an_unknown_parameter_lists_the_known_ones_with_defaults() -> None:
    message = "ema_cross has no parameter 'quick'; its parameters and defaults are: fast=8, slow=21"
    with pytest.raises(ConfigError, match=message):
        build_strategy("ema_cross", {"quick": 3})


@pytest.mark.parametrize("value", [0, "nine", 2.5, None])
def test_a_parameter_out_of_range_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"ema_cross: fast must be a whole number .*defaults are: fast=8, slow=21"):
        build_strategy("ema_cross", {"fast": value})


@pytest.mark.usefixtures("plug_ins")
def test_a_users_strategy_is_found_beside_the_built_in_ones() -> None:
    assert {"windowed", "sma_cross"} <= set(strategy_names())
    assert build_strategy("windowed", {"window": 5}).id.name == "windowed"


@pytest.mark.usefixtures("plug_ins")
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({}, r"windowed: .*missing.*'window'; its parameters .*window=required"),
        ({"window": 2}, "windowed: window must be at least 3, not 2; its parameters"),
        ({"window": "wide"}, "windowed: .*; its parameters"),
    ],
)
def test_a_users_strategy_says_what_is_wrong(params: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_strategy("windowed", params)


@pytest.mark.usefixtures("plug_ins")
def test_a_package_that_this_process_cannot_import_is_named_with_what_helps() -> None:
    told = r"the strategy 'elsewhere' cannot be imported \(No module named .*\); where .* `algo-trading restart`"
    with pytest.raises(ConfigError, match=told):
        strategy_class("elsewhere")
    assert build_strategy("windowed", {"window": 5}).id.name == "windowed"


@pytest.mark.usefixtures("plug_ins")
def test_what_is_registered_must_be_a_strategy_of_that_name() -> None:
    with pytest.raises(ConfigError, match=r"'nothing' of algo_trading\.strategies names is not a subclass of Strategy"):
        strategy_class("nothing")
    with pytest.raises(ConfigError, match="registered as 'other_name' calls itself 'windowed'"):
        strategy_class("other_name")
