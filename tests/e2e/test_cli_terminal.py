"""The installed command in a shell: pipes, locales, narrow terminals, Ctrl-C."""

import json
import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from faults.installations import DAYS, SESSIONS, Installation, installation
from faults.programs import COMMAND
from faults.undisturbed import Undisturbed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("program")]

BAD = """symbol,date,open,high,low,close,volume
Ünïcødé,2005-02-23,10,11,9,ten,1000
"""


@pytest.fixture(scope="module")
def desk(undisturbed: Undisturbed) -> Iterator[Installation]:
    """An installation with signals and a row in the quarantine whose symbol is not ASCII."""
    with installation(copy_of=undisturbed.after) as made:
        path = made.root / "bad.csv"
        path.write_text(BAD, encoding="utf-8")
        assert made.run("import-bars", str(path)).code == 1
        yield made


def shell(line: str, desk: Installation, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of bash, in which `algo-trading` is the installed command."""
    environment = {
        "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(desk.root),
        "ALGO_HOME": str(desk.home),
        **desk.variables,
        **variables,
    }
    return subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {line}"], env=environment, capture_output=True, timeout=60, check=False
    )


def test_a_reader_may_leave(desk: Installation) -> None:
    """One that leaves while much is written, and one that reads nothing at all."""
    one = shell("for i in 1 2 3; do algo-trading orders --json; done | head -n 1", desk)
    assert one.stdout == b"[\n"
    assert not one.stderr
    none = shell("algo-trading signals | true", desk)
    assert not none.stderr


def test_a_locale_without_the_characters(desk: Installation) -> None:
    poor = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    table = shell("algo-trading quarantine", desk, **poor)
    assert table.returncode == 0, table.stderr
    assert "?N?C?D?" in table.stdout.decode("ascii")
    document = shell("algo-trading quarantine --json", desk, **poor)
    assert json.loads(document.stdout.decode("ascii"))["rows"][0]["symbol"] == "ÜNÏCØDÉ"
    mistake = shell("algo-trading subscribe Ünïcødé", desk, **poor)
    assert mistake.returncode == 2
    assert mistake.stderr.startswith(b"error: ")
    assert b"Traceback" not in mistake.stderr


def test_a_narrow_terminal(desk: Installation) -> None:
    narrow = shell("algo-trading orders", desk, COLUMNS="30", LC_ALL="C.UTF-8")
    assert narrow.returncode == 0, narrow.stderr
    assert max(len(line) for line in narrow.stdout.decode().splitlines()) <= 30


def test_ctrl_c_ends_with_a_sentence_and_the_same_command_goes_on(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.prepared) as other:
        running = other.start(*SESSIONS)
        limit = time.monotonic() + 60
        while not list(other.home.glob("maildir/new/*")) and time.monotonic() < limit:
            time.sleep(0.01)
        running.interrupt()
        interrupted = running.wait()
        assert interrupted.code == 130
        assert interrupted.sentence == "interrupted; the same command goes on where it stopped"
        if interrupted.out:
            assert len(interrupted.document["sessions"]) < len(DAYS)
        other.run(*SESSIONS).well()
        differences = other.world().differences(undisturbed.ended)
        assert not differences, "\n".join(["", *differences])
