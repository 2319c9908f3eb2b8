"""Logging in, sessions, tokens, and how users are managed."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.user import Role, Scope, User
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.services.passwords import SHORTEST
from algo_trading.services.sign_in import (
    MOST_PER_LOGIN,
    MOST_PER_PLACE,
    SESSION,
    WINDOW,
    LoginError,
    TooManyAttemptsError,
)
from support.world import World

pytestmark = pytest.mark.unit

PHRASE = "correct horse battery"


@pytest.fixture
def world() -> World:
    world = World()
    world.manage_users().add("setup", "ann", Role.MEMBER, "ann@example.com", PHRASE)
    world.manage_users().add("setup", "boss", Role.OWNER, password=PHRASE)
    return world


def fail(world: World, login: str, place: str = "here") -> None:
    with pytest.raises(LoginError, match="do not belong together"):
        world.sign_in()(login, "wrong password", place)


def test_a_session_begins_with_name_or_address_and_ends_by_time_or_by_hand(world: World) -> None:
    signed_in = world.sign_in()("Ann@Example.com", PHRASE, "here")
    assert signed_in.user.name == "ann"
    identify = world.identify()
    assert identify.by_session(signed_in.secret) == signed_in.user
    assert identify.by_session(signed_in.secret + "x") is None
    world.clock.move(SESSION)
    assert identify.by_session(signed_in.secret) is None
    second = world.sign_in()("ann", PHRASE, "here").secret
    identify.sign_out(second)
    assert identify.by_session(second) is None
    assert [(one.action, one.actor) for one in world.audit.newest(2)] == [("user.login", "ann")] * 2


def test_what_is_stored_of_a_session_or_token_does_not_open_it(world: World) -> None:
    secret = world.sign_in()("ann", PHRASE, "here").secret
    token = world.manage_users().issue_token("ann", "ann", "laptop", [Scope.READ])
    stored = str([vars(world.sessions), vars(world.sessions)["_people"].__dict__])
    assert secret not in stored
    assert token not in stored
    assert PHRASE not in stored


@pytest.mark.parametrize(("login", "password"), [("ann", ""), ("ann", "x" * 10_000), ("nobody", PHRASE), ("", PHRASE)])
def test_nobody_else_logs_in(world: World, login: str, password: str) -> None:
    with pytest.raises(LoginError):
        world.sign_in()(login, password, "here")


def test_a_name_is_guessed_a_few_times_only_even_with_the_right_password_at_last(world: World) -> None:
    for number in range(MOST_PER_LOGIN):
        fail(world, "ann", f"place {number}")
    with pytest.raises(TooManyAttemptsError, match="try again in 15 minutes"):
        world.sign_in()("ANN ", PHRASE, "elsewhere")
    assert world.sign_in()("boss", PHRASE, "here").user.is_owner
    world.clock.move(WINDOW + timedelta(seconds=1))
    assert world.sign_in()("ann", PHRASE, "here").user.name == "ann"


def test_a_place_guesses_many_names_a_few_times_only(world: World) -> None:
    for number in range(MOST_PER_PLACE):
        fail(world, f"user{number}")
    with pytest.raises(TooManyAttemptsError):
        world.sign_in()("ann", PHRASE, "here")
    assert world.sign_in()("ann", PHRASE, "elsewhere").user.name == "ann"


def test_success_forgets_earlier_failures(world: World) -> None:
    for _ in range(3):
        for _ in range(MOST_PER_LOGIN - 1):
            fail(world, "ann")
        world.sign_in()("ann", PHRASE, "here")


def test_a_token_has_its_scopes_until_it_ends_or_is_revoked(world: World) -> None:
    manage, identify = world.manage_users(), world.identify()
    secret = manage.issue_token("boss", "ann", "collector", [Scope.POSTS, Scope.READ], timedelta(days=1))
    found = identify.by_token(secret)
    assert found is not None
    assert found[0].name == "ann"
    assert found[1] == {Scope.POSTS, Scope.READ}
    world.clock.move(timedelta(days=1))
    assert identify.by_token(secret) is None
    other = manage.issue_token("boss", "ann", "phone", [Scope.READ])
    manage.revoke_token("boss", "ann", "phone")
    assert identify.by_token(other) is None
    assert identify.by_token("algo_nonsense") is None
    with pytest.raises(UnknownNameError, match="there is no token of ann 'phone'"):
        manage.revoke_token("boss", "ann", "phone")
    with pytest.raises(ConfigError, match="has a token 'collector' already"):
        manage.issue_token("boss", "ann", "collector", [Scope.READ])


@pytest.mark.parametrize(
    ("name", "scopes", "said"),
    [("", [Scope.READ], "printable"), ("a\nb", [Scope.READ], "printable"), ("x", [], "at least one scope")],
)
def test_a_token_needs_a_name_and_a_scope(world: World, name: str, scopes: list[Scope], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        world.manage_users().issue_token("boss", "ann", name, scopes)


@pytest.mark.parametrize(
    ("name", "address", "password", "said"),
    [
        ("Ann", "", PHRASE, "is not a user name"),
        ("bob", "bob", PHRASE, "not a valid email address"),
        ("bob", "", "short", f"a password has {SHORTEST} to 200 characters, not 5"),
        ("ann", "", PHRASE, "a user of this name already"),
        ("bob", "ANN@example.com", PHRASE, "a user of this address already"),
    ],
)
def test_what_is_no_user_is_refused_with_the_reason(
    world: World, name: str, address: str, password: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        world.manage_users().add("boss", name, Role.MEMBER, address, password)


def test_the_only_owner_stays(world: World) -> None:
    with pytest.raises(ConfigError, match="boss is the only owner"):
        world.manage_users().remove("boss", "boss")
    world.manage_users().add("boss", "second", Role.OWNER)
    world.manage_users().remove("second", "boss")
    world.manage_users().remove("second", "ann")
    assert [one.name for one in world.users.all()] == ["second"]
    with pytest.raises(UnknownNameError, match="there is no user 'ann'"):
        world.manage_users().remove("second", "ann")


def test_another_password_ends_sessions_and_is_recorded_without_it(world: World) -> None:
    secret = world.sign_in()("ann", PHRASE, "here").secret
    generated = world.manage_users().set_password("boss", "ann")
    assert generated is not None
    assert world.identify().by_session(secret) is None
    assert world.sign_in()("ann", generated, "here").user.name == "ann"
    changed = world.audit.newest(9, "ann")[1]
    assert (changed.actor, changed.action, changed.detail) == ("boss", "user.password", {})


def test_the_first_owner_is_made_once() -> None:
    world = World(now=datetime(2026, 11, 20, tzinfo=UTC))
    password = world.manage_users().first_owner()
    assert password is not None
    assert world.manage_users().first_owner() is None
    assert world.users.all() == [User("owner", Role.OWNER, world.clock.now())]
    assert world.sign_in()("owner", password, "here").user.is_owner
