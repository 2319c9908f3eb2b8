"""Working through posts and articles: what is started, what is waited for, what is said when something fails."""

import json
from pathlib import Path

import pytest

from algo_trading.domain.post import PostKind
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher import text_runs as module
from algo_trading.launcher.text_runs import FOLLOWERS, HEADS, TextRuns
from fakes.airflow_api import FakeTextApi

pytestmark = pytest.mark.unit

KINDS = list(PostKind)
POSTS, ARTICLES = HEADS[PostKind.POST], HEADS[PostKind.ARTICLE]
READ, DECIDED = FOLLOWERS


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)


@pytest.fixture
def api() -> FakeTextApi:
    return FakeTextApi()


def work(api: FakeTextApi, logs: Path, kinds: list[PostKind] = KINDS, seconds: float = 10) -> tuple[bool, list[int]]:
    seen: list[int] = []
    ran = TextRuns(api, logs).process(kinds, lambda _what, through, _of: seen.append(through), seconds)
    return ran, seen


def states(api: FakeTextApi) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for run in api.runs:
        found.setdefault(run["dag"], set()).add(run["state"])
    return found


def test_heads_are_started_once_and_what_follows_is_waited_for(api: FakeTextApi, tmp_path: Path) -> None:
    ran, seen = work(api, tmp_path)
    assert ran
    assert api.posted == [f"/dags/{POSTS}/dagRuns", f"/dags/{ARTICLES}/dagRuns"]
    assert states(api) == {dag: {"success"} for dag in (POSTS, ARTICLES, READ, DECIDED)}
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (0, 4)


def test_nobody_goes_on_before_the_last_signal_is_decided(api: FakeTextApi, tmp_path: Path) -> None:
    api.stuck.add(DECIDED)
    with pytest.raises(AlgoTradingError, match=rf"{DECIDED} is not through after 0 s; it goes on at {api.url}"):
        work(api, tmp_path, seconds=0.05)
    assert states(api)[READ] == {"success"}


def test_a_second_call_does_nothing(api: FakeTextApi, tmp_path: Path) -> None:
    work(api, tmp_path)
    before = len(api.runs)
    assert work(api, tmp_path) == (False, [])
    assert (len(api.runs), len(api.posted)) == (before, 2)


def test_without_feeds_there_is_nothing_to_do(api: FakeTextApi, tmp_path: Path) -> None:
    assert work(api, tmp_path, []) == (False, [])
    assert api.posted == []


def test_a_kind_without_a_feed_is_not_started(api: FakeTextApi, tmp_path: Path) -> None:
    ran, seen = work(api, tmp_path, [PostKind.ARTICLE])
    assert ran
    assert api.posted == [f"/dags/{ARTICLES}/dagRuns"]
    assert seen[-1] == 3


def test_where_nothing_is_new_nothing_follows(api: FakeTextApi, tmp_path: Path) -> None:
    api.nothing_new = {POSTS, ARTICLES}
    assert work(api, tmp_path)[0]
    assert states(api) == {POSTS: {"success"}, ARTICLES: {"success"}}
    assert work(api, tmp_path) == (False, [])


def test_one_head_with_something_new_is_enough(api: FakeTextApi, tmp_path: Path) -> None:
    api.nothing_new = {POSTS}
    assert work(api, tmp_path)[0]
    assert states(api)[DECIDED] == {"success"}


def test_a_head_that_runs_already_is_not_started_again(api: FakeTextApi, tmp_path: Path) -> None:
    api.add(POSTS, "running")
    assert work(api, tmp_path)[0]
    assert api.posted == [f"/dags/{ARTICLES}/dagRuns"]


def test_what_a_kill_left_unfinished_is_waited_for(api: FakeTextApi, tmp_path: Path) -> None:
    """Both heads had ended when the one who waited was killed."""
    for dag in (POSTS, ARTICLES):
        api.add(dag, "success")
    api.add(READ, "running")
    assert work(api, tmp_path)[0]
    assert states(api)[DECIDED] == {"success"}
    assert api.posted == []


def test_a_failure_names_the_task_the_cause_and_the_log(api: FakeTextApi, tmp_path: Path) -> None:
    api.fails = [READ]
    log = tmp_path / f"dag_id={READ}" / f"run_id={READ}-1" / "task_id=work"
    log.mkdir(parents=True)
    error = {"error_detail": [{"exc_type": "ConfigError", "exc_value": "there is no scorer 'luck'"}]}
    (log / "attempt=1.log").write_text(json.dumps(error))
    with pytest.raises(AlgoTradingError) as caught:
        work(api, tmp_path)
    assert str(caught.value) == (
        f"{READ} failed in task work: ConfigError: there is no scorer 'luck'; log: {log / 'attempt=1.log'}"
    )


@pytest.mark.parametrize("dag", [POSTS, ARTICLES, READ, DECIDED])
def test_what_failed_is_tried_again_by_the_next_call(dag: str, api: FakeTextApi, tmp_path: Path) -> None:
    api.fails = [dag]
    with pytest.raises(AlgoTradingError, match=f"{dag} failed in task work: its log says why"):
        work(api, tmp_path)
    assert work(api, tmp_path)[0]
    assert f"/dags/{dag}/dagRuns/{dag}-1/clear" in api.posted
    assert states(api) == {dag: {"success"} for dag in (POSTS, ARTICLES, READ, DECIDED)}
    assert work(api, tmp_path) == (False, [])


def test_a_paused_dag_is_named(api: FakeTextApi, tmp_path: Path) -> None:
    api.paused.add(READ)
    with pytest.raises(AlgoTradingError, match=f"the DAG {READ} is paused in Airflow; unpause it at"):
        work(api, tmp_path)
    assert api.posted == []
