"""A PostgreSQL server as others run it: on a TCP port, with a password."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from algo_trading.adapters.postgres.embedded import _bin_folder

PASSWORD = "p@ss w/?#:%rd+ü"  # noqa: S105 - of a server that lives for seconds; every character that a URL escapes


@dataclass(frozen=True)
class PasswordServer:
    """`port` on 127.0.0.1; the superuser is `admin`."""

    port: int

    def url(self, user: str = "admin", password: str = PASSWORD, database: str = "market") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, database: str = "market") -> None:
        """Run statements as the superuser."""
        with psycopg.connect(self.url(database=database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def a_password_server() -> Iterator[PasswordServer]:
    """Start one with the database `market`, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    # PostgreSQL does not run as root; nobody may own what it needs.
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if user is not None:
        for path in (folder, secret):
            os.chown(path, user.pw_uid, user.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_bin_folder(data) / program), *arguments],
            user=None if user is None else user.pw_uid,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    server = PasswordServer(free_port())
    options = f"-h 127.0.0.1 -p {server.port} -k '' -c fsync=off"
    run("initdb", "-D", str(data), "-U", "admin", "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "-N")
    run("pg_ctl", "start", "-D", str(data), "-w", "-s", "-l", str(folder / "log"), "-o", options)
    try:
        server.run("CREATE DATABASE market", database="postgres")
        yield server
    finally:
        run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", "-w", "-s")
        shutil.rmtree(folder)
