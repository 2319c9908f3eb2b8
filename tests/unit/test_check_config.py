"""Every mistake in the configuration is found at once."""

import os
from pathlib import Path

import pytest

from algo_trading.bootstrap.check import configuration_mistakes

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for variable in [name for name in os.environ if name.startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mistakes_of(folder: Path, text: str) -> list[str]:
    """What is said about a file over the preset yahoo, without its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALGO_PRESET", "" if "[[watchlists]]" in text else "yahoo")  # empty: as if it were not set
        (folder / "algo-trading.toml").write_text(text)
        return [sentence.removeprefix(f"{folder}/algo-trading.toml") for sentence in configuration_mistakes()]


@pytest.mark.parametrize("preset", ["sample", "yahoo"])
def test_the_packaged_configurations_are_right(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_PRESET", preset)
    assert configuration_mistakes() == []


WATCHLIST = "[[watchlists]]\nname = 'a'\nvenue = 'XNYS'\nsymbols = ['IBM']\n"
BAD = """
channel = "smpt"
[[watchlists]]
name = "stocks"
venue = "NYSE2"
source = "yaho"
symbols = ["IBM"]

[[watchlists]]
name = "others"
venue = "XNYS"
source = "yahoo"
intervals = ["1h"]
symbols = ["KO"]

[[accounts]]
name = "paper"
broker = "papr"

[[strategies]]
name = "sma_crss"
watchlist = "others"

[[strategies]]
name = "ema_cross"
watchlist = "others"
params = { fst = 7 }

[[feeds]]
platform = "redit"
source = "r/stocks"

[[feeds]]
platform = "x"
source = "@somebody"

[sources.yahoo]
attmpts = 3

[channels.pigeon]
birds = 2

[sentiment]
scorer = "luck"
"""


def test_mistakes_of_every_kind_come_with_their_lines(folder: Path) -> None:
    found = mistakes_of(folder, BAD)
    assert [sentence.split(": ")[:2] for sentence in found] == [
        [":2", "channel"],
        [":5", "watchlists.0.venue"],
        [":6", "watchlists.0.source"],
        [":18", "accounts.0.broker"],
        [":21", "strategies.0.name"],
        [":27", "strategies.1.params"],
        [":30", "feeds.0.platform"],
        [":33", "feeds.1"],
        [":38", "sources.yahoo.attmpts"],
        [":40", "channels.pigeon"],
        [":44", "sentiment.scorer"],
    ]
    text = "\n".join(found)
    for hint in (
        "there is no channel 'smpt'; did you mean 'smtp'?",
        "there is no venue 'NYSE2'",
        "there is no market data source 'yaho'; did you mean 'yahoo'? known are: ",
        "there is no broker 'papr'; did you mean 'paper'?",
        "there is no strategy 'sma_crss'; did you mean 'sma_cross'?",
        "ema_cross has no parameter 'fst'; its parameters and defaults are: fast=8",
        "there is no platform 'redit'; did you mean 'reddit'?",
        "ALGO_PLATFORMS__X__BEARER_TOKEN",
        "there is no such key; did you mean 'attempts'?",
        "there is no channel 'pigeon'; known are: apprise, maildir, slack, smtp, telegram, webhook",
        "there is no scorer 'luck'",
    ):
        assert hint in text


def test_a_source_that_lacks_an_interval(folder: Path) -> None:
    text = f"{WATCHLIST}source = 'sample'\nintervals = ['1d', '1h']\n"
    assert mistakes_of(folder, text) == [":6: watchlists.0.intervals: the source sample does not have 1h; it has 1d"]


def test_options_that_a_plug_in_refuses(folder: Path) -> None:
    text = f"{WATCHLIST}source = 'csv_files'\n"
    assert mistakes_of(folder, text) == [
        ":5: watchlists.0.source: sources.csv_files.folder is '', which is not a folder; name the one with your files"
    ]
    (folder / "bars").mkdir()
    assert mistakes_of(folder, f"{text}[sources.csv_files]\nfolder = 'bars'\n") == []
    without = "channels.smtp.user is set without a password"
    smtp = "channel = 'smtp'\n[channels.smtp]\nuser = 'ann'\n"
    assert mistakes_of(folder, smtp) == [
        f":1: channel: {without}; set ALGO_CHANNELS__SMTP__PASSWORD in the environment"
    ]


def test_a_secret_in_the_table_of_a_plug_in(folder: Path) -> None:
    (sentence,) = mistakes_of(folder, "[channels.smtp]\npassword = 'correct horse'\n")
    assert sentence == (
        ":2: channels.smtp.password: is a secret; set ALGO_CHANNELS__SMTP__PASSWORD in the environment instead"
    )


def test_entries_that_contradict_each_other(folder: Path) -> None:
    entry = (
        "[[strategies]]\nname = 'ema_cross'\nwatchlist = 'us_stocks'\naccount = 'paper'\nlimits.max_positions = %d\n"
    )
    (sentence,) = mistakes_of(folder, entry % 1 + entry % 2)
    assert sentence.startswith("two entries of [[strategies]] are ema_cross(")


def test_a_file_that_is_not_toml(folder: Path) -> None:
    (sentence,) = mistakes_of(folder, "channel = [")
    assert "is not valid TOML" in sentence
