"""Write the golden files anew, or print every difference from them. See record.py."""

import argparse
import sys

from golden.flows import FLOWS
from golden.read import GOLDEN, recorded
from golden.tables import differences, read, write


def main() -> int:
    """Run the flows and write or compare; returns the exit code."""
    names = [flow.name for flow in FLOWS]
    parser = argparse.ArgumentParser(description="Record what the program does on its sample, or compare with it.")
    parser.add_argument("--check", action="store_true", help="write nothing, print differences, and exit with 1 if any")
    parser.add_argument("--only", action="append", choices=names, help="this flow alone; may be repeated")
    wanted = parser.parse_args()
    different = False
    for flow in FLOWS:
        if flow.name not in (wanted.only or names):
            continue
        tables = recorded(flow)
        if not wanted.check:
            write(tables, GOLDEN / flow.name)
            print(f"{flow.name}: {sum(map(len, tables.values()))} rows recorded")  # noqa: T201 - a program's output
            continue
        found = differences(read(GOLDEN / flow.name), tables)
        different = different or bool(found)
        print("\n".join([f"{flow.name}: {'different' if found else 'the same'}", *found]))  # noqa: T201 - as above
    return int(different)


if __name__ == "__main__":
    sys.exit(main())
