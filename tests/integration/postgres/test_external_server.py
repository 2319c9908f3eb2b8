"""A server of the user's own, by URL: with a password, wrong in every way, or too old."""

import socket
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.migrate import upgrade
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.bootstrap import bootstrap
from algo_trading.errors import ServiceUnavailableError
from algo_trading.repositories.bars import UpsertCount
from algo_trading.settings import Settings, load_settings
from contracts.bars import IBM, bar_row, bar_rows, daily
from contracts.signals import a_signal
from servers.postgres import PASSWORD, PasswordServer, a_password_server, free_port

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server() -> Iterator[PasswordServer]:
    with a_password_server() as server:
        yield server


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.chdir(home)
    monkeypatch.setenv("ALGO_HOME", str(home / "var"))
    return load_settings()


def refusal(url: str) -> str:
    """The sentence about a database that cannot be used; the whole report of it shows no password."""
    database = Database(url)
    try:
        with pytest.raises(ServiceUnavailableError) as caught:
            database.check()
    finally:
        database.close()
    sentence = str(caught.value)
    assert "\n" not in sentence
    for secret in (PASSWORD, "hunter2"):
        assert secret not in "".join(traceback.format_exception(caught.value))
    return sentence


def test_rows_and_tables_go_both_ways(server: PasswordServer) -> None:
    database = Database(server.url())
    try:
        database.check()
        upgrade(database.engine)
        assert PostgresSignals(database).add([a_signal()]) == 1
        table = bar_rows(bar_row(IBM, date(2013, 1, 2)))
        assert PostgresBars(database).upsert(table, "test") == UpsertCount(inserted=1)
        assert PostgresBars(database).read(daily([IBM]), None, None) == table
        assert database.address == f"127.0.0.1:{server.port}/market"
    finally:
        database.close()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"password": "hunter2"}, 'FATAL:  password authentication failed for user "admin"'),
        ({"user": "stranger"}, 'FATAL:  password authentication failed for user "stranger"'),
        ({"password": ""}, "no password supplied"),
        ({"database": "nowhere"}, 'FATAL:  database "nowhere" does not exist'),
    ],
)
def test_who_may_not_come_in_is_told_why(server: PasswordServer, changes: dict[str, str], reason: str) -> None:
    sentence = refusal(server.url(**changes))
    database = changes.get("database", "market")
    assert sentence.startswith(f"the database at 127.0.0.1:{server.port}/{database} does not answer: ")
    assert reason in sentence
    assert sentence.endswith("; check ALGO_DATABASE_URL")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://u:hunter2@127.0.0.1:{port}/d", "Connection refused"),
        ("postgresql://u:hunter2@no-such-host.invalid/d", "no-such-host.invalid"),
        ("postgresql://u:hunter2@127.0.0.1:99999/d", "99999"),
        ("postgresql:///d?host=%2Fnonexistent&user=u&password=hunter2", "No such file or directory"),
    ],
)
def test_nobody_there(url: str, reason: str) -> None:
    assert reason in refusal(url.format(port=free_port()))


def test_what_answers_is_no_postgresql() -> None:
    def answer() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(100)
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        port = listener.getsockname()[1]
        answered = pool.submit(answer)
        sentence = refusal(f"postgresql://u:hunter2@127.0.0.1:{port}/d")
        answered.result(10)
    assert f"the database at 127.0.0.1:{port}/d does not answer: " in sentence


@pytest.mark.parametrize(("version", "fits"), [((13, 99), False), ((9, 6, 24), False), ((14, 0), True), ((19,), True)])
def test_a_server_that_is_too_old(
    server: PasswordServer, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], *, fits: bool
) -> None:
    database = Database(server.url())
    try:
        with database.engine.connect():  # SQLAlchemy asks for the version once, at the first connection
            monkeypatch.setattr(database.engine.dialect, "server_version_info", version)
        if fits:
            database.check()
            return
        with pytest.raises(ServiceUnavailableError, match=rf"is PostgreSQL {version[0]}; 14 or newer is needed"):
            database.check()
    finally:
        database.close()


def test_a_user_who_may_not_make_tables(server: PasswordServer, settings: Settings) -> None:
    server.run("CREATE ROLE reader LOGIN PASSWORD 'hunter2'", "CREATE DATABASE theirs")
    url = server.url("reader", "hunter2", "theirs")
    with pytest.raises(ServiceUnavailableError, match="permission denied for schema public") as caught:
        bootstrap(settings, url=url)
    assert "GRANT CREATE ON SCHEMA" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_database_of_a_newer_program(server: PasswordServer, settings: Settings) -> None:
    server.run("CREATE DATABASE newer", database="postgres")
    server.run(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('9999')",
        database="newer",
    )
    with pytest.raises(
        ServiceUnavailableError, match="revision 9999, which this version does not know; install a newer"
    ):
        bootstrap(settings, url=server.url(database="newer"))


def test_the_first_start_makes_everything_and_the_second_changes_nothing(
    server: PasswordServer, settings: Settings
) -> None:
    server.run("CREATE DATABASE fresh", database="postgres")
    for _ in range(2):
        with bootstrap(settings, url=server.url(database="fresh")) as app:
            assert app.bars.count() == 0
            assert app.signals.count() == 0
