"""What every store of users, sessions, tokens and attempts does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from algo_trading.domain.user import ApiToken, Role, Scope, User
from algo_trading.repositories.users import ApiTokenRepository, LoginAttempts, SessionRepository, UserRepository

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OWNER = User("owner", Role.OWNER, NOW)
ANN = User("ann", Role.MEMBER, NOW + HOUR, "Ann@example.com")
TOKEN = ApiToken("ann", "laptop", frozenset({Scope.READ, Scope.POSTS}), NOW, NOW + 2 * HOUR)


class People(NamedTuple):
    """The stores, over the same users."""

    users: UserRepository
    sessions: SessionRepository
    tokens: ApiTokenRepository
    attempts: LoginAttempts


class PeopleContract:
    """Subclasses give the fixture `empty`, stores without a row."""

    @pytest.fixture
    def people(self, empty: People) -> People:
        assert empty.users.add(OWNER, "hash of owner")
        assert empty.users.add(ANN, "hash of ann")
        return empty

    def test_users_are_found_by_name_and_listed_in_its_order(self, people: People) -> None:
        assert people.users.all() == [ANN, OWNER]
        assert people.users.find("ann") == ANN
        assert people.users.find("Ann") is None

    @pytest.mark.parametrize("login", ["ann", " ANN ", "ann@EXAMPLE.com"])
    def test_a_login_is_a_name_or_an_address_in_any_case(self, people: People, login: str) -> None:
        assert people.users.by_login(login) == (ANN, "hash of ann")

    @pytest.mark.parametrize("login", ["", "  ", "bob", "ann%"])
    def test_any_other_login_is_nobodys(self, people: People, login: str) -> None:
        assert people.users.by_login(login) is None

    def test_names_and_addresses_are_taken_once_and_many_have_no_address(self, people: People) -> None:
        assert not people.users.add(replace(ANN, address="other@example.com"), "x")
        assert not people.users.add(replace(ANN, name="bob", address="ann@example.COM"), "x")
        assert people.users.add(User("bob", Role.MEMBER, NOW), "x")
        assert people.users.by_login("ann") == (ANN, "hash of ann")

    def test_a_new_password_ends_the_sessions_of_that_user_alone(self, people: People) -> None:
        people.sessions.open("of ann", "ann", NOW, NOW + HOUR)
        people.sessions.open("of owner", "owner", NOW, NOW + HOUR)
        people.users.set_password("ann", "another")
        assert people.users.by_login("ann") == (ANN, "another")
        assert people.sessions.user_of("of ann", NOW) is None
        assert people.sessions.user_of("of owner", NOW) == OWNER
        with pytest.raises(KeyError):
            people.users.set_password("bob", "another")

    def test_with_a_user_go_sessions_and_tokens(self, people: People) -> None:
        people.sessions.open("of ann", "ann", NOW, NOW + HOUR)
        people.tokens.add(TOKEN, "digest")
        assert people.users.remove("ann")
        assert not people.users.remove("ann")
        assert people.users.find("ann") is None
        assert people.sessions.user_of("of ann", NOW) is None
        assert people.tokens.find("digest") is None

    def test_a_session_ends_when_it_is_closed_or_its_time_has_come(self, people: People) -> None:
        people.sessions.open("first", "ann", NOW, NOW + HOUR)
        people.sessions.open("second", "ann", NOW, NOW + 2 * HOUR)
        assert people.sessions.user_of("first", NOW + HOUR - timedelta(microseconds=1)) == ANN
        assert people.sessions.user_of("first", NOW + HOUR) is None
        people.sessions.open("third", "owner", NOW + HOUR, NOW + 2 * HOUR)
        assert people.sessions.user_of("first", NOW) is None  # removed
        assert people.sessions.user_of("second", NOW) == ANN
        people.sessions.close("second")
        people.sessions.close("second")
        assert people.sessions.user_of("second", NOW) is None
        assert people.sessions.user_of("nobody's", NOW) is None

    def test_tokens_are_found_with_their_user_and_revoked_by_name(self, people: People) -> None:
        assert people.tokens.add(TOKEN, "digest")
        assert not people.tokens.add(replace(TOKEN, scopes=frozenset({Scope.WRITE})), "other")
        assert people.tokens.find("digest") == (ANN, TOKEN)
        assert people.tokens.find("other") is None
        assert not people.tokens.revoke("owner", "laptop", NOW)
        assert people.tokens.revoke("ann", "laptop", NOW + HOUR)
        assert not people.tokens.revoke("ann", "laptop", NOW + HOUR)
        revoked, again = replace(TOKEN, revoked_at=NOW + HOUR), replace(TOKEN, expires_at=None)
        assert people.tokens.find("digest") == (ANN, revoked)
        assert people.tokens.add(again, "other")
        assert people.tokens.of("ann") == [again, revoked]
        assert people.tokens.of("owner") == []

    def test_attempts_are_counted_by_key_and_forgotten(self, people: People) -> None:
        assert people.attempts.note("ann", NOW, NOW - HOUR) == 1
        assert people.attempts.note("ann", NOW + HOUR, NOW) == 2
        assert people.attempts.note("bob", NOW + HOUR, NOW) == 1
        assert people.attempts.note("ann", NOW + 2 * HOUR, NOW + HOUR) == 2
        people.attempts.forget("ann")
        assert people.attempts.note("ann", NOW + 2 * HOUR, NOW + HOUR) == 1
        assert people.attempts.note("bob", NOW + 2 * HOUR, NOW + HOUR) == 2
