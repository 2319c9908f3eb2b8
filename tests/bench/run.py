"""Measure speed beside the peers: `python tests/bench/run.py [--only NAME]... [--json]`, or `make bench`."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # so that the folder is the package `bench`
    runpy.run_module("bench", run_name="__main__", alter_sys=True)
