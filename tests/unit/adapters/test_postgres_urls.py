"""URLs of the market database: what is refused, and that no sentence shows a password."""

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.errors import ConfigError

pytestmark = pytest.mark.unit

SECRET = "hunter2"  # noqa: S105 - nobody's


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (f"postgresql://u:{SECRET}@db.example:5433/market", "db.example:5433/market"),
        (f"postgres://u:{SECRET}@db.example/market", "db.example/market"),
        (f"postgresql+psycopg://u:{SECRET}@db.example/market", "db.example/market"),
        (f"postgresql://u:{SECRET}%40%2F%3F%23%3A%25%20+@h/d", "h/d"),
        (f"postgresql://u:{SECRET}?{SECRET}@h/d", "h/d"),
        (f"postgresql://u:{SECRET}#{SECRET}@h/d", "h/d"),
        (f"postgresql://u:{SECRET}:{SECRET}@h/d", "h/d"),
        (f"postgresql://u:{SECRET}@h/d?sslmode=require&application_name=x", "h/d"),
        (f"postgresql:///d?host=%2Frun%2Fpg&user=u&password={SECRET}", "/run/pg/d"),
        (f"postgresql://h/d?password={SECRET}", "h/d"),
        ("postgresql://postgres@/algo_trading?host=%2Fvar%2Frun%2Fa%20b", "/var/run/a b/algo_trading"),
        ("postgresql://[::1]:5432/d", "[::1]:5432/d"),
        ("postgresql:///d", "localhost/d"),
    ],
)
def test_an_address_names_the_server_and_the_database_alone(url: str, address: str) -> None:
    assert Database(url).address == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        SECRET,
        f"u:{SECRET}@h/d",
        f"postgresql:u:{SECRET}@h/d",
        f"postgresql:/u:{SECRET}@h/d",
        f"mysql://u:{SECRET}@h/d",
        "postgresql://",
        f"postgresql://u:{SECRET}@h:port/d",
        f"postgresql://u:{SECRET}@{SECRET}@h/d",
        f"postgresql://u:{SECRET}/{SECRET}@h/d",
        f"postgresql://u:{SECRET}%zz@h/d",
        f"postgresql://u:{SECRET}@h/d?no_such_option=1",
        f"postgresql://u:{SECRET}@h/d?password",
        "postgresql://u:\0@h/d",
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="must be postgresql://user:password@host:port/database") as caught:
        Database(url)
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)
