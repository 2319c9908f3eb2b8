"""Runs the benchmarks one after the other."""

import argparse
import importlib
import json
import sys

from rich.console import Console

from bench.measure import Result
from bench.report import as_json, machine, print_result, versions

BENCHMARKS = (
    "indicators",
    "scores",
    "database",
    "gate",
    "imports",
    "period",
    "chart",
    "startup",
    "backtest",
    "mentions",
    "text",
    "notices",
    "orders",
    "watchlists",
    "alerts",
    "web",
)


def main() -> None:
    """Tables on standard output (JSON with --json), progress on standard error."""
    parser = argparse.ArgumentParser(prog="run.py", description="Measure speed side by side with the peers.")
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="run this one (may repeat)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    arguments = parser.parse_args()
    aside = Console(stderr=True)
    console = Console(width=None if sys.stdout.isatty() else 110)
    if not arguments.json:
        for name, value in {**machine(), **versions()}.items():
            console.print(f"[dim]{name}[/] {value}", highlight=False)
        console.print()
    results: dict[str, list[Result]] = {}
    for name in arguments.only or BENCHMARKS:
        with aside.status(name) as status:
            results[name] = importlib.import_module(f"bench.{name}").benchmark(
                lambda what, name=name: status.update(f"{name}: {what}")
            )
        if not arguments.json:
            for result in results[name]:
                print_result(console, result)
    if arguments.json:
        sys.stdout.write(json.dumps(as_json(results), indent=2) + "\n")


if __name__ == "__main__":
    main()
