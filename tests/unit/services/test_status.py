"""How things stand, told without touching them."""

from decimal import Decimal

import pytest

from algo_trading.domain.signal import Side
from algo_trading.repositories.post_feeds import Watermark
from algo_trading.repositories.posts import FeedState
from algo_trading.services.status import AccountStatus, FeedStatus, ReadStatus, Status
from contracts.posts import IBM, MSFT, NOON, a_post, annotation_of
from contracts.quality import ROW
from fakes.bars import FakeIndicators
from fakes.posts import FakeFeedStates, FakeMentions, FakePosts
from fakes.quality import FakeQuarantine
from fakes.recommendations import FakeRecommendations
from trading_world import DAYS, SAID, World

pytestmark = pytest.mark.unit


def status_of(world: World) -> Status:
    quarantine = FakeQuarantine()
    quarantine.add([ROW])
    posts, feed_states = FakePosts(), FakeFeedStates()
    posts.add([a_post()])
    posts.store_annotations([annotation_of(a_post(), IBM, MSFT)])
    feed_states.put(FeedState("x @ann", Watermark(NOON), NOON, "the token has expired"))
    return ReadStatus(
        world.bars, FakeIndicators(), world.signals, quarantine, world.outbox, world.accounts, world.sessions,
        FakeRecommendations(), posts, FakeMentions(posts), feed_states,
    )()  # fmt: skip


def test_at_first_nothing_has_happened() -> None:
    world = World()
    status = status_of(world)
    assert status.latest_partition is None
    assert status.accounts == ()
    assert status.outbox == {"pending": 0, "sent": 0, "failed": 0}
    assert status.orders == {"pending": 0, "filled": 0, "refused": 0}
    assert status.rows == {
        "bars": world.bars.count(), "indicators": 0, "signals": world.signals.count(), "quarantined": 1,
        "posts": 1, "articles": 0, "mentions": 2,
    }  # fmt: skip
    assert status.feeds == (FeedStatus("x @ann", NOON, NOON, "the token has expired"),)


def test_an_account_says_what_it_waits_for() -> None:
    world = World()
    world.accounts.open("paper", "XNYS", DAYS[0], Decimal(1000))
    assert status_of(world).accounts == (AccountStatus("paper", None, DAYS[0], "1000", {}),)
    world.decide(0, 1, 3)
    world.execute()
    (account,) = status_of(world).accounts
    assert (account.cursor, account.waits_for) == (DAYS[1], DAYS[2])  # 3 is decided, 2 is not
    assert status_of(world).latest_partition == DAYS[3]
    assert account.positions == {"fast() IBM": "2"}
    assert status_of(world).orders == {"pending": 1, "filled": 1, "refused": 0}


def test_looking_changes_nothing() -> None:
    world = World()
    world.decide(*range(len(DAYS)))
    before = world.signals.count(), world.mails()
    assert status_of(world) == status_of(world)
    assert (world.signals.count(), world.mails()) == before
    assert sum(side is not Side.HOLD for side in SAID.values()) == len(SAID)
