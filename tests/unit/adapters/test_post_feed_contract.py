"""The contract of feeds without HTTP: the fake one and files."""

import csv
import json
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from algo_trading.adapters.post_files import PostFile
from algo_trading.domain.post import Watermark
from algo_trading.gateways.post_feeds import RAW_POST_COLUMNS
from algo_trading.plugins import FeedContext
from contracts.post_feed import UNTIL, LiveFeedContract, PostFeedContract, Stage, ids, told, watermark
from fakes.post_feed import FakePostFeed
from servers.post_platform import Platform, Told

pytestmark = pytest.mark.unit


def cells(post: Told, platform: str) -> dict[str, str]:
    """A post as a line of a file."""
    return {
        "platform": platform,
        "id": str(post.id),
        "author": post.author,
        "published": post.published.isoformat(),
        "title": post.title,
        "body": post.text,
        "url": f"https://posts.example/{post.id}",
    }


class TestFakeFeed(LiveFeedContract):
    @pytest.fixture
    def stage(self) -> Stage:
        feed = FakePostFeed()

        def publish(posts: Iterable[Told]) -> None:
            feed.rows.extend(cells(post, "fake") for post in posts)

        return Stage(lambda: feed, publish, lambda post: str(post.id), Platform())


class FileContract(PostFeedContract):
    replay = True
    bounded = False
    suffix = ""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Stage:
        path = tmp_path / f"posts{self.suffix}"
        told_so_far: list[Told] = []

        def publish(posts: Iterable[Told]) -> None:
            told_so_far.extend(posts)
            self.write(path, [cells(post, "file") for post in told_so_far])

        publish([])
        feed = FeedContext(f"file {path.name}", tmp_path / "var", path.name)
        return Stage(partial(PostFile, feed), publish, lambda post: str(post.id), Platform())

    def write(self, path: Path, rows: list[dict[str, str]]) -> None:
        raise NotImplementedError

    def token(self, stage: Stage) -> str:
        """What is kept after a poll of the file as it is."""
        (page,) = stage.open().poll(Watermark(), UNTIL)
        assert page.token
        return page.token

    def test_nothing_comes_twice_from_a_file_that_stays(self, stage: Stage) -> None:
        posts = [told(number, number) for number in range(1, 6)]
        stage.publish(posts)
        seen = replace(watermark(stage, posts[2]), token=self.token(stage))
        assert ids(stage.open(), seen) == [stage.id_of(post) for post in posts[3:]]
        seen = replace(watermark(stage, posts[4]), token=seen.token)
        assert list(stage.open().poll(seen, UNTIL)) == []

    def test_a_line_put_in_late_is_found(self, stage: Stage) -> None:
        posts = [told(number, number) for number in range(1, 6)]
        stage.publish([post for post in posts if post is not posts[1]])
        seen = replace(watermark(stage, posts[4]), token=self.token(stage))
        stage.publish([posts[1]])
        assert stage.id_of(posts[1]) in ids(stage.open(), seen)

    def test_a_line_put_in_late_is_found_after_an_earlier_time_was_asked_for(self, stage: Stage) -> None:
        posts = [told(number, number) for number in range(1, 6)]
        stage.publish([post for post in posts if post is not posts[2]])
        seen = replace(watermark(stage, posts[4]), token=self.token(stage))
        stage.publish([posts[2]])
        (page,) = stage.open().poll(seen, posts[1].published)
        assert stage.id_of(posts[2]) in ids(stage.open(), replace(seen, token=page.token or seen.token))

    def test_nothing_comes_before_its_time(self, stage: Stage) -> None:
        posts = [told(number, number) for number in range(1, 6)]
        stage.publish(posts)
        found = ids(stage.open(), Watermark(), until=posts[1].published)
        assert found == [stage.id_of(post) for post in posts[:2]]

    def test_a_post_keeps_its_line(self, stage: Stage) -> None:
        stage.publish([told(1, 1, "first\nof two lines"), told(2, 2), told(3, 3)])

        def places(since: Watermark) -> list[str]:
            return [
                place
                for page in stage.open().poll(since, UNTIL)
                for place in stage.open().parse(page)["place"].to_pylist()
            ]

        seen = replace(watermark(stage, told(1, 1)), token=self.token(stage))
        assert places(seen) == places(Watermark())[1:]


class TestJsonLines(FileContract):
    suffix = ".jsonl"

    def write(self, path: Path, rows: list[dict[str, str]]) -> None:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


class TestCsv(FileContract):
    suffix = ".csv"

    def write(self, path: Path, rows: list[dict[str, str]]) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, RAW_POST_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
