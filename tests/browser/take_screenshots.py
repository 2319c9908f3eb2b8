"""Takes the documentation's pictures of Airflow from what `make run` left running.

`make run`, then `PYTHONPATH=tests .venv/bin/python tests/browser/take_screenshots.py`.
"""

import sys
from pathlib import Path

from algo_trading.domain.time import Interval
from algo_trading.launcher.dag_ids import chain
from algo_trading.launcher.stack import airflow_of
from algo_trading.settings import load_settings
from support.airflow_pages import asset_graph, logged_in, runs

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def main() -> None:
    """Write the pictures."""
    airflow = airflow_of(load_settings())
    IMAGES.mkdir(parents=True, exist_ok=True)
    with logged_in(airflow, height=1290) as page:
        sys.stdout.write(f"{len(runs(page, airflow))} runs\n")
        page.wait_for_timeout(1000)
        page.screenshot(path=IMAGES / "airflow-sessions.png")
        page.set_viewport_size({"width": 1280, "height": 560})
        asset_graph(page, airflow, "signals", chain("us_stocks", Interval.DAY))
        page.wait_for_timeout(1500)
        page.screenshot(path=IMAGES / "airflow-assets.png")


if __name__ == "__main__":
    main()
