"""The commands of `user`."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from algo_trading.cli import main
from support.world import World

pytestmark = pytest.mark.unit

Runs = Callable[..., tuple[int, str, str]]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runs:
    monkeypatch.setattr("algo_trading.cli.users.bootstrap", lambda: nullcontext(world))

    def runs(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["algo-trading", "user", *arguments])
        with pytest.raises(SystemExit) as done:
            main()
        said = capsys.readouterr()
        assert isinstance(done.value.code, int)
        return done.value.code, said.out, said.err

    return runs


def shown_once(out: str) -> str:
    found = re.search(r"shown this once: (\S+)", out)
    assert found
    return found[1]


def test_a_user_is_added_listed_given_another_password_and_removed(world: World, run: Runs) -> None:
    run("add", "boss", "--role", "owner")
    code, out, _ = run("add", "ann", "--address", "ann@example.com")
    assert code == 0
    assert world.sign_in()("ann", shown_once(out), "here").user.name == "ann"
    _, out, _ = run("password", "ann")
    assert "every session of theirs has ended" in out
    assert world.sign_in()("ann@example.com", shown_once(out), "here").user.name == "ann"
    _, out, _ = run("list", "--json")
    assert [(one["name"], one["role"], one["address"]) for one in json.loads(out)] == [
        ("ann", "member", "ann@example.com"),
        ("boss", "owner", ""),
    ]
    assert "ann@example.com" in run("list")[1]
    assert run("remove", "ann")[0] == 0
    assert run("remove", "ann")[0] == 2
    assert [one.name for one in world.users.all()] == ["boss"]


def test_a_token_is_shown_once_and_revoked(world: World, run: Runs) -> None:
    run("add", "ann")
    _, out, _ = run("token", "add", "ann", "collector", "--scope", "posts", "--scope", "read", "--days", "30")
    secret = shown_once(out)
    assert world.identify().by_token(secret) is not None
    _, out, _ = run("token", "list", "ann", "--json")
    (token,) = json.loads(out)
    assert (token["name"], token["scopes"], token["works"]) == ("collector", ["posts", "read"], True)
    assert secret not in out
    assert run("token", "revoke", "ann", "collector")[0] == 0
    assert world.identify().by_token(secret) is None
    _, out, _ = run("token", "list", "ann")
    assert "revoked" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "Ann"), "is not a user name"),
        (("password", "nobody"), "there is no user 'nobody'"),
        (("token", "list", "nobody"), "there is no user 'nobody'"),
        (("token", "add", "nobody", "x"), "there is no user 'nobody'"),
        (("add", "ann", "--role", "king"), "'king' is not one of"),
    ],
)
def test_mistakes_are_named(run: Runs, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert said in " ".join(err.split())
