"""What `check-config` and `config apply` print."""

import json
import os
import sys
from pathlib import Path

import pytest

from algo_trading.cli import main
from algo_trading.cli.configuration import sentences, show, warn_of_difference
from algo_trading.services.setup_difference import Action, Change, Difference
from support.world import World

pytestmark = pytest.mark.unit

CHANGES = (
    Change("watchlist", "stocks", Action.ADDED, ("XNYS from sample", "2 symbols: IBM, [MSFT]")),
    Change("account", "paper", Action.CHANGED, ("owner owner -> ann",)),
    Change("assignment", "sma_cross(fast=7) for paper", Action.REMOVED, ("IBM",)),
    Change("subscription", "ann@localhost: * on *", Action.ADDED),
)
KEPT = (Change("account", "old", Action.KEPT, ("it has 5 USD",)),)


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for variable in [name for name in os.environ if name.startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["algo-trading", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


class TestCheck:
    def test_a_right_configuration_names_its_files(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "algo-trading.toml").write_text("shard_size = 5\n")
        assert run(monkeypatch, "check-config") == 0
        assert f"sample.toml, {folder}/algo-trading.toml" in capsys.readouterr().out

    def test_every_mistake_is_a_line_on_stderr(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = folder / "algo-trading.toml"
        path.write_text("shard_size = 0\nchanel = 'smtp'\n")
        assert run(monkeypatch, "check-config") == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert [line.split(": ")[0] for line in printed.err.splitlines()] == [f"{path}:1", f"{path}:2"]

    def test_as_json(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "algo-trading.toml").write_text("shard_size = 0\n")
        assert run(monkeypatch, "check-config", "--json") == 2
        (mistake,) = json.loads(capsys.readouterr().out)["mistakes"]
        assert mistake.endswith(":1: shard_size: must be greater than 0")


class TestDifference:
    def test_each_change_is_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(Difference(changes=CHANGES, kept=KEPT), dry_run=True)
        assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
            "`algo-trading config apply` would change:",
            "  + watchlist stocks: XNYS from sample; 2 symbols: IBM, [MSFT]",
            "  ~ account paper: owner owner -> ann",
            "  - assignment sma_cross(fast=7) for paper: IBM",
            "  + subscription ann@localhost: * on *",
            "  = account old: not in the configuration, and kept; it has 5 USD",
        ]

    def test_nothing_differs(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(Difference(), dry_run=False)
        assert capsys.readouterr().out == "nothing differs: the rows are as the configuration says\n"

    def test_as_sentences(self) -> None:
        assert sentences(CHANGES) == [
            "watchlist stocks added: XNYS from sample; 2 symbols: IBM, [MSFT]",
            "account paper changed: owner owner -> ann",
            "assignment sma_cross(fast=7) for paper removed: IBM",
            "subscription ann@localhost: * on * added",
        ]

    def test_a_difference_is_a_warning(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert folder.is_dir()
        monkeypatch.setenv("ALGO_PRESET", "yahoo")
        world = World()
        world.apply_config().seed()
        warn_of_difference(world)
        assert capsys.readouterr().err == ""
        monkeypatch.setenv("ALGO_SUBSCRIPTIONS", '[{"address": "ann@localhost"}]')
        changed = World()
        changed.__dict__.update({**world.__dict__, "settings": changed.settings})
        warn_of_difference(changed)
        assert "the configuration differs from the rows in one thing" in capsys.readouterr().err
