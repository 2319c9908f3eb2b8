"""Who may log in: the stores, and the services over them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from algo_trading.bootstrap.stores import Stores

if TYPE_CHECKING:
    from algo_trading.gateways.clock import Clock
    from algo_trading.repositories.api_answers import ApiAnswerRepository
    from algo_trading.repositories.join_requests import JoinRequests
    from algo_trading.repositories.personal import PersonalData
    from algo_trading.repositories.signing_keys import SigningKeys
    from algo_trading.repositories.symbol_requests import SymbolRequests
    from algo_trading.repositories.users import ApiTokenRepository, LoginAttempts, SessionRepository, UserRepository
    from algo_trading.services.manage_users import ManageUsers
    from algo_trading.services.passwords import Passwords
    from algo_trading.services.sign_in import Identify, SignIn


class People(Stores):
    """Users, sessions and tokens."""

    clock: Clock

    @cached_property
    def users(self) -> UserRepository:
        from algo_trading.adapters.postgres.users import PostgresUsers

        return PostgresUsers(self.database)

    @cached_property
    def sessions(self) -> SessionRepository:
        from algo_trading.adapters.postgres.users import PostgresSessions

        return PostgresSessions(self.database)

    @cached_property
    def tokens(self) -> ApiTokenRepository:
        from algo_trading.adapters.postgres.users import PostgresApiTokens

        return PostgresApiTokens(self.database)

    @cached_property
    def login_attempts(self) -> LoginAttempts:
        from algo_trading.adapters.postgres.users import PostgresLoginAttempts

        return PostgresLoginAttempts(self.database)

    @cached_property
    def api_answers(self) -> ApiAnswerRepository:
        from algo_trading.adapters.postgres.api_answers import PostgresApiAnswers

        return PostgresApiAnswers(self.database)

    @cached_property
    def signing_keys(self) -> SigningKeys:
        from algo_trading.adapters.postgres.signing_keys import PostgresSigningKeys

        return PostgresSigningKeys(self.database)

    @cached_property
    def personal(self) -> PersonalData:
        from algo_trading.adapters.postgres.personal import PostgresPersonalData

        return PostgresPersonalData(self.database)

    @cached_property
    def symbol_requests(self) -> SymbolRequests:
        from algo_trading.adapters.postgres.symbol_requests import PostgresSymbolRequests

        return PostgresSymbolRequests(self.database)

    @cached_property
    def join_requests(self) -> JoinRequests:
        from algo_trading.adapters.postgres.join_requests import PostgresJoinRequests

        return PostgresJoinRequests(self.database)

    @cached_property
    def passwords(self) -> Passwords:
        from algo_trading.services.passwords import Passwords

        return Passwords()

    def manage_users(self) -> ManageUsers:
        from algo_trading.services.manage_users import ManageUsers

        return ManageUsers(self.users, self.tokens, self.audit, self.passwords, self.clock)

    def sign_in(self) -> SignIn:
        from algo_trading.services.sign_in import SignIn

        return SignIn(self.users, self.sessions, self.login_attempts, self.audit, self.passwords, self.clock)

    def identify(self) -> Identify:
        from algo_trading.services.sign_in import Identify

        return Identify(self.sessions, self.tokens, self.clock)
