"""The embedded server: started, stopped, killed at bad moments, in awkward places, by two at once."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.errors import ServiceUnavailableError

pytestmark = pytest.mark.integration

Home = Callable[[str], Path]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a short name, also for temporary files; servers in it are stopped in the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    for data in folder.glob("**/postgres/PG_VERSION"):
        EmbeddedPostgres(data.parents[1]).stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A home whose data folder is complete and whose server is down: a copy starts much faster than a new one."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    server = EmbeddedPostgres(home)
    server.start()
    assert server.stop()
    yield home
    shutil.rmtree(home)


@pytest.fixture
def copy(made: Path, folder: Path) -> Home:
    """Copy the home to another place below the folder."""

    def copy(place: str) -> Path:
        home = folder / place
        home.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", str(made), str(home)], check=True)  # noqa: S607 - with owners, as shutil does not
        return home

    return copy


@contextmanager
def ordinary_user() -> Iterator[None]:
    """As a user without privileges: root becomes nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def write(server: EmbeddedPostgres, number: int) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS numbers (n INTEGER)")
        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))


def read(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url()) as connection:
        return [row[0] for row in connection.execute("SELECT n FROM numbers ORDER BY n")]


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(ServiceUnavailableError) as caught:
        act()
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestStart:
    def test_start_stop_start(self, copy: Home) -> None:
        server = EmbeddedPostgres(copy("var"))
        assert not server.is_up()
        assert server.stop() is False
        server.start("second")
        assert server.is_up()
        server.start("second", "third")  # it runs already; what is missing is made
        write(server, 1)
        for database in ("second", "third"):
            psycopg.connect(server.url(database)).close()
        assert server.stop() is True
        assert not server.is_up()
        assert server.stop() is False
        server.start()
        assert read(server) == [1]

    def test_only_its_user_gets_in_and_there_is_no_tcp_port(self, copy: Home) -> None:
        home = copy("var")
        server = EmbeddedPostgres(home)
        server.start()
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        assert (server.socket_folder / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SELECT datcollate FROM pg_database").fetchone() == ("C",)

    def test_two_programs_that_start_at_once(self, folder: Path) -> None:
        programs = [start_elsewhere(folder / "var") for _ in range(2)]
        for program in programs:
            output, _ = program.communicate(timeout=120)
            assert (program.returncode, output) == (0, "")
        assert EmbeddedPostgres(folder / "var").is_up()


class TestKills:
    def test_data_survive_a_killed_server(self, copy: Home) -> None:
        home = copy("var")
        server = EmbeddedPostgres(home)
        server.start()
        write(server, 1)
        os.kill(postmaster(home), signal.SIGKILL)
        server.start()
        assert read(server) == [1]

    def test_a_server_whose_socket_was_removed_is_started_anew(self, copy: Home) -> None:
        home = copy("var")
        server = EmbeddedPostgres(home)
        server.start()
        write(server, 1)
        before = postmaster(home)
        (server.socket_folder / ".s.PGSQL.5432").unlink()
        server.start()
        assert read(server) == [1]
        assert postmaster(home) != before

    def test_a_server_whose_data_were_removed_does_not_disturb_the_next_one(self, copy: Home) -> None:
        home = copy("var")
        server = EmbeddedPostgres(home)
        server.start()
        before = postmaster(home)
        shutil.rmtree(home)
        server.start()
        write(server, 1)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(before).wait(timeout=30)  # it notices by itself, on a busy machine a little later
        assert not psutil.pid_exists(before)
        assert read(server) == [1]

    def test_a_lock_file_of_a_dead_server_is_in_nobodys_way(self, copy: Home) -> None:
        home = copy("var")
        server = EmbeddedPostgres(home)
        server.start()
        lock = (home / "postgres" / "postmaster.pid").read_bytes()
        server.stop()
        (home / "postgres" / "postmaster.pid").write_bytes(lock)
        assert server.stop() is False
        server.start()
        assert server.is_up()

    def test_what_a_killed_first_start_left_is_made_anew(self, folder: Path) -> None:
        home = folder / "var"
        program = start_elsewhere(home)
        wait_for(home / "postgres.new" / "PG_VERSION")
        program.kill()  # its initdb goes on
        program.communicate()
        assert not (home / "postgres").exists()
        server = EmbeddedPostgres(home)
        server.start()
        write(server, 1)
        assert read(server) == [1]
        assert not (home / "postgres.new").exists()

    def test_half_a_data_folder_under_its_first_name_is_thrown_away(self, made: Path, folder: Path) -> None:
        home = folder / "var"
        home.mkdir()
        subprocess.run(["cp", "-a", str(made / "postgres"), str(home / "postgres.new")], check=True)  # noqa: S607 - as above
        shutil.rmtree(home / "postgres.new" / "base")
        server = EmbeddedPostgres(home)
        server.start()
        assert server.is_up()


class TestPlaces:
    @pytest.mark.parametrize(
        "place",
        ["with a space/var", "o'brien/var", "Doe, Jane/var", "漢字" * 14 + "/var", "/".join(["long"] * 25)],
        ids=["space", "quote", "comma", "bytes", "long"],
    )
    def test_awkward_homes(self, copy: Home, place: str) -> None:
        server = EmbeddedPostgres(copy(place))
        server.start()
        write(server, 1)
        assert read(server) == [1]
        assert len(os.fsencode(server.socket_folder / ".s.PGSQL.5432.lock")) <= 107
        assert server.stop()

    def test_a_long_path_puts_the_socket_into_a_folder_of_the_user_alone(self, folder: Path) -> None:
        home = folder / ("long" * 25)
        one, other = EmbeddedPostgres(home / "a").socket_folder, EmbeddedPostgres(home / "b").socket_folder
        assert one.parent == other.parent == Path(tempfile.gettempdir())
        assert one != other
        assert str(os.getuid()) in one.name
        assert EmbeddedPostgres(folder).socket_folder.is_relative_to(folder)

    def test_a_socket_folder_that_somebody_else_made_is_not_used(self, folder: Path) -> None:
        server = EmbeddedPostgres(folder / ("long" * 25))
        server.socket_folder.symlink_to("/usr")  # of root, whoever runs this
        folder.chmod(0o777)
        with ordinary_user():
            assert "belongs to another user" in refusal(server.start)

    @pytest.mark.parametrize("character", ['"', "$", "`", "\\", "\n"])
    def test_what_the_servers_own_tools_cannot_name(self, folder: Path, character: str) -> None:
        server = EmbeddedPostgres(folder / f"a{character}b" / "var")
        sentence = refusal(server.start)
        assert "set ALGO_HOME to a folder without" in sentence
        assert not server.is_up()
        assert server.stop() is False


class TestPermissions:
    def test_a_home_that_cannot_be_written(self, folder: Path) -> None:
        folder.chmod(0o555)
        with ordinary_user():
            sentence = refusal(EmbeddedPostgres(folder / "var").start)
            if os.geteuid() == folder.stat().st_uid:  # so that it can be removed
                folder.chmod(0o755)
        assert sentence == (
            f"the embedded PostgreSQL cannot use {folder / 'var'}: Permission denied; "
            "set ALGO_HOME to a folder you can write to"
        )

    def test_a_home_that_is_a_file(self, folder: Path) -> None:
        (folder / "var").write_text("")
        assert "set ALGO_HOME to a folder" in refusal(EmbeddedPostgres(folder / "var").start)

    @pytest.mark.parametrize("act", ["start", "stop"])
    def test_data_of_another_user(self, folder: Path, act: str) -> None:
        home = folder / "var"
        home.mkdir()
        home.chmod(0o777)
        (home / "postgres").symlink_to(pwd.getpwuid(0).pw_dir)  # closed to others, whoever runs this
        began = time.monotonic()
        with ordinary_user():
            sentence = refusal(getattr(EmbeddedPostgres(home), act))
        assert sentence == (
            f"the embedded PostgreSQL's data in {home / 'postgres'} belong to the user root; "
            "run this as root or set ALGO_HOME to a folder of your own"
        )
        assert time.monotonic() - began < 5

    def test_data_of_a_version_that_is_not_there(self, copy: Home) -> None:
        home = copy("var")
        (home / "postgres" / "PG_VERSION").write_text("11\n")
        for act in (EmbeddedPostgres(home).start,):
            assert "was made by PostgreSQL 11, which is not installed any more" in refusal(act)

    def test_damaged_data_are_told_with_the_servers_own_words(
        self, copy: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("algo_trading.adapters.postgres.embedded.START_ATTEMPTS", 1)
        home = copy("var")
        (home / "postgres" / "global" / "pg_control").unlink()
        sentence = refusal(EmbeddedPostgres(home).start)
        assert "pg_control" in sentence
        assert str(home / "postgres" / "server.log") in sentence


START = """
import sys
from pathlib import Path
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres

EmbeddedPostgres(Path(sys.argv[1])).start()
"""


def start_elsewhere(home: Path) -> subprocess.Popen[str]:
    """Start the server from a program of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
