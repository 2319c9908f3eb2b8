"""What the overview says that somebody should look at."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from algo_trading.queries.status import AccountStatus, FailingStatus, FeedStatus, Status, WatchlistStatus
from algo_trading.repositories.kill_switch import KillSwitch
from algo_trading.web.needs import ERROR_SHOWN, Need, Waiting, needs

pytestmark = pytest.mark.unit

AT = datetime(2013, 2, 11, 15, 30, tzinfo=UTC)
CALM = Status(
    latest_partition="2013-02-08",
    watchlists={"stocks": WatchlistStatus("XNYS", "sample", ("1d",), ("IBM",), {"1d": "2013-02-08"})},
    calendars_ending={},
    without_bars={},
    rows={},
    outbox={"pending": 0, "sent": 7, "failed": 0},
    mail_errors={},
    orders={"pending": 0},
    accounts=(),
    recommendations=(),
    feeds=(FeedStatus("x @ann", AT, AT, ""),),
    failing=(),
)
NOBODY = Waiting()
BOOK = AccountStatus("paper", "paper", "USD", "paper", "ann", "2013-02-08", "2013-02-11", "10", "10", {}, ())


def owner_needs(status: Status = CALM, waiting: Waiting = NOBODY) -> list[Need]:
    return list(needs(status, [BOOK], waiting, None, is_owner=True))


def member_needs(status: Status) -> list[Need]:
    return list(needs(status, [BOOK], Waiting(), None, is_owner=False))


def test_a_calm_day_needs_nobody() -> None:
    assert owner_needs() == []
    assert owner_needs(replace(CALM, outbox={})) == []


@pytest.mark.parametrize(
    ("status", "need"),
    [
        (
            replace(CALM, calendars_ending={"XNYS": date(2013, 3, 1)}),
            Need("The calendar of XNYS ends on 2013-03-01, and nothing is scheduled there afterwards: update the "
                 "package `exchange-calendars`.", "/monitoring"),
        ),
        (
            replace(CALM, without_bars={"stocks": ("A", "B", "C", "D", "E")}),
            Need("No bar ever came for A, B, C and 2 more of stocks: the source may not know it; check how it is "
                 "written.", "/monitoring"),
        ),
        (
            replace(CALM, failing=(FailingStatus("sma_cross", "IBM", AT, "ValueError:\nno"),)),
            Need("The strategy sma_cross raises errors on IBM since 2013-02-11 15:30 UTC: ValueError: no",
                 "/signals?side=all", "bad"),
        ),
        (
            replace(CALM, outbox={"failed": 2, "pending": 0}, mail_errors={"550 no such user": 2}),
            Need("2 alerts could not be delivered: 550 no such user", "/alerts?status=failed"),
        ),
        (
            replace(CALM, outbox={"failed": 0, "pending": 1}),
            Need("1 alert waits to be delivered.", "/alerts?status=pending", "note"),
        ),
        (
            replace(CALM, feeds=(FeedStatus("x @ann", AT, AT, "the token has expired"),)),
            Need("The feed x @ann: the token has expired", "/admin"),
        ),
        (
            replace(CALM, orders={"pending": 3}),
            Need("3 orders are waiting to be filled.", "/trades?status=new", "note"),
        ),
    ],
)  # fmt: skip
def test_owners_see_what_stopped_or_ends_and_members_do_not(status: Status, need: Need) -> None:
    assert owner_needs(status) == [need]
    assert member_needs(status) == []


def test_a_strategy_that_fails_on_many_series_is_named_once_with_its_oldest_error() -> None:
    failing = [FailingStatus("sma_cross", f"S{n}", AT - timedelta(days=n), f"error {n} " * 100) for n in range(3)]
    other = FailingStatus("macd", "IBM", AT, "no")
    first, second = owner_needs(replace(CALM, failing=(*failing, other)))
    assert first.text.startswith("The strategy sma_cross raises errors on S2 and 2 more since 2013-02-09 15:30 UTC")
    assert len(first.text) < ERROR_SHOWN + 120
    assert "macd" in second.text


def test_what_waits_for_an_answer_is_counted() -> None:
    texts = [need.text for need in owner_needs(waiting=Waiting(orders=1, people=2))]
    assert texts == ["1 order waits for approval.", "2 people ask to join."]


def test_the_gravest_comes_first() -> None:
    wrong = replace(BOOK, mode="live", differences=("cash is 9, not 10",), untraded={"KODK": date(2012, 1, 19)})
    switch = KillSwitch(engaged=True, at=AT, by="ann", reason="too wild")
    status = replace(CALM, watchlists={}, orders={"pending": 1})
    found = list(needs(status, [wrong], Waiting(orders=2), switch, is_owner=True))
    assert [(need.look, need.href) for need in found] == [
        ("bad", "/accounts"), ("bad", "/accounts/paper"), ("warn", "/accounts/paper"), ("warn", "/approvals"),
        ("warn", "/monitoring"), ("warn", "/accounts/paper"), ("note", "/trades?status=new"),
    ]  # fmt: skip
    assert "(since 2013-02-11 15:30 UTC: too wild)" in found[0].text
    assert "cash is 9, not 10" in found[1].text
    assert "KODK has no bars after 2012-01-19" in found[2].text
    assert list(needs(CALM, [BOOK], Waiting(), replace(switch, engaged=False), is_owner=True)) == []
