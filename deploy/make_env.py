# ruff: noqa: INP001 - a script that stands alone
"""Fill .env with the secrets that docker-compose.yml asks for: `python deploy/make_env.py [FILE]`.

What is there stays as it is, so it is safe to repeat. Needs nothing but Python.
"""

import base64
import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


def _password() -> str:
    return secrets.token_urlsafe(24)  # letters that need no escaping in a URL


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


SECRETS: dict[str, Callable[[], str]] = {
    "POSTGRES_PASSWORD": _password,
    "AIRFLOW_DB_PASSWORD": _password,
    "MARKET_DB_PASSWORD": _password,
    "MINIO_ROOT_PASSWORD": _password,
    "REDIS_PASSWORD": _password,
    "PGADMIN_PASSWORD": _password,
    "AIRFLOW_ADMIN_PASSWORD": _password,
    "AIRFLOW_FERNET_KEY": _fernet_key,
    "AIRFLOW_API_SECRET_KEY": _password,
    "AIRFLOW_JWT_SECRET": lambda: secrets.token_urlsafe(64),
}


def fill(path: Path) -> list[str]:
    """Add the missing secrets and return their names; the file is replaced as a whole and only its owner reads it."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    added = []
    for name, make in SECRETS.items():
        places = [place for place, line in enumerate(lines) if re.match(rf"\s*(export\s+)?{name}\s*=", line)]
        if any(lines[place].partition("=")[2].strip(" \t\"'") for place in places):
            continue
        for place in reversed(places):  # without a value
            del lines[place]
        lines.append(f"{name}={make()}")
        added.append(name)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return added


def main() -> None:
    """Say what was done, without the secrets."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / ".env"
    try:
        added = fill(path)
    except OSError as error:
        sys.exit(f"cannot write {path}: {error.strerror}")
    print(f"{path}: {len(added)} secrets added, {len(SECRETS) - len(added)} were there")  # noqa: T201 - its output


if __name__ == "__main__":
    main()
