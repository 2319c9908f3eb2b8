"""What is special about the server of each platform."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.adapters import newsapi, reddit, rss, x
from algo_trading.adapters.post_rows import utc_text
from algo_trading.domain.post import Watermark
from algo_trading.errors import RateLimitedError, SourceError
from contracts.post_feed import UNTIL, ids, rows, told, watermark
from servers.feeds import PATH, LocalFeed, guid
from servers.newsapi import LocalNewsApi, address, complaint
from servers.post_platform import Reply
from servers.reddit import LocalReddit, fullname
from servers.x import LocalX
from support.local_feeds import at_home, of_newsapi, of_reddit, of_rss, of_x, staged, x_id

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    at_home(monkeypatch, tmp_path)


def test_reddit_renews_an_expired_token_once() -> None:
    local = LocalReddit()
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        stage.publish([told(number, number / 10) for number in range(150)])
        feed = stage.open()
        poll = feed.poll(watermark(stage, told(0)), UNTIL)
        pages = [next(poll)]
        local.expire()
        pages += poll
        assert len(pages) == 2
        assert local.tokens_given == 2


def test_reddit_names_the_variables_when_it_refuses_the_application() -> None:
    local = LocalReddit()
    wrong = lambda url: of_reddit(url, client_secret=SecretStr("another-secret"))  # noqa: E731 - short
    with staged(local, reddit.plugin, "r/stocks", fullname, wrong) as stage:
        with pytest.raises(SourceError, match="ALGO_PLATFORMS__REDDIT__CLIENT_SECRET") as refusal:
            ids(stage.open())
        assert "another-secret" not in str(refusal.value)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"error": "invalid_grant"}', b'{"access_token": 1}'])
def test_a_token_that_is_none_is_an_error(body: bytes) -> None:
    local = LocalReddit()
    local.token_reply = Reply(200, body)
    with (
        staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage,
        pytest.raises(SourceError),
    ):
        ids(stage.open())


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(403, b'{"reason": "private", "error": 403}'), "private"),
        (Reply(404, b'{"reason": "banned", "error": 404}'), "banned"),
        (Reply(302, b"", {"Location": "https://www.reddit.com/subreddits/search?q=stocks"}), "no r/stocks"),
    ],
)
def test_reddit_says_why_there_is_nothing_to_read(reply: Reply, said: str) -> None:
    local = LocalReddit()
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        local.fault = reply
        with pytest.raises(SourceError, match=said):
            ids(stage.open())


def test_reddit_does_not_sleep_until_the_quota_is_free() -> None:
    local = LocalReddit()
    local.quota = {"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "1000", "x-ratelimit-reset": "550"}
    with staged(local, reddit.plugin, "r/stocks", fullname, of_reddit) as stage:
        stage.publish([told(number, number / 10) for number in range(150)])
        poll = stage.open().poll(watermark(stage, told(0)), UNTIL)
        next(poll)
        with pytest.raises(RateLimitedError, match="9 minutes"):
            next(poll)


def test_x_asks_for_the_account_once() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        (page,) = stage.open().poll(Watermark(), UNTIL)
        stage.publish([told(2, 1)])
        assert x_id(told(2, 1)) in ids(stage.open(), Watermark(told(1).published, x_id(told(1)), page.token))
        assert local.tokens_given == 1


def test_x_reads_posts_longer_than_a_tweet() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        page = next(stage.open().poll(Watermark(), UNTIL))
        content = page.content.replace(b'"lang": "en"', b'"note_tweet": {"text": "much longer"}')
        table = stage.open().parse(type(page)(content, page.media_type, page.suffix))
        assert table["body"].to_pylist() == ["much longer"]


def test_x_has_no_such_account() -> None:
    with (
        staged(LocalX(), x.plugin, "@bob", x_id, of_x) as stage,
        pytest.raises(SourceError, match="no account @bob, Not Found Error"),
    ):
        ids(stage.open())


def test_x_says_when_the_token_has_expired() -> None:
    def with_another(url: str) -> dict[str, Mapping[str, object]]:
        return of_x(url, bearer_token=SecretStr("expired-secret"))

    with (
        staged(LocalX(), x.plugin, "@alice", x_id, with_another) as stage,
        pytest.raises(SourceError, match="ALGO_PLATFORMS__X__BEARER_TOKEN") as refusal,
    ):
        ids(stage.open())
    assert "expired-secret" not in str(refusal.value)


def test_x_waits_for_its_reset() -> None:
    local = LocalX()
    with staged(local, x.plugin, "@alice", x_id, of_x) as stage:
        stage.publish([told(1)])
        local.faults = [Reply(429, b"{}", {"x-rate-limit-reset": "1"})]  # 1970: it is over
        assert len(ids(stage.open())) == 1
        local.fault = Reply(429, b"{}", {"x-rate-limit-reset": "99999999999"})
        with pytest.raises(RateLimitedError, match="try again in"):
            ids(stage.open())


def test_a_feed_that_did_not_change_is_not_sent_again() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        stage.publish([told(1)])
        (page,) = stage.open().poll(Watermark(), UNTIL)
        seen = Watermark(told(1).published, guid(told(1)), page.token)
        assert list(stage.open().poll(seen, UNTIL)) == []
        assert local.asked[-1].headers["if-none-match"]
        stage.publish([told(2, 1)])
        assert ids(stage.open(), seen) == [guid(told(2, 1)), guid(told(1))]


def test_a_feed_may_move() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        stage.publish([told(1)])
        local.faults = [Reply(301, b"", {"Location": PATH})]
        assert len(ids(stage.open())) == 1


def test_a_feed_that_moves_in_circles_is_an_error() -> None:
    local = LocalFeed()
    with staged(local, rss.plugin, f"URL{PATH}", guid, of_rss) as stage:
        local.fault = Reply(302, b"", {"Location": PATH})
        with pytest.raises(SourceError, match="TooManyRedirects"):
            ids(stage.open())


@pytest.mark.parametrize(
    ("code", "status", "error", "said"),
    [
        ("apiKeyInvalid", 401, SourceError, "ALGO_PLATFORMS__NEWSAPI__API_KEY"),
        ("apiKeyExhausted", 401, RateLimitedError, "slow down"),
        ("parameterInvalid", 400, SourceError, "check the query"),
    ],
)
def test_newsapi_says_what_is_wrong(code: str, status: int, error: type[SourceError], said: str) -> None:
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        local.fault = complaint(status, code, "Something. And more.")
        with pytest.raises(error, match=said) as refusal:
            ids(stage.open())
        assert type(refusal.value) is error


def test_newsapi_keeps_to_what_the_plan_allows() -> None:
    local = LocalNewsApi(limit=100)
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(250)])
        assert len(ids(stage.open(), watermark(stage, told(0)))) == 100


def test_newsapi_does_not_look_back_further_than_it_may() -> None:
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(1)])
        assert len(ids(stage.open(), Watermark(UNTIL - timedelta(days=90), "old"))) == 1
        assert local.asked[0].query["from"] == "2026-10-23T13:00:00Z"


@pytest.mark.parametrize("later", [0, 1])
def test_newsapi_says_what_it_may_not_look_back_to(later: int) -> None:
    """Also where there is nothing new, but not where it was asked in the meantime and nobody had written anything."""
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(later)])
        old = Watermark(UNTIL - timedelta(days=90), "old")
        (page,) = stage.open().poll(old, UNTIL)
        assert stage.open().parse(page).num_rows == later
        assert page.remark == (
            "what was published after 2026-08-22T13:00:00Z and before 2026-10-23T13:00:00Z was not read: "
            "NewsAPI is asked for 28 days at most"
        )
        gap = replace(old, asked_until=UNTIL - timedelta(days=40))
        assert "after 2026-10-11T13:00:00Z and" in next(stage.open().poll(gap, UNTIL)).remark
        asked = replace(old, asked_until=UNTIL - timedelta(days=28))
        assert [page.remark for page in stage.open().poll(asked, UNTIL)] == [""] * later


def test_newsapi_says_once_what_it_did_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newsapi, "MOST_PAGES", 1)
    local = LocalNewsApi()
    with staged(local, newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(number, number / 10) for number in range(250)])
        (page,) = stage.open().poll(Watermark(UNTIL - timedelta(days=90), "old"), UNTIL)
        assert page.remark.startswith("what was published after 2026-08-22T13:00:00Z and before 2026-11-20T12:15:00Z")


@pytest.mark.parametrize("later", [0, 1])
def test_xs_search_says_what_it_does_not_know_any_more(later: int) -> None:
    local = LocalX()
    with staged(local, x.plugin, "search: doge", x_id, of_x) as stage:
        now = datetime.now(UTC)
        stage.publish([replace(told(1), published=now - timedelta(hours=1))] * later)
        old = Watermark(now - timedelta(days=9), "old")
        (page,) = stage.open().poll(old, now)
        assert stage.open().parse(page).num_rows == later
        assert page.remark.startswith(f"what was published after {utc_text(now - timedelta(days=9))} and before ")
        assert page.remark.endswith(" was not read: X's search gives seven days at most")
        asked = replace(old, asked_until=now - timedelta(days=6))
        assert [page.remark for page in stage.open().poll(asked, now)] == [""] * later
    with staged(LocalX(), x.plugin, "@alice", x_id, of_x) as stage:
        assert list(stage.open().poll(old, now)) == []


def test_newsapi_names_the_publisher() -> None:
    with staged(LocalNewsApi(), newsapi.plugin, "doge", address, of_newsapi) as stage:
        stage.publish([told(1)])
        (row,) = rows(stage.open())
        assert (row["author"], row["title"]) == ("alice", "A title")
