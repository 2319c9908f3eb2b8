"""The guard that keeps tests from leaving something to each other."""

import os
from pathlib import Path

import pytest

from support.isolation import restore, surroundings

pytestmark = pytest.mark.unit


def test_what_is_left_behind_is_named_and_undone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ALGO_HOME", "/a")
    monkeypatch.setenv("ALGO_CHANNEL", "smtp")
    monkeypatch.chdir(Path.cwd())  # so that a failure of this test leaves nothing either
    before = surroundings()
    assert restore(before) == []
    monkeypatch.setenv("ALGO_HOME", "/b")
    monkeypatch.delenv("ALGO_CHANNEL")
    monkeypatch.setenv("ALGO_NEW", "1")
    monkeypatch.setenv("PATH_OF_ANOTHER", "1")  # not the application's
    gone = tmp_path / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    assert restore(before) == ["ALGO_CHANNEL", "ALGO_HOME", "ALGO_NEW", "cwd"]
    assert surroundings() == before


def test_a_module_that_leaves_something_fails_and_the_next_one_does_not(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_1="""
            import os

            def test_sets():
                os.environ["ALGO_LEFT"] = "1"

            def test_sees_it():
                assert "ALGO_LEFT" in os.environ
            """,
        test_2="""
            import os

            def test_is_undisturbed():
                assert "ALGO_LEFT" not in os.environ
            """,
    )
    outcome = pytester.runpytest_inprocess("-p", "support.isolation", "-p", "no:cacheprovider", "-p", "no:xdist")
    outcome.assert_outcomes(passed=3, errors=1)
    outcome.stdout.fnmatch_lines(["*the tests of test_1.py leave behind: ALGO_LEFT*"])
