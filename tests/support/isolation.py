"""A plugin of pytest: the tests of a module leave neither a variable of the application nor another folder behind."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest


def surroundings() -> dict[str, str]:
    """The application's variables, and the working directory as `cwd`; empty where that is gone."""
    try:
        cwd = str(Path.cwd())
    except FileNotFoundError:
        cwd = ""
    return {name: value for name, value in os.environ.items() if name.upper().startswith("ALGO_")} | {"cwd": cwd}


def restore(before: dict[str, str]) -> list[str]:
    """Bring back what was there before; the names of what had been left otherwise."""
    after = surroundings()
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    for name in changed:
        if name == "cwd":
            os.chdir(before["cwd"])
        elif name in before:
            os.environ[name] = before[name]
        else:
            del os.environ[name]
    return changed


BEFORE = pytest.StashKey[dict[str, str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[BEFORE] = surroundings()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None]:
    """Look when the fixtures of a module are gone: they may set variables for all of its tests."""
    yield
    if nextitem is None or nextitem.path != item.path:
        changed = restore(item.config.stash[BEFORE])
        assert not changed, f"the tests of {item.path.name} leave behind: {', '.join(changed)}"
