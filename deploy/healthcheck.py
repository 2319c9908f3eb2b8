# ruff: noqa: INP001 - a script that stands alone
"""Whether a part of Airflow is healthy: `healthcheck.py scheduler`. Asks the API server, which costs next to nothing.

Parts: metadatabase (and so the API server itself), scheduler, dag_processor, triggerer.
"""

import json
import sys
from urllib.request import urlopen

with urlopen("http://airflow-api-server:8080/api/v2/monitor/health", timeout=5) as answer:
    status = json.load(answer)[sys.argv[1]]["status"]
sys.exit(status != "healthy")
