"""A sweep's metric over two parameters, as one HTML file that needs no network."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Strategy
from back_testing.report.charts import AXIS, BASE
from back_testing.report.definitions import counted
from back_testing.report.library import compressed_plotly
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
        """Traces and layout, as Plotly takes them."""
        cells = [[None if np.isnan(value) else float(value) for value in row] for row in self._values]
        words = self._metric.replace("_", " ")
        hover = f"{self._down} %{{y}}, {self._across} %{{x}}<br>{words} %{{z:.4g}}<extra></extra>"
        trace = {
            "type": "heatmap",
            "x": [str(value) for value in self._grid[self._across]],
            "y": [str(value) for value in self._grid[self._down]],
            "z": cells,
            **self._colours(),
            "hovertemplate": hover,
            "hoverongaps": False,
        }
        layout = {
            **BASE,
            "hovermode": "closest",
            "xaxis": {**AXIS, "type": "category", "title": {"text": self._across}, "showgrid": False},
            "yaxis": {**AXIS, "type": "category", "title": {"text": self._down}, "showgrid": False},
        }
        return {"data": [trace], "layout": layout}

    def _colours(self) -> dict[str, Any]:
        """Red for losses and blue for gains where there are both."""
        if np.nanmin(self._values, initial=0.0) < 0 < np.nanmax(self._values, initial=0.0):
            return {"colorscale": "RdBu", "reversescale": True, "zmid": 0}
        return {"colorscale": "Viridis"}

    def write(self, path: Path, title: str) -> None:
        """Write the page.

        Raises:
            ConfigError: the file cannot be written.
        """
        from jinja2 import Environment, PackageLoader, StrictUndefined

        environment = Environment(
            loader=PackageLoader("back_testing.report"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
        )
        others = [name for name, values in self._grid.items() if name not in {self._down, self._across}]
        page = environment.get_template("heatmap.html.j2").render(
            title=title,
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
            charts=json.dumps({"heatmap": self.chart()}, allow_nan=False).replace("<", "\\u003c"),
            plotly=compressed_plotly(),
        )
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
