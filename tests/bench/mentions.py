"""Mentions of 10,000 instruments in short posts."""

import csv
import html
import random
import re
from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick, MatchKind
from flashtext import KeywordProcessor

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.sentiment.mentions.names import COINS_VENUE, marked, packaged_listings
from bench.measure import Contender, Goal, Progress, Result, measure
from support.shared_data import SHARED_DATA

NAMES, POSTS = 10_000, 50_000
MENTIONING = 0.1  # of the made posts; 9 % of the tweets in the archive
WANTED = 250_000  # posts per second
FEW = 300  # posts for the slowest
CONSONANTS, VOWELS, OTHER_VOWELS = "bdfgklmnprstvz", "aeiou", ("ay", "ee", "ow")  # of names, and of the other words
TWEETS = SHARED_DATA / "social_market" / "musk_tweets" / "elonmusk_2010-06_2023-06.csv"


def benchmark(progress: Progress) -> list[Result]:
    """Made posts, and real ones where the archive is beside the checkout; ours also says how sure it is and why."""
    listings = many_listings(random.Random(1))  # noqa: S311 - nothing is secret here
    posts = made_posts(listings, random.Random(2))  # noqa: S311
    results = [compare("made posts", posts, listings, progress)]
    if TWEETS.exists():
        results.append(compare("tweets of the archive", tweets(), listings, progress))
    return results


def compare(what: str, posts: Sequence[str], listings: Sequence[Listing], progress: Progress) -> Result:
    """Ours beside those that find the bare names."""
    progress(f"building over {what}")
    finder = MentionFinder(listings)
    names = sorted({name.lower() for one in listings for name in (one.name, *one.aliases)})
    automaton = AhoCorasick(names, matchkind=MatchKind.LeftmostLongest)
    keywords = KeywordProcessor()
    keywords.add_keywords_from_list(names)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b", re.IGNORECASE)
    few = posts[:FEW]
    timings = measure(
        [
            Contender("ours, with confidence", lambda: finder.find(posts), len(posts)),
            Contender(
                "ahocorasick_rs, the names alone",
                lambda: [automaton.find_matches_as_indexes(post.lower()) for post in posts],
                len(posts),
            ),
            Contender(
                "flashtext, the names alone",
                lambda: [keywords.extract_keywords(post, span_info=True) for post in posts],
                len(posts),
                rounds=2,
            ),
            Contender(
                f"re, the names alone, {FEW} posts",
                lambda: [[match.span() for match in pattern.finditer(post)] for post in few],
                len(few),
                rounds=2,
            ),
        ],
        7,
        progress,
    )
    share = sum(map(bool, finder.find(posts))) / len(posts)
    length = sum(map(len, posts)) / len(posts)
    return Result(
        f"Mentions in {what}",
        f"{len(posts):,} posts of {length:.0f} characters; {len(listings):,} instruments; one thread",
        timings,
        [Goal("posts per second", WANTED, timings[0].rate)],
        [f"{share:.1%} of the posts mention an instrument"],
    )


def many_listings(random_: random.Random) -> list[Listing]:
    """The packaged listings and made-up ones, coins for the most part."""
    listings = list(packaged_listings())
    symbols = {listing.instrument.symbol for listing in listings}
    while len(listings) < NAMES:
        name = " ".join(word(random_, 2, 4).title() for _ in range(random_.choice((1, 1, 2))))
        symbol = "".join(random_.choices(name.replace(" ", "").upper(), k=random_.randint(3, 5)))
        if symbol not in symbols:
            symbols.add(symbol)
            venue = COINS_VENUE if random_.random() < 0.7 else "XNYS"
            listings.append(marked(Listing(Instrument(symbol, venue), name, rank=len(listings))))
    return listings


def made_posts(listings: Sequence[Listing], random_: random.Random) -> list[str]:
    """Posts of made-up words, a tenth of them with a name, symbol or cashtag among them."""
    words = [word(random_, 1, 3, OTHER_VOWELS) for _ in range(5_000)]
    posts = []
    for _ in range(POSTS):
        post = random_.choices(words, k=random_.randint(6, 22))
        if random_.random() < MENTIONING:
            listing = random_.choice(listings)
            symbol = listing.instrument.symbol
            post[random_.randrange(len(post))] = random_.choice((listing.name, f"${symbol}", f"#{symbol}"))
        posts.append(" ".join(post).capitalize() + random_.choice((".", "!", "?", "", " 🚀")))
    return posts


def tweets() -> list[str]:
    """The archive's texts."""
    with TWEETS.open(encoding="utf-8", newline="") as file:
        return [html.unescape(row["Text"]) for row in csv.DictReader(file)]


def word(random_: random.Random, least: int, most: int, vowels: Sequence[str] = VOWELS) -> str:
    """A made-up word of so many syllables."""
    syllables = random_.randint(least, most)
    return "".join(random_.choice(CONSONANTS) + random_.choice(vowels) for _ in range(syllables))
