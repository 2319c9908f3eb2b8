"""The commands of a user's day, from an empty folder to `down`, as a stranger would type them."""

from collections.abc import Iterator

import psycopg
import pytest

from faults.installations import Installation, installation
from faults.programs import has_ended, server_processes
from faults.undisturbed import Undisturbed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("program")]

CSV = """symbol,date,open,high,low,close,volume
ÄÖ,2005-02-22,10,11,9,10.5,1000
ÄÖ,2005-02-23,10,11,9,ten,1000
[/ÄÖ],2005-02-24,10,9,11,10,1000
"""


@pytest.fixture(scope="module")
def desk(undisturbed: Undisturbed) -> Iterator[Installation]:
    """An installation after the sessions, with a quarantined row; its tests only look, or undo what they did."""
    with installation(copy_of=undisturbed.after) as made:
        (made.root / "bars.csv").write_text(CSV, encoding="utf-8")
        made.run("import-bars", str(made.root / "bars.csv"), "--json").well()
        yield made


@pytest.fixture(scope="module")
def quiet(undisturbed: Undisturbed) -> Iterator[Installation]:
    """An installation with history on which nothing else has happened or will."""
    with installation(copy_of=undisturbed.prepared) as made:
        yield made


def test_status_starts_nothing() -> None:
    with installation() as fresh:
        shown = fresh.run("status", "--json").well().document
        assert shown["services"]["postgres"] == "down"
        assert shown["latest_partition"] is None
        assert shown["rows"] == dict.fromkeys(
            ("bars", "indicators", "signals", "quarantined", "posts", "articles", "mentions")
        )
        assert shown["outbox"] == dict.fromkeys(("sent", "pending", "failed"))
        assert set(shown["orders"].values()) == {None}
        assert "stopped" in fresh.run("status").well().err
        assert "nothing was running" in fresh.run("down").well().out
        assert not fresh.home.exists()


def test_load_and_sessions_tell_what_they_did() -> None:
    """The sample's own configuration, from an empty folder."""
    with installation() as fresh:
        loaded = fresh.run("load", "--from", "2012-06-01", "--to", "2012-12-31", "--json").well().document
        assert loaded["stored"] == loaded["fetched"] == 730
        assert (loaded["quarantined"], loaded["decided"], loaded["sent"], loaded["ordered"]) == (0, 0, 0, 0)
        ran = fresh.run("run-session", "2013-01-02", "--to", "2013-01-03", "--json").well().document
        assert (ran["stored"], ran["quarantined"], ran["decided"]) == (10, 0, 12)
        assert [session["session"] for session in ran["sessions"]] == ["2013-01-02", "2013-01-03"]
        status = fresh.run("status", "--json").well().document
        assert status["latest_partition"] == "2013-01-03"
        assert status["rows"] == {
            "bars": 740,
            "indicators": 10,
            "signals": 15,
            "quarantined": 0,
            "posts": 1,
            "articles": 1,
            "mentions": 3,
        }
        assert status["outbox"] == {"sent": ran["sent"], "pending": 0, "failed": 0}
        assert sum(status["orders"].values()) == ran["ordered"]


def test_down_ends_the_server_and_leaves_nothing(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.prepared) as other:
        assert other.run("signals", "--json").well().document == []
        processes = server_processes(other.home)
        assert processes
        assert "PostgreSQL is stopped" in other.run("down").well().out
        assert all(has_ended(process) for process in processes)
        assert not (other.home / "postgres" / "postmaster.pid").exists()
        assert not list((other.home / "run" / "postgres").iterdir())
        assert not list(other.temporary.iterdir())
        assert "nothing was running" in other.run("down").well().out


def test_status_counts(desk: Installation) -> None:
    status = desk.run("status", "--json").well().document
    assert status["services"] == {"postgres": "up", "airflow": "down", "web": "down"}
    assert status["latest_partition"] == "2005-03-02"
    assert status["rows"]["quarantined"] == 2
    assert status["outbox"]["pending"] == 0
    assert "Newest session: 2005-03-02" in desk.run("status").well().out


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        ("signals", {"session", "side", "instrument", "strategy", "reason", "confidence", "close"}),
        ("orders", {"decided_session", "side", "instrument", "status", "reason", "fill"}),
        ("subscriptions", {"address", "symbol", "strategy", "venue", "start", "channel"}),
    ],
)
def test_lists(command: str, keys: set[str], desk: Installation) -> None:
    rows = desk.run(command, "--json").well().document
    assert rows
    assert keys <= rows[0].keys()
    shown = desk.run(command).well().out
    assert len(shown.splitlines()) > len(rows)


@pytest.mark.parametrize("command", ["signals", "orders", "quarantine", "deliver", "posts"])
def test_json_is_one_document_also_when_nothing_has_happened(command: str, quiet: Installation) -> None:
    document = quiet.run(command, "--json").well().document
    assert document in (
        [],
        {"reasons": {}, "rows": []},
        {"sent": 0, "retried": 0, "failed": 0, "error": "", "refusal": "", "refusals": {}},
    )


