"""What the pages show: the rows of the database, in the words of the command line, to whom they belong."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from algo_trading.cli.listings import print_orders, print_signals
from algo_trading.domain.notice import Content, NoticeKind, NoticeStatus
from algo_trading.domain.score_alert import ScoreAlert, ScoreSide
from algo_trading.queries.selection import Selection
from algo_trading.repositories.notices import Outcome
from algo_trading.web.render import words
from contracts.posts import a_post
from contracts.scores import a_score
from support.web_site import IBM, NOW, ORDER, Site, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        yield site


def rows(site: Site, path: str, who: str = "owner") -> list[list[str]]:
    """A list's rows as its CSV has them, without the titles."""
    visitor = getattr(site, who)
    answer = visitor.get(f"{path}{'&' if '?' in path else '?'}format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text)))[1:]


def test_the_overview_says_what_needs_somebody(site: Site) -> None:
    page = site.owner.get("/").text
    assert "Nothing is watched yet" in page
    assert "paper" in page
    assert "because of 2013-02" in page


def test_signals_are_filtered_sorted_and_cut(site: Site) -> None:
    assert [row[1] for row in rows(site, "/signals")] == ["sell", "buy"]
    assert [row[1] for row in rows(site, "/signals?side=all")] == ["hold", "sell", "buy"]
    assert [row[1] for row in rows(site, "/signals?sort=period&order=asc")] == ["buy", "sell"]
    assert rows(site, "/signals?symbol=msft") == []
    assert len(rows(site, "/signals?from=2013-02-03&to=2013-02-03&side=all")) == 1
    assert rows(site, "/signals?from=nonsense&sort=password_hash&page=-1&size=7&strategy=none") == []
    assert "Nothing fits these filters" in site.owner.get("/signals?symbol=MSFT").text


def test_figures_agree_with_the_command_line(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    print_signals(site.application.signal_list.listed(Selection(), 9))
    print_orders(site.application.order_list.listed(Selection(), 9))
    printed = "paper " + " ".join(capsys.readouterr().out.split())  # the account is left out where there is one alone
    for row in [*rows(site, "/signals"), *rows(site, "/trades")]:
        for text in row:
            assert all(word in printed for word in text.split()), text


def test_an_instrument_has_its_newest_close_change_and_tone(site: Site) -> None:
    (ibm, msft) = rows(site, "/instruments")
    assert ibm[0] == "IBM"
    assert ibm[3] == "108.91"
    assert msft[3] == "0.004321"
    assert msft[4] == "+0.00 %"
    assert ibm[8] == "3 of 12"
    assert [row[0] for row in rows(site, "/instruments?sort=close&order=asc")] == ["MSFT", "IBM"]
    assert [row[0] for row in rows(site, "/instruments?q=bm")] == ["IBM"]
    assert rows(site, "/instruments?q=%25") == []
    assert rows(site, "/instruments?interval=1h") == []


def test_the_page_of_an_instrument_shows_everything_of_it_and_no_script_of_a_post(site: Site) -> None:
    page = site.owner.get("/instruments/XNYS/IBM").text
    for text in ("because of 2013-02", "Bull <strong>3 of 12</strong>", "50 at 101.05 on 2013-01-03", "2013-02-04"):
        assert text in page
    assert "IBM &lt;script&gt;" in page
    assert "<script>" not in page
    assert site.owner.get("/instruments/XNYS/NOPE").status_code == 404


def test_posts_are_filtered_and_lead_to_their_originals(site: Site) -> None:
    ((published, platform, author, text, mentions, tone, topic, original),) = rows(site, "/posts")
    assert (published, platform, author, mentions) == ("2013-02-01 00:00", "x", "ann", "IBM 50%")
    assert (text, tone, topic, original) == ("IBM <script>alert(1)</script> rises", "+0.50", "earnings", "")
    assert "IBM &lt;script&gt;" in site.owner.get("/posts").text
    at = datetime(2013, 2, 2, tzinfo=UTC)
    linked = replace(a_post("8", at, platform="reddit"), url="https://example.com/r/8?a=b&c", body="=2+2")
    nowhere = replace(a_post("9", at - timedelta(days=2)), url="javascript:alert(1)", author="eve")
    site.application.posts.add([linked, nowhere])
    page = site.owner.get("/posts").text
    assert '<a href="https://example.com/r/8?a=b&amp;c" rel="noopener noreferrer nofollow">example.com</a>' in page
    assert "javascript:" not in page
    assert [row[7] for row in rows(site, "/posts")] == ["https://example.com/r/8?a=b&c", "", ""]
    assert rows(site, "/posts")[0][3] == "'=2+2"
    for query, found in (
        ("symbol=ibm", ["ann"]), ("symbol=MSFT", []), ("platform=reddit", ["ann"]), ("author=eve", ["eve"]),
        ("sentiment=positive", ["ann"]), ("sentiment=negative", []), ("confidence=0.4", ["ann"]),
        ("confidence=0.7", []), ("confidence=x", ["ann", "ann", "eve"]), ("from=2013-02-02", ["ann"]),
        ("to=2013-01-30", []), ("kind=article", []), ("sort=author&order=desc", ["eve", "ann", "ann"]),
    ):  # fmt: skip
        assert [row[2] for row in rows(site, f"/posts?{query}")] == found, query


def test_the_chart_has_candles_averages_and_marks(site: Site) -> None:
    chart = site.owner.get("/charts/XNYS/IBM?span=all").json()
    assert (len(chart["times"]), chart["merged"]) == (400, 1)
    assert chart["averages"]["sma_7"][:6] == [None] * 6
    assert {mark["kind"] for mark in chart["marks"]} == {"signal", "trade", "post"}
    assert len(site.owner.get("/charts/XNYS/IBM?span=250").json()["times"]) == 250
    assert [mark for mark in site.ann.get("/charts/XNYS/IBM").json()["marks"] if mark["kind"] == "trade"] == []
    few = site.owner.get(f"/charts/XNYS/IBM?first={chart['times'][10]}&last={chart['times'][20]}").json()
    assert few["times"] == chart["times"][10:21]
    assert few["close"] == chart["close"][10:21]


def test_alerts_say_to_whom_and_what_became_of_them(site: Site) -> None:
    (buy, _) = reversed(site.application.signals.newest(2))
    said = Content(NoticeKind.SIGNAL, buy.key, buy.opened_at)
    assert site.application.notices.tell(said, ["ann@example.com", "bob@example.com"]) == 2
    score = ScoreAlert(ScoreSide.BULL, 3, tuned=False, score=a_score(pair=IBM))
    alert = Content(NoticeKind.SCORE, score.key, score.score.at, score.details)
    assert site.application.notices.tell(alert, ["bob@example.com"]) == 1
    with site.application.outbox.sender() as sender:
        first, second, third = sender.claim(NOW, NOW, 5)
        sender.settle([
            Outcome(first.dedupe_key, NoticeStatus.SENT, NOW),
            Outcome(second.dedupe_key, NoticeStatus.FAILED, NOW, "the mail server does not know him"),
            Outcome(third.dedupe_key, NoticeStatus.PENDING, NOW + timedelta(minutes=1), "try later"),
        ])  # fmt: skip
    by_address = {(row[1], row[5]): row for row in rows(site, "/alerts")}
    assert by_address["signal", "ann@example.com"][2:5] == ["buy IBM 2013-01-31, sma_cross", "10.25", "50%"]
    assert by_address["score", "bob@example.com"][2] == "bull score 3 of 12 of IBM"
    assert sorted(row[7:] for row in rows(site, "/alerts")) == [
        ["failed", "the mail server does not know him"],
        ["pending", "again after 2013-02-11 00:01 UTC; try later"],
        ["sent", "2013-02-11 00:00 UTC"],
    ]
    for query, count in (
        ("symbol=ibm", 3), ("symbol=MSFT", 0), ("kind=score", 1), ("status=failed", 1), ("address=bob@example.com", 2),
        ("sort=address&order=desc", 3), ("from=2001-01-01&to=2001-01-02", 0),
    ):  # fmt: skip
        assert len(rows(site, f"/alerts?{query}")) == count, query
    assert [row[5] for row in rows(site, "/alerts?address=bob@example.com", "ann")] == ["ann@example.com"]
    assert "/instruments/XNYS/IBM" in site.owner.get("/alerts").text


def test_a_trade_shows_what_became_of_it(site: Site) -> None:
    page = site.owner.get(f"/trades/{ORDER}").text
    assert "101.05" in page
    assert "filled" in page
    assert site.owner.get("/trades/nope").status_code == 404


def test_members_see_their_own(site: Site) -> None:
    assert len(rows(site, "/trades")) == 2
    assert rows(site, "/trades", "ann") == []
    assert rows(site, "/trades?owner=owner&account=paper", "ann") == []
    assert site.ann.get(f"/trades/{ORDER}").status_code == 404
    for path in ("/accounts/paper", "/accounts/paper/equity", "/accounts/nope"):
        assert site.ann.get(path).status_code == 404
    assert site.ann.get("/accounts/anns").status_code == 200
    assert site.owner.get("/accounts/anns").status_code == 200
    for path in ("/", "/accounts"):
        page = site.ann.get(path).text
        assert "anns" in page
        assert "/accounts/paper" not in page
    assert "bob@example.com" not in site.ann.get("/subscriptions").text
    assert "bob@example.com" in site.owner.get("/subscriptions").text


def test_an_account_is_worth_what_status_says(site: Site) -> None:
    (paper,) = (one for one in site.application.read_status().account_states() if one.name == "paper")
    page = site.owner.get("/accounts/paper").text
    assert f">{paper.equity}<" in page
    curve = site.owner.get("/accounts/paper/equity").json()
    assert curve["equity"][0] == 100_000
    assert curve["equity"][-1] == pytest.approx(float(paper.equity), abs=0.01)
    assert min(curve["drawdown"]) <= 0
    assert max(curve["drawdown"]) == 0
    assert [row[1] for row in rows(site, "/accounts/paper?kind=deposit")] == ["deposit"]


def test_quality_lists_what_is_wrong_and_why(site: Site) -> None:
    assert len(rows(site, "/quality")) == 2
    ((_, source, batch, count, held, rules, missing, unanswered),) = rows(site, "/quality?found=problems")
    assert (source, batch, count, held) == ("sample", "2013-01-02", "10", "1")
    assert (rules, missing, unanswered) == ("volume: 1", "IBM: 2013-01-03", "FB: 404")
    assert len(rows(site, "/quality/held?reason=gap")) == 1


def test_a_spreadsheet_computes_nothing_of_what_came_in(site: Site) -> None:
    (row,) = rows(site, "/quality/held?reason=gap")
    assert row[3] == "'=HYPERLINK(1)"
    assert rows(site, "/instruments")[1][4] == "+0.00 %"


def test_monitoring_shades_rare_candles(site: Site) -> None:
    page = site.owner.get("/monitoring").text
    assert 'class="number heat rise-1" title="1h: change +1.5 per cent, rank 12.5 among 500 candles"' in page
    assert site.owner.post("/monitoring", items=" ", action="monitor").status_code == 422


def test_members_subscribe_and_end_their_own_address_alone(site: Site) -> None:
    fields = {"symbol": "*", "strategy": "*", "address": "bob@example.com"}
    assert site.ann.post("/subscriptions/end", **fields).status_code == 403
    assert site.ann.post("/subscriptions", **fields).status_code == 403
    assert site.bob.post("/subscriptions/end", **fields).status_code == 303
    assert [one.address for one in site.application.subscriptions.all()] == ["ann@example.com"]
    answer = site.bob.post("/subscriptions", **fields)
    assert (answer.status_code, "No active strategy" in answer.text) == (404, True)
    assert site.application.audit.newest(1)[0].action == "subscription.remove"


def test_a_token_is_made_shown_once_and_revoked(site: Site) -> None:
    page = site.bob.post("/me/tokens", name="laptop", scope=["read", "posts"], days="30").text
    secret = page.split("<code>algo_")[1].split("<")[0]
    found = site.application.identify().by_token(f"algo_{secret}")
    assert found is not None
    assert secret not in site.bob.get("/me").text
    assert site.bob.post("/me/tokens/revoke", name="laptop").status_code == 303
    assert site.application.identify().by_token(f"algo_{secret}") is None
    assert site.bob.post("/me/tokens", name="none").status_code == 422


def test_an_owner_adds_and_removes_a_user(site: Site) -> None:
    page = site.owner.post("/admin/users", name="carl", role="member", address="").text
    secret = page.split("shown this once: <code>")[1].split("<")[0]
    assert site.application.sign_in()("carl", secret, "here").user.name == "carl"
    other = site.owner.post("/admin/users/password", name="carl").text
    assert "shown this once" in other
    assert site.owner.post("/admin/users/remove", name="owner").status_code == 422
    assert site.owner.post("/admin/users/remove", name="carl").status_code == 303
    assert site.application.users.find("carl") is None
    assert "user.remove" in site.owner.get("/admin").text


def test_code_in_a_sentence_is_marked_and_everything_else_escaped() -> None:
    assert words("run `a <b>` & `c`, not `d") == "run <code>a &lt;b&gt;</code> &amp; <code>c</code>, not d"
    assert words("nothing") == "nothing"


def test_a_mistake_of_ours_shows_nothing_of_the_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr(type(site.application), "read_status", broken)
    answer = site.owner.get("/")
    assert answer.status_code == 500
    assert "It is our mistake, noted as" in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "secret of the inside" not in answer.text
