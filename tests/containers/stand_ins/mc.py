#!/usr/bin/env python3
"""`mc ready local`, for the health check: whether the server beside it has started and answers."""

import sys
from pathlib import Path
from urllib.request import urlopen

assert sys.argv[1:] == ["ready", "local"]
assert Path("/tmp/ready").exists()
with urlopen("http://127.0.0.1:9000/moto-api/", timeout=4) as answer:
    sys.exit(answer.status != 200)
