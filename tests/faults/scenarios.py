"""As many seeded scenarios of orders as wanted: PYTHONPATH=tests python tests/faults/scenarios.py 2000 [FIRST_SEED]."""

import logging
import sys
import time

from support.spot_scenario import run_scenario


def main() -> None:
    """Run them one after the other; the first that fails ends the run with its seed."""
    count, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    logging.disable()
    began = time.monotonic()
    for number, seed in enumerate(range(first, first + count), start=1):
        run_scenario(seed)
        if number % 100 == 0 or number == count:
            sys.stdout.write(f"{number} of {count} scenarios agree, after {time.monotonic() - began:.0f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
