"""Where the pages are: the port that this installation remembers."""

import socket
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from algo_trading.errors import ConfigError
from algo_trading.private_files import make_folders
from algo_trading.settings import Settings

HOST = "127.0.0.1"
TRIES = 50
SECONDS = 2.0


def web_url(settings: Settings) -> str:
    """The address that people use."""
    return settings.web.url.rstrip("/") or f"http://{HOST}:{remembered_port(settings)}"


def remembered_port(settings: Settings) -> int:
    """The port that was chosen when this installation's pages were started, else the configured one."""
    try:
        return int(_note(settings).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return settings.web.port


def choose_port(settings: Settings) -> int:
    """The remembered port, or the next one that is free; it is remembered.

    Raises:
        ConfigError: so many ports are in use.
    """
    wanted = remembered_port(settings)
    found = free_port(wanted, TRIES)
    if found is None:
        raise ConfigError(f"ports {wanted} to {wanted + TRIES - 1} are in use; choose another one: ALGO_WEB__PORT=9000")
    make_folders(_note(settings).parent)
    _note(settings).write_text(f"{found}\n", encoding="ascii")
    return found


def free_port(first: int, tries: int) -> int | None:
    """The first port from `first` on that nobody listens on; None if there is none among so many."""
    return next((port for port in range(first, min(first + tries, 65536)) if is_free(port)), None)


def answers(settings: Settings) -> bool:
    """Whether the pages that `choose_port` was asked for are served."""
    if not _note(settings).exists():
        return False
    connection = HTTPConnection(HOST, remembered_port(settings), timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().read(8) == b"ok\n"
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _note(settings: Settings) -> Path:
    return settings.home / "web" / "port"


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of the loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
