"""Users, sessions and tokens in PostgreSQL."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.people import api_tokens, login_attempts, sessions, users
from algo_trading.domain.user import ApiToken, Role, Scope, User


class PostgresUsers:
    """Implements UserRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, user: User, password_hash: str) -> bool:
        row = {
            "name": user.name,
            "role": str(user.role),
            "address": user.address,
            "password_hash": password_hash,
            "created_at": user.created_at,
        }
        statement = upsert(users).values(row).on_conflict_do_nothing().returning(users.c.name)
        with self._engine.begin() as connection:
            return connection.execute(statement).first() is not None

    def find(self, name: str) -> User | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(users).where(users.c.name == name)).first()
        return None if row is None else _user(row)

    def by_login(self, login: str) -> tuple[User, str] | None:
        wanted = login.strip().lower()
        if not wanted:
            return None
        query = select(users).where(or_(users.c.name == wanted, func.lower(users.c.address) == wanted))
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else (_user(row), row.password_hash)

    def all(self) -> list[User]:
        with self._engine.connect() as connection:
            return [_user(row) for row in connection.execute(select(users).order_by(users.c.name.collate("C")))]

    def set_password(self, name: str, password_hash: str) -> None:
        changed = update(users).where(users.c.name == name).values(password_hash=password_hash).returning(users.c.name)
        with self._engine.begin() as connection:
            if connection.execute(changed).first() is None:
                raise KeyError(name)
            connection.execute(delete(sessions).where(sessions.c.user_name == name))

    def remove(self, name: str) -> bool:
        with self._engine.begin() as connection:
            gone = delete(users).where(users.c.name == name).returning(users.c.name)
            return connection.execute(gone).first() is not None


class PostgresSessions:
    """Implements SessionRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def open(self, digest: str, user: str, opened_at: datetime, expires_at: datetime) -> None:
        row = {"digest": digest, "user_name": user, "opened_at": opened_at, "expires_at": expires_at}
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= opened_at))
            connection.execute(insert(sessions).values(row))

    def user_of(self, digest: str, now: datetime) -> User | None:
        query = select(users).join(sessions).where(sessions.c.digest == digest, sessions.c.expires_at > now)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else _user(row)

    def close(self, digest: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == digest))


class PostgresApiTokens:
    """Implements ApiTokenRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, token: ApiToken, digest: str) -> bool:
        row = {
            "digest": digest,
            "user_name": token.user,
            "name": token.name,
            "scopes": sorted(token.scopes),
            "created_at": token.created_at,
            "expires_at": token.expires_at,
            "revoked_at": token.revoked_at,
        }
        statement = upsert(api_tokens).values(row).on_conflict_do_nothing().returning(api_tokens.c.id)
        with self._engine.begin() as connection:
            return connection.execute(statement).first() is not None

    def find(self, digest: str) -> tuple[User, ApiToken] | None:
        its_user = (users.c.role, users.c.address, users.c.created_at.label("user_since"))
        query = select(api_tokens, *its_user).join(users).where(api_tokens.c.digest == digest)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return User(row.user_name, Role(row.role), row.user_since.astimezone(UTC), row.address), _token(row)

    def of(self, user: str) -> list[ApiToken]:
        query = select(api_tokens).where(api_tokens.c.user_name == user).order_by(api_tokens.c.id.desc())
        with self._engine.connect() as connection:
            return [_token(row) for row in connection.execute(query)]

    def revoke(self, user: str, name: str, at: datetime) -> bool:
        c = api_tokens.c
        its = (c.user_name == user, c.name == name, c.revoked_at.is_(None))
        with self._engine.begin() as connection:
            revoked = update(api_tokens).where(*its).values(revoked_at=at).returning(c.id)
            return connection.execute(revoked).first() is not None


class PostgresLoginAttempts:
    """Implements LoginAttempts."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def note(self, key: str, at: datetime, since: datetime) -> int:
        count = select(func.count()).where(login_attempts.c.key == key)
        with self._engine.begin() as connection:
            # One at a time for each key: of two at once the second one counts the first.
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 14))"), {"key": key})
            connection.execute(delete(login_attempts).where(login_attempts.c.at < since))
            connection.execute(insert(login_attempts).values(key=key, at=at))
            return connection.execute(count).scalar_one()

    def forget(self, key: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(login_attempts).where(login_attempts.c.key == key))


def _user(row: Row[Any]) -> User:
    return User(row.name, Role(row.role), row.created_at.astimezone(UTC), row.address)


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        user=row.user_name,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at.astimezone(UTC),
        expires_at=row.expires_at and row.expires_at.astimezone(UTC),
        revoked_at=row.revoked_at and row.revoked_at.astimezone(UTC),
    )
