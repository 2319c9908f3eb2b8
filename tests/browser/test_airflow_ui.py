"""What Airflow's UI shows of a session: green runs under its partition key, linked by assets, documented."""

import pytest

from support.airflow_pages import CHROMIUM, asset_graph, logged_in, runs
from support.airflow_stack import CHAIN, DAY, Stack, require_up

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("airflow"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there"),
]


def test_the_session_s_runs_are_green_linked_and_documented(airflow_at_work: Stack) -> None:
    airflow, _ = airflow_at_work
    require_up(airflow)
    with logged_in(airflow, width=1600) as page:
        shown = runs(page, airflow)
        assert {dag for dag, _, key in shown if key == str(DAY)} == set(CHAIN)
        assert {state for _, state, key in shown if key == str(DAY)} == {"Success"}

        asset_graph(page, airflow, "signals", ["bars_us_stocks_1d", *CHAIN])

        page.goto(f"{airflow.url}/dags/{CHAIN[0]}")
        page.get_by_text("XNYS close + 30 min").wait_for()
        owner = page.locator('a[href="mailto:algo-trading@localhost"]').first
        assert owner.inner_text().strip() == "trading"
        page.get_by_label("Dag Docs").click()
        page.get_by_text("The partition key is the period's key").wait_for()
