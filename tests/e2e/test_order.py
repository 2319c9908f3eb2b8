"""Sessions run again, in another order, at once or with later data there already decide, trade and mail the same."""

import random
from collections import deque

import pytest

from faults.installations import DAYS, SESSIONS, installation
from faults.programs import Running
from faults.undisturbed import Undisturbed
from faults.world import World

pytestmark = pytest.mark.xdist_group("program")

AT_ONCE = 3
# A session that runs before an earlier one brings the earlier one's bars in as well, in one request and one batch: the
# bars are the same, but the requests' archived answers and the verdicts on the batches are other ones.
OF_BATCHES = ("quality_results",)


@pytest.mark.e2e
def test_running_a_range_again_changes_nothing(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.after) as other:
        again = other.run(*SESSIONS).well().document
        assert {name: again[name] for name in ("stored", "quarantined", "new_signals", "sent", "ordered")} == {
            "stored": 0,
            "quarantined": 0,
            "new_signals": 0,
            "sent": 0,
            "ordered": 0,
        }
        _same(other.world(), undisturbed.ended)
        for folder in (undisturbed.after.temporary, other.temporary):
            assert not list(folder.iterdir()), "temporary files are left"


@pytest.mark.e2e
def test_loading_history_again_changes_nothing(undisturbed: Undisturbed) -> None:
    with installation(copy_of=undisturbed.prepared) as other:
        again = (
            other.run("load", "--from", "2004-12-01", "--to", "2005-02-17", "--symbol", "IBM", "--json").well().document
        )
        assert (again["stored"], again["unchanged"]) == (0, 55)
        _same(other.world().without(*OF_BATCHES, raw=False), undisturbed.loaded.without(*OF_BATCHES, raw=False))


@pytest.mark.e2e
def test_sessions_run_at_once_end_the_same(undisturbed: Undisturbed) -> None:
    """Each alone, in any order, three at a time: what is decided first waits for the sessions before it."""
    with installation(copy_of=undisturbed.prepared) as other:
        waiting, running = deque(_shuffled()), deque[Running]()
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(other.start("run-session", waiting.popleft(), "--json"))
            running.popleft().wait().well()
        _same(other.world().without(*OF_BATCHES, raw=False), undisturbed.ended.without(*OF_BATCHES, raw=False))


@pytest.mark.faults
def test_sessions_run_in_any_order_end_the_same(undisturbed: Undisturbed) -> None:
    """As before, but one after the other: an order that is wrong is wrong every time."""
    for days in (list(reversed(DAYS)), _shuffled()):
        with installation(copy_of=undisturbed.prepared) as other:
            for day in days:
                other.run("run-session", day, "--json").well()
            _same(other.world().without(*OF_BATCHES, raw=False), undisturbed.ended.without(*OF_BATCHES, raw=False))


@pytest.mark.e2e
def test_later_data_does_not_change_what_a_session_saw(undisturbed: Undisturbed) -> None:
    """A split and dividends of later sessions are in the database before the first session is run."""
    with installation(copy_of=undisturbed.prepared) as other:
        other.run("load", "--from", "2005-02-18", "--to", "2005-06-30", "--json").well()
        assert ("AAPL", "XNYS", "split") in {(*row[:2], row[3]) for row in other.world().tables["corporate_actions"]}
        other.run(*SESSIONS).well()
        seen, wanted = other.world(), undisturbed.ended
        differing = ("bars", "corporate_actions", "series", *OF_BATCHES)
        _same(
            World(seen.without(*differing).tables, {}, seen.mails),
            World(wanted.without(*differing).tables, {}, wanted.mails),
        )


def _shuffled() -> list[str]:
    days = list(DAYS)
    random.Random(20050228).shuffle(days)  # noqa: S311 - a test's dice, not a secret
    assert days[0] != DAYS[0]
    return days


def _same(here: World, there: World) -> None:
    differences = here.differences(there)
    assert not differences, "\n".join(["", *differences])
