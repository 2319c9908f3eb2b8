"""How many cases the tests that draw them at random try: `FUZZ=10` asks for ten times as many (`make test-fuzz`)."""

import os


def examples(usual: int) -> int:
    """`usual`, times what the environment asks for."""
    return usual * int(os.environ.get("FUZZ", "1"))
