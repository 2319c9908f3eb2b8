"""The results as tables for people and as JSON."""

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.measure import Result

PACKAGES = (
    "numba",
    "numpy",
    "polars",
    "pandas",
    "ta-lib",
    "pyarrow",
    "adbc-driver-postgresql",
    "psycopg",
    "SQLAlchemy",
    "vectorbt",
    "raptorbt",
    "backtesting",
    "backtrader",
    "ahocorasick_rs",
    "flashtext",
)


def machine() -> dict[str, str]:
    """What it ran on; the load average tells whether others used the machine too."""
    names = [line.partition(":")[2].strip() for line in _cpu_lines() if line.startswith("model name")]
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load average": load,
    }


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def versions() -> dict[str, str]:
    """Versions of the contenders."""
    return {name: version(name) for name in PACKAGES}


def print_result(console: Console, result: Result) -> None:
    """One table, its goals and its notes."""
    table = Table(title=f"{result.title}\n[dim]{result.setting}[/]", title_justify="left")
    table.add_column("")
    rates = any(timing.rows > 1 for timing in result.timings)
    headings = ["median s", "fastest", "slowest", *["rows/s"] * rates, *["ours is"] * result.beside_peers]
    for heading in headings:
        table.add_column(heading, justify="right")
    for timing in result.timings:
        cells = [f"{value:.3f}" for value in (timing.median, min(timing.seconds), max(timing.seconds))]
        if rates:
            cells.append(_rate(timing.rate))
        if result.beside_peers and timing is not result.timings[0]:
            cells.append(f"{result.timings[0].rate / timing.rate:.1f} x")
        table.add_row(timing.name, *cells)
    console.print(table)
    for goal in result.goals:
        mark = "[green]met[/]" if goal.met else "[red]missed[/]"
        sign = "at most" if goal.at_most else "at least"
        console.print(f"  goal {mark}: {goal.text}: {goal.measured:.3g} ({sign} {goal.wanted:g})")
    for note in result.notes:
        console.print(f"  {note}", highlight=False)
    console.print()


def _rate(rate: float) -> str:
    return f"{rate / 1e6:.2f} M" if rate >= 1e6 else f"{rate / 1e3:.1f} k" if rate >= 1e3 else f"{rate:.1f}"


def as_json(results: Mapping[str, Sequence[Result]]) -> dict[str, Any]:
    """Everything that the tables show, and every single time."""
    return {
        "machine": machine(),
        "versions": versions(),
        "benchmarks": {
            name: [
                {
                    "title": result.title,
                    "setting": result.setting,
                    "timings": [
                        {
                            "name": timing.name,
                            "rows": timing.rows,
                            "median_seconds": timing.median,
                            "rows_per_second": timing.rate,
                            "seconds": timing.seconds,
                            **(
                                {"ours_is_times_as_fast": result.timings[0].rate / timing.rate}
                                if result.beside_peers
                                else {}
                            ),
                        }
                        for timing in result.timings
                    ],
                    "goals": [
                        {"text": goal.text, "wanted": goal.wanted, "measured": goal.measured, "met": goal.met}
                        for goal in result.goals
                    ],
                    "notes": list(result.notes),
                }
                for result in group
            ]
            for name, group in results.items()
        },
    }