def test_quarantine_names_place_and_reason(desk: Installation) -> None:
    shown = desk.run("quarantine", "--json").well().document
    assert sum(shown["reasons"].values()) == len(shown["rows"]) == 2
    places = {row["symbol"]: row["place"] for row in shown["rows"]}
    assert places["ÄÖ"].endswith("bars.csv:3") or "3" in places["ÄÖ"]
    assert all(row["source"] and row["reason"] for row in shown["rows"])
    assert "[/ÄÖ]" in desk.run("quarantine").well().out


def test_importing_again_changes_nothing(desk: Installation) -> None:
    again = desk.run("import-bars", str(desk.root / "bars.csv"), "--json").well().document
    assert (again["read"], again["stored"], again["unchanged"], again["quarantined"]) == (3, 0, 3, 0)
    assert desk.run("status", "--json").well().document["rows"]["quarantined"] == 2


def test_subscribing_and_unsubscribing(desk: Installation) -> None:
    reader = ("reader@example.org", "--symbol", "IBM")
    first = desk.run("subscribe", *reader).well().out
    assert first == "reader@example.org is subscribed to * on IBM, from 2005-03-02 21:00 UTC on\n"
    assert "was subscribed already" in desk.run("subscribe", *reader).well().out
    listed = desk.run("subscriptions", "--json").well().document
    assert [row["start"] for row in listed if row["address"] == "reader@example.org"] == ["2005-03-02T21:00:00+00:00"]
    assert "1 subscription of reader@example.org ended" in desk.run("unsubscribe", "reader@example.org").well().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("subscribe", "reader"), "'reader' is not a valid email address; write it as name@host"),
        (("subscribe", "a@b", "--symbol", "TSLA"), "no active strategy * watches TSLA; active are: ema_cross on AAPL"),
        (("subscribe", "a@b", "--strategy", "luck"), "no active strategy luck watches *"),
        (("unsubscribe", "nobody@example.org"), "nobody@example.org has no such subscription"),
        (
            ("run-session", "2005-02-21"),
            "2005-02-21 is not a session of XNYS; the nearest are 2005-02-18 and 2005-02-22",
        ),
        (("run-session", "2005-02-19", "--to", "2005-02-21"), "XNYS has no session in 2005-02-19 .. 2005-02-21"),
        (("run-session", "2005-02-22", "--to", "2005-02-18"), "ends before it begins"),
        (
            ("run-session", "2013-02-28", "--to", "2013-03-04"),
            "the source sample ends at 2013-03-01, before 2013-03-04",
        ),
        (("run-session", "2100-01-04"), "2100-01-04 lies beyond the newest closed session of XNYS"),
        (("run-session", "1900-01-02"), "the calendar of XNYS covers 1962-01-02"),
        (("load", "--from", "2005-02-01", "--to", "2005-01-01"), "the range 2005-02-01 .. 2005-01-01 ends before it"),
        (("load", "--from", "2005-02-01", "--to", "2013-03-04"), "the source sample ends at 2013-03-01"),
        (("load", "--from", "2005-02-01", "--to", "2100-01-04"), "lies beyond the newest closed session"),
        (("load", "--from", "2005-02-01", "--to", "2005-02-02", "--symbol", "TSLA"), "the sample has no symbol TSLA"),
        (("import-bars", "/dev/null", "--calendar", "XNYC"), "there is no venue 'XNYC': did you mean XNYS"),
    ],
    ids=str,
)
def test_wrong_input_is_one_sentence(arguments: tuple[str, ...], sentence: str, desk: Installation) -> None:
    finished = desk.run(*arguments)
    assert sentence in finished.sentence
    assert finished.sentence.startswith("error: ")
    assert finished.code == 2
    assert not finished.out


def test_a_symbol_that_fails_does_not_stop_the_others(desk: Installation) -> None:
    finished = desk.run(
        "load", "--from", "2005-02-01", "--to", "2005-02-02", "--symbol", "TSLA", "--symbol", "IBM", "--json"
    )
    assert finished.code == 1
    assert "1 of 2 symbols could not be loaded: TSLA" in finished.sentence
    assert finished.document["unchanged"] == 2
    assert list(finished.document["errors"]) == ["TSLA"]


def test_db_url_is_what_psycopg_takes(desk: Installation) -> None:
    url = desk.run("db", "url").well().out
    with psycopg.connect(url.strip()) as connection:
        assert connection.execute("SELECT count(*) FROM signals").fetchone() == (
            8 * 12 + 8,
        )  # and one for each mention in a post


def test_up_to_date_is_said(desk: Installation) -> None:
    assert "is up to date" in desk.run("db", "upgrade").well().out
