"""Record what the program does, or compare with it: `python tests/golden/record.py [--check] [--only FLOW]...`."""

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # so that the folder is the package `golden`
    runpy.run_module("golden", run_name="__main__", alter_sys=True)
