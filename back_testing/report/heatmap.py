"""A sweep's metric over two parameters, as one HTML file that needs no network."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Strategy
from back_testing.report.definitions import counted
from back_testing.report.packed import compressed_json, packed
from back_testing.report.pages import rendered
from back_testing.search.sweep import Grid, SweepBlock, grid_size, require_metric

MOST_CELLS = 1_000_000


class Heatmap:
    """Collects a metric from the blocks of a sweep; where there are more parameters, the best over the others.

    Raises:
        ConfigError: the grid does not vary exactly two parameters or more, or has too many cells to draw.
    """

    def __init__(self, grid: Grid, metric: str, kind: type[Strategy] | None = None) -> None:
        require_metric(metric)
        varied = [name for name, values in grid.items() if len(values) > 1]
        if len(varied) < 2:
            raise ConfigError("a heatmap needs two parameters with several values each, such as --set fast=5:50")
        self._grid = grid
        self._metric = metric
        self._down, self._across = varied[:2]
        shape = (len(grid[self._down]), len(grid[self._across]))
        if shape[0] * shape[1] > MOST_CELLS:
            raise ConfigError(f"a heatmap of {shape[0]} x {shape[1]} cells is too large; take larger steps")
        self._values = np.full(shape, np.nan)
        self._tried = self._refused = 0
        self._defaults = {field.name: field.default for field in fields(kind)} if kind else {}

    def add(self, block: SweepBlock) -> None:
        """Take a block in."""
        self._tried, self._refused = block.tried, self._refused + block.refused
        places = dict(
            zip(self._grid, np.unravel_index(block.index, [len(v) for v in self._grid.values()]), strict=True)
        )
        values = block.statistics[self._metric]
        finite = np.where(np.isfinite(values), values, np.nan)
        np.fmax.at(self._values, (places[self._down], places[self._across]), finite)

    def chart(self) -> dict[str, Any]:
        """What `heatmap.js` draws: the names and values of both axes, and the metric row by row, top row first."""
        finite = self._values[np.isfinite(self._values)]
        both = bool(len(finite)) and float(finite.min()) < 0 < float(finite.max())
        return {
            "metric": self._metric.replace("_", " "),
            "across": {"name": self._across, "values": [str(value) for value in self._grid[self._across]]},
            "down": {"name": self._down, "values": [str(value) for value in self._grid[self._down]]},
            "cells": packed(_four_digits(self._values.ravel())),
            "colours": "losses and gains" if both else "low to high",
        }

    def write(self, path: Path, title: str) -> None:
        """Write the page.

        Raises:
            ConfigError: the file cannot be written.
        """
        others = [name for name, values in self._grid.items() if name not in {self._down, self._across}]
        page = rendered(
            "heatmap.html.j2",
            title=title,
            down=self._down,
            across=self._across,
            metric=self._metric.replace("_", " "),
            settings=counted(self._tried - self._refused, "setting"),
            skipped=counted(self._refused, "invalid combination") if self._refused else "",
            untried=counted(grid_size(self._grid) - self._tried, "setting")
            if self._tried < grid_size(self._grid)
            else "",
            others=[name for name in others if len(self._grid[name]) > 1],
            fixed={
                **{name: value for name, value in self._defaults.items() if name not in self._grid},
                **{name: self._grid[name][0] for name in others if len(self._grid[name]) == 1},
            },
            charts=compressed_json({"heatmap": self.chart()}),
        )
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def _four_digits(values: Floats) -> Floats:
    """Rounded to four significant digits, as many as the page shows."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = 10.0 ** (3 - np.floor(np.log10(np.abs(values))))
        rounded = np.round(values * places) / places
    return np.where(values == 0, 0.0, rounded)
