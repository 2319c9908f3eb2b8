"""What Airflow itself leaves behind: records of runs in its database, logs of tasks on disk."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from algo_trading.errors import AlgoTradingError

REMOVED = re.compile(r"Checking table (\w+)\s+Found (\d+) rows")
CONNECTION = "airflow_db"  # Airflow's own name for its database


def remove_records(url: str, before: datetime) -> dict[str, int]:
    """Delete what Airflow recorded before a moment, with Airflow's own command; returns the rows by table.

    The newest run of each DAG stays. A task is not given Airflow's database: its address comes from a connection that
    somebody made for this.

    Raises:
        AlgoTradingError: the command failed; its last lines say why.
    """
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive", "--error-on-cleanup-failure"]
    finished = subprocess.run(
        [*command, "--clean-before-timestamp", before.isoformat()],
        env={**os.environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url},
        capture_output=True,
        text=True,
        check=False,
    )
    said = finished.stdout + finished.stderr
    if finished.returncode:
        last = [line for line in said.splitlines() if line.strip()][-3:]
        raise AlgoTradingError("Airflow's records could not be removed: " + " | ".join(last))
    return {table: int(rows) for table, rows in REMOVED.findall(said) if int(rows)}


def remove_logs(folder: Path, before: datetime) -> int:
    """Delete log files that nobody has written to since a moment, and the folders that this leaves empty.

    Returns the number of files. What another process removes at the same moment is no error.
    """
    removed = 0
    for path, folders, files in os.walk(folder, topdown=False):
        for name in files:
            file = Path(path, name)
            with suppress(FileNotFoundError):
                if not file.is_symlink() and datetime.fromtimestamp(file.stat().st_mtime, UTC) < before:
                    file.unlink()
                    removed += 1
        for name in folders:
            with suppress(OSError):  # not empty, or a link
                Path(path, name).rmdir()
    return removed
