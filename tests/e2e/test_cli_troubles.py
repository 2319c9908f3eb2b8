"""What is broken around the program is told in one sentence, loses nothing, and once repaired the end is the same."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import psycopg.sql
import pytest

from faults.installations import BUSY, SESSIONS, Installation, installation
from faults.programs import Finished
from faults.undisturbed import Undisturbed
from support.smtp_server import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("program")]

DAY = ("run-session", "2005-02-18", "--json")
STRATEGY = '\n[[strategies]]\nname = "{name}"\nsymbols = ["IBM"]\nparams = {params}\n'
WRONG_FILES = {
    "an unknown strategy": (BUSY + STRATEGY.format(name="luck", params="{}"), "luck"),
    "an unknown parameter": (BUSY + STRATEGY.format(name="ema_cross", params="{ quick = 8 }"), "quick"),
    "a parameter out of range": (BUSY + STRATEGY.format(name="ema_cross", params="{ fast = 0 }"), "fast"),
    "no TOML": ("[account\n", "is not valid TOML"),
    "an unknown key": ("[acount]\ncash = 5\n", "there is no such key"),
    "a secret": ('database_url = "postgresql://u:secret@host/db"\n', "set ALGO_DATABASE_URL in the environment"),
}


def _watching(**changes: object) -> dict[str, str]:
    """The variable that names one watchlist, like that of the configuration but for what is changed."""
    usual = {"name": "us_stocks", "venue": "XNYS", "source": "sample", "intervals": ["1d"], "symbols": ["IBM"]}
    return {"ALGO_WATCHLISTS": json.dumps([usual | changes])}


WRONG_VARIABLES = [
    (
        {"ALGO_CHANNEL": "pigeon"},
        "there is no channel 'pigeon'; known are: apprise, maildir, slack, smtp, telegram, webhook",
    ),
    ({"ALGO_OBJECT_STORE": "minio"}, "ALGO_OBJECT_STORES__MINIO__ACCESS_KEY is not set"),
    ({"ALGO_OBJECT_STORE": "ftp"}, "there is no object store 'ftp'; known are: local, minio"),
    (_watching(venue="XNYC"), "did you mean XNYS"),
    ({"ALGO_CONFIG": "/there/is/nothing.toml"}, "/there/is/nothing.toml"),
    ({"ALGO_DATABASE_URL": "mysql://u:secret@host/db"}, "it must be postgresql://user:password@host:port/database"),
    ({"ALGO_DATABASE_URL": "postgresql://u:secret@host:port/db"}, "the database URL cannot be read"),
]


@pytest.fixture(scope="module")
def desk(undisturbed: Undisturbed) -> Iterator[Installation]:
    """An installation with history on which nothing succeeds, so that it stays as it is."""
    with installation(copy_of=undisturbed.prepared) as made:
        made.server.start()
        yield made


@pytest.mark.parametrize("mistake", WRONG_FILES)
def test_a_mistake_in_the_configuration_is_named(mistake: str, desk: Installation) -> None:
    text, named = WRONG_FILES[mistake]
    path = desk.root / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    finished = desk.run(*DAY, ALGO_CONFIG=str(path))
    _refused(finished, code=2, named=named)
    _nothing_happened(desk)


def test_status_names_what_is_wrong_with_the_configuration_and_shows_the_rest(desk: Installation) -> None:
    path = desk.root / "wrong.toml"
    wrong = STRATEGY.format(name="luck", params="{}") * 2 + STRATEGY.format(name="ema_cross", params="{ fast = 0 }")
    path.write_text(BUSY + wrong, encoding="utf-8")
    wrong_feeds = {"ALGO_FEEDS": '[{"platform": "file", "source": "a"}]'}
    found = desk.run("status", "--json", ALGO_CONFIG=str(path), **wrong_feeds).well().document
    luck, again, fast, feed = found["configuration_errors"]
    for number, sentence in ((4, luck), (5, again)):
        assert f": strategies.{number}.name: there is no strategy 'luck'; known are: " in sentence
        assert sentence.startswith(f"{path}:")
    assert "fast" in fast
    assert feed.startswith("ALGO_FEEDS: feeds.0: the feed 'file a' does not name a file of posts")
    assert found["rows"]["bars"] > 0
    shown = desk.run("status", ALGO_CONFIG=str(path)).well()
    assert shown.err.splitlines() == [f"the configuration is wrong: {sentence}" for sentence in (luck, again, fast)]
    assert "Newest session: none yet" in shown.out
    assert desk.run("status", "--json").well().document["configuration_errors"] == []
    assert desk.run("status").well().err == ""


@pytest.mark.parametrize(("variables", "named"), WRONG_VARIABLES, ids=str)
def test_a_wrong_variable_is_named(variables: dict[str, str], named: str, desk: Installation) -> None:
    _refused(desk.run(*DAY, **variables), code=2, named=named)
    _nothing_happened(desk)


def test_a_source_that_is_not_there_is_named_at_the_first_start() -> None:
    with installation() as fresh:
        finished = fresh.run(*DAY, ALGO_STRATEGIES="[]", **_watching(source="bloomberg"))
        _refused(finished, code=2, named="there is no market data source 'bloomberg'")


def test_a_database_that_cannot_be_reached(desk: Installation) -> None:
    port = free_port()
    socket = desk.server.socket_folder
    places = {
        f"127.0.0.1:{port}/market": "Connection refused",
        f"/market?host={socket}": 'database "market" does not exist',
        "nowhere.invalid/market": "nowhere.invalid",
    }
    for place, reason in places.items():
        finished = desk.run(*DAY, ALGO_DATABASE_URL=f"postgresql://postgres:secret@{place}")
        _refused(finished, code=1, named="check ALGO_DATABASE_URL")
        assert reason in finished.sentence
    down = desk.run("status", "--json", ALGO_DATABASE_URL=f"postgresql://u:secret@127.0.0.1:{port}/market").well()
    assert down.document["services"]["postgres"] == "down"
    assert down.document["rows"]["bars"] is None
    assert "Connection refused" in down.document["reason"]
    assert "secret" not in down.out


def test_a_wrong_database_password(desk: Installation) -> None:
    rules = desk.home / "postgres" / "pg_hba.conf"
    before = rules.read_bytes()
    with psycopg.connect(desk.server.url(), autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'right'")
        rules.write_bytes(b"local all stranger scram-sha-256\n" + before)
        connection.execute("SELECT pg_reload_conf()")
        url = f"postgresql://stranger:wrong@/algo_trading?host={desk.server.socket_folder}"
        finished = desk.run(*DAY, ALGO_DATABASE_URL=url)
        rules.write_bytes(before)
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("DROP ROLE stranger")
    _refused(finished, code=1, named='password authentication failed for user "stranger"')
    assert "wrong" not in finished.err


def test_an_object_store_that_cannot_be_reached(desk: Installation) -> None:
    minio = {
        "ALGO_OBJECT_STORE": "minio",
        "ALGO_OBJECT_STORES__MINIO__ENDPOINT": f"127.0.0.1:{free_port()}",
        "ALGO_OBJECT_STORES__MINIO__SECURE": "false",
        "ALGO_OBJECT_STORES__MINIO__ACCESS_KEY": "key",
        "ALGO_OBJECT_STORES__MINIO__SECRET_KEY": "secretsecret",
    }
    finished = desk.run(*DAY, **minio)
    _refused(finished, code=1, named="correct ALGO_OBJECT_STORES__MINIO__ENDPOINT")
    assert "connection refused" in finished.sentence


def test_a_home_that_cannot_be_written() -> None:
    with installation() as fresh:
        (fresh.root / "file").write_text("", encoding="utf-8")
        finished = fresh.run(*DAY, ALGO_HOME=str(fresh.root / "file" / "home"))
        _refused(finished, code=1, named="set ALGO_HOME to a folder you can write to")
        assert "Not a directory" in finished.sentence


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_permission() -> None:
    with installation() as fresh:
        locked = fresh.root / "locked"
        locked.mkdir(mode=0o500)
        finished = fresh.run(*DAY, ALGO_HOME=str(locked / "home"))
        _refused(finished, code=1, named="set ALGO_HOME to a folder you can write to")
        assert "Permission denied" in finished.sentence


def test_mails_wait_while_the_mail_server_is_away(undisturbed: Undisturbed) -> None:
    """First it is away, then the outbox is full as well; repaired, every mail arrives once."""
    with installation(copy_of=undisturbed.prepared) as other:
        away = {
            "ALGO_CHANNEL": "smtp",
            "ALGO_CHANNELS__SMTP__HOST": "127.0.0.1",
            "ALGO_CHANNELS__SMTP__PORT": str(free_port()),
            "ALGO_CHANNELS__SMTP__STARTTLS": "false",
        }
        waiting = other.run("run-session", "2005-02-18", "--to", "2005-02-22", "--json", **away)
        _refused(waiting, code=1, named="cannot be used (Connection refused)")
        assert waiting.document["sent"] == 0
        assert waiting.document["decided"] == 24
        pending = other.run("status", "--json").well().document["outbox"]["pending"]
        assert pending > 3
        full = other.run(
            "run-session", "2005-02-23", "--to", "2005-02-24", **away, ALGO_MAIL__OUTBOX_LIMIT=str(pending)
        )
        _refused(full, code=1, named=f"the outbox is full: {pending} mails wait (mail.outbox_limit is {pending})")
        _ends_as(other, undisturbed)


def test_mails_wait_while_the_maildir_cannot_be_written(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.prepared) as other:
        with _in_the_way(other.home / "maildir"):
            _refused(other.run(*DAY), code=1, named=f"mails cannot be written to {other.home}/maildir: Not a directory")
        _ends_as(other, undisturbed)


def test_a_folder_of_objects_that_cannot_be_written(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.prepared) as other:
        with _in_the_way(other.home / "objects"):
            finished = other.run("run-session", "2005-02-18", "--to", "2005-02-22", "--json")
            _refused(finished, code=1, named=f"{other.home}/objects")
        _ends_as(other, undisturbed)


def _refused(finished: Finished, *, code: int, named: str) -> None:
    assert finished.code == code, finished
    assert finished.sentence.startswith("error: ")
    assert named in finished.sentence
    assert "secret@" not in finished.err


def _nothing_happened(desk: Installation) -> None:
    with psycopg.connect(desk.server.url()) as connection:
        for table in ("signals", "periods", "notices", "orders", "indicators"):
            count = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table)))
            assert count.fetchone() == (0,), table


@contextmanager
def _in_the_way(folder: Path) -> Iterator[None]:
    """Put a file where the folder is wanted: unlike a missing permission this stops root, too."""
    aside = folder.with_name("aside")
    if folder.exists():
        folder.rename(aside)
    folder.write_text("", encoding="utf-8")
    yield
    folder.unlink()
    if aside.exists():
        aside.rename(folder)


def _ends_as(other: Installation, undisturbed: Undisturbed) -> None:
    """A minute later, with everything repaired: the sessions run, and nothing tells of the trouble."""
    with psycopg.connect(other.server.url()) as connection:
        connection.execute("UPDATE notices SET not_before = now() - interval '1 minute' WHERE status = 'pending'")
    other.run(*SESSIONS).well()
    differences = other.world().differences(undisturbed.ended)
    assert not differences, "\n".join(["", *differences])
