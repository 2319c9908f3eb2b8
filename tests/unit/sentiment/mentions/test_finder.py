"""What counts as a mention, and how sure it is."""

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.post import EntityMatch, MatchKind
from algo_trading.sentiment.mentions.finder import AuthorHistory, MentionFinder, packaged_finder
from algo_trading.sentiment.mentions.names import marked

pytestmark = pytest.mark.unit

COINS = "24/7"
TESLA = Instrument("TSLA")
DOGE = Instrument("DOGE", COINS)


@pytest.fixture(scope="module")
def finder() -> MentionFinder:
    return packaged_finder()


def found(finder: MentionFinder, text: str) -> list[tuple[str, str]]:
    """Symbols and how they stand there."""
    return [(mention.instrument.symbol, mention.matched) for mention in finder.find([text])[0]]


def only(finder: MentionFinder, text: str) -> EntityMatch:
    (mention,) = finder.find([text])[0]
    return mention


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tesla", [("TSLA", "Tesla")]),
        ("tesla and TESLA", [("TSLA", "tesla"), ("TSLA", "TESLA")]),
        ("Tesla's cars, Tesla\u2019s roof", [("TSLA", "Tesla"), ("TSLA", "Tesla")]),
        ("ten Teslas for two bitcoins", [("TSLA", "Teslas"), ("BTC", "bitcoins")]),
        ("(Tesla)/Ford-like", [("TSLA", "Tesla"), ("F", "Ford")]),
        ("$TSLA $doge $Bitcoin", [("TSLA", "TSLA"), ("DOGE", "doge"), ("BTC", "Bitcoin")]),
        ("#Bitcoin #btc #ShibaInu", [("BTC", "Bitcoin"), ("BTC", "btc"), ("SHIB", "ShibaInu")]),
        ("sold my AAPL today", [("AAPL", "AAPL")]),
        ("General Motors, general  motors", [("GM", "General Motors"), ("GM", "general motors")]),
        ("general-motors and General\u00a0Motors", [("GM", "general-motors"), ("GM", "General Motors")]),
        ("Tesla Motors was its name", [("TSLA", "Tesla Motors")]),
        ("AT&T, J&J, Macy\u2019s, L\u2019Or\u00e9al", [("T", "AT&T"), ("JNJ", "J&J"), ("M", "Macy\u2019s")]),
        ("\u00dcber and \u00fcber", [("UBER", "\u00dcber"), ("UBER", "\u00fcber")]),
        ("\U0001f680\U0001f680 Tesla \U0001f680", [("TSLA", "Tesla")]),
        ("BRK.B and BRK-B fell", [("BRK-B", "BRK.B"), ("BRK-B", "BRK-B")]),
        ("GM is up", [("GM", "GM")]),
    ],
)
def test_ways_to_write_a_name(finder: MentionFinder, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(finder, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "teslaesque Metesla tesla_fan _tesla tesla2 \u00e9tesla tesla\u00e9",
        "ibmx zts psx",  # small letters count only for well-known symbols, or as in a trade
        "gm everyone",
        "https://tesla.com/tesla www.tesla.com example.org/tesla http://t.co/tesla",
        "tesla.com",
        "elon@tesla.com wrote",
        "a$TSLA b#TSLA",
        "$3M and $2B",
        "general. motors",
    ],
)
def test_what_is_no_mention(finder: MentionFinder, text: str) -> None:
    assert found(finder, text) == []


def test_handles_to_which_a_reply_is_addressed_name_nothing(finder: MentionFinder) -> None:
    assert found(finder, "@Tesla @elonmusk Thanks!") == []
    assert found(finder, "RT @Tesla: Thanks!") == []
    assert found(finder, "Thanks @Tesla, and @teslaownersSV") == [("TSLA", "Tesla")]
    assert found(finder, ".@Tesla recalls cars") == [("TSLA", "Tesla")]
    assert found(finder, "@elonmusk Tesla @Ford") == [("TSLA", "Tesla"), ("F", "Ford")]


@pytest.mark.parametrize(
    "text",
    [
        "One more thing, IT IS ALL TRUE",
        "one of us is on target, near the link, in the sand",
        "Target date is Friday. Block 5 flies. Gas is cheap.",
        "I ate an apple under the apple tree",
        "apples to apples",
        "the river, deep in the Amazon",
        "my shiba inu puppy ate it",
        "Nikola Tesla built a Tesla coil",
        "a work visa",
        "A Model X on Saturn V",
    ],
)
def test_everyday_words_are_what_they_are(finder: MentionFinder, text: str) -> None:
    assert [mention for mention in finder.find([text])[0] if mention.confidence >= 0.5] == []


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("Apple sued over its App Store", "AAPL"),
        ("I would buy apple stock", "AAPL"),
        ("we talked to Target about it", "TGT"),
        ("$ONE to the moon", "ONE"),
        ("my wallet is full of ONE tokens, crypto forever", "ONE"),
        ("Amazon and Google are monopolies", "AMZN"),
        ("$IT", "IT"),
    ],
)
def test_everyday_words_count_where_the_text_says_so(symbol: str, text: str) -> None:
    extra = marked(Listing(Instrument("IT"), "Gartner"))
    finder = MentionFinder([*_packaged(), extra])
    best = {mention.instrument.symbol: mention.confidence for mention in finder.find([text])[0]}
    assert best.get(symbol, 0) >= 0.5


def _packaged() -> list[Listing]:
    from algo_trading.sentiment.mentions.names import packaged_listings

    return list(packaged_listings())


def test_kinds_of_match(finder: MentionFinder) -> None:
    kinds = {
        "$DOGE": MatchKind.CASHTAG,
        "$Dogecoin": MatchKind.CASHTAG,
        "Dogecoin": MatchKind.NAME,
        "doge": MatchKind.ALIAS,
        "AAPL": MatchKind.SYMBOL,
        "by Apple": MatchKind.AMBIGUOUS,
    }
    assert {text: only(finder, text).kind for text in kinds} == kinds


def test_the_surer_the_kind_the_higher_the_confidence(finder: MentionFinder) -> None:
    texts = ["so $NFLX", "so Netflix", "so Exxon", "so NFLX", "at Target"]
    confidences = [only(finder, text).confidence for text in texts]
    assert confidences == sorted(confidences, reverse=True)
    assert len(set(confidences)) == len(texts)
    assert all(0 <= confidence <= 1 for confidence in confidences)


@pytest.mark.parametrize(
    ("plain", "surer"),
    [
        ("so AAPL again", "buy AAPL shares again"),
        ("so AAPL again", "AAPL at $150 again"),
        ("it said Apple again", "it said Apple again, like Microsoft"),
        ("it said Apple again", "it said Apple again, $AAPL"),
        ("IN CAPITALS EVERYTHING SOUNDS LIKE AAPL", "In capitals everything sounds like AAPL"),
    ],
)
def test_what_stands_beside_a_name_makes_it_surer(finder: MentionFinder, plain: str, surer: str) -> None:
    first, second = finder.find([plain, surer])
    assert second[0].confidence > first[0].confidence
    assert second[0].instrument == first[0].instrument


def test_what_an_author_wrote_about_before_makes_it_surer() -> None:
    history = AuthorHistory({"elon": {TESLA: 1}, "fan": {TESLA: 40}, "other": {DOGE: 40}})
    finder = packaged_finder()
    text = "so TSLA again"
    results = finder.find([text] * 4, ["nobody", "other", "elon", "fan"], history)
    unknown, other, once, often = (mention.confidence for (mention,) in results)
    assert unknown == other < once < often < 1
    assert [mention.confidence for (mention,) in finder.find([text])] == [unknown]


def test_authors_stand_beside_texts(finder: MentionFinder) -> None:
    with pytest.raises(ValueError, match="1 authors for 2 texts"):
        finder.find(["a", "b"], ["x"])


def test_of_those_called_so_the_likeliest_is_meant() -> None:
    coin = marked(Listing(Instrument("LINK", COINS), "Chainlink", rank=15))
    share = marked(Listing(Instrument("LINK"), "Interlink Electronics"))
    small = marked(Listing(Instrument("LNK", COINS), "Chainlink", rank=2000))
    finder = MentionFinder([small, coin, share])
    assert only(finder, "my wallet: LINK coins, all my crypto").instrument == coin.instrument
    assert only(finder, "shares of LINK on nasdaq after earnings").instrument == share.instrument
    assert only(finder, "Chainlink").instrument == coin.instrument
    assert only(finder, "$LINK").instrument == share.instrument


@pytest.mark.parametrize(("rank", "price"), [(4000, None), (None, 0.001)])
def test_a_small_coin_does_not_take_the_place_of_its_namesake(rank: int | None, price: float | None) -> None:
    coin = marked(Listing(Instrument("TESLA", COINS), "Tesla", rank=rank, price=price))
    finder = MentionFinder([coin, *_packaged()])
    assert finder.find(["Tesla sold the crypto coins, bitcoin too, from its wallet"])[0][0].instrument == TESLA
    assert found(finder, "$TESLA") == [("TSLA", "TESLA")]
    assert only(MentionFinder([coin]), "a Tesla crypto token").instrument == coin.instrument


def test_obscure_coins_are_doubted() -> None:
    large, small = (marked(Listing(Instrument("QXZ", COINS), "Qoinix", rank=rank)) for rank in (5, 5000))
    assert only(MentionFinder([small]), "so Qoinix").confidence < only(MentionFinder([large]), "so Qoinix").confidence


def test_the_longest_of_overlapping_names_counts() -> None:
    names = ["Bitcoin", "Bitcoin Cash", "Cash App Pay"]
    finder = MentionFinder([Listing(Instrument(f"Q{number}QQ"), name) for number, name in enumerate(names)])
    assert found(finder, "Bitcoin Cash App Pay and Bitcoin") == [("Q1QQ", "Bitcoin Cash"), ("Q0QQ", "Bitcoin")]


def test_names_that_nobody_can_type_are_no_patterns() -> None:
    finder = MentionFinder([Listing(Instrument("\u72d7", COINS), "\u72d7\u72d7\u5e01"), Listing(Instrument("!"), "??")])
    assert finder.find(["\u72d7\u72d7\u5e01 ?? ! all of it"]) == [[]]


def test_no_listings_no_mentions() -> None:
    assert MentionFinder([]).find(["Tesla", ""]) == [[], []]
    assert MentionFinder([]).find([]) == []


def test_a_name_ends_where_a_character_ends() -> None:
    finder = MentionFinder([Listing(Instrument("QQQ"), "Yahooo!"), Listing(Instrument("QQR"), "\u00dcberr")])
    assert finder.find(["Yahooo\u2026 and \u2026berr", "Yahooo\u00e9"]) == [[], []]
    assert [mention.matched for mention in finder.find(["Yahooo! \u2026\u00fcberr"])[0]] == ["Yahooo!", "\u00fcberr"]


def test_a_tag_has_all_letters_of_its_name(finder: MentionFinder) -> None:
    assert found(finder, "#ber $ber #loral #GeneralMotors $JPMorgan #ATT") == [
        ("GM", "GeneralMotors"),
        ("JPM", "JPMorgan"),
        ("T", "ATT"),
    ]


def test_texts_keep_to_themselves(finder: MentionFinder) -> None:
    assert finder.find(["General", "Motors", "nul \0Tesla\0", "\0"])[:2] == [[], []]
    assert [len(mentions) for mentions in finder.find(["General", "Motors", "nul \0Tesla\0", "\0"])] == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("gme to the moon", {"GME"}),
        ("tsla to 1000", {"TSLA"}),
        ("pltr 25c for next week", {"PLTR"}),
        ("bought crwd at the open", {"CRWD"}),
        ("we met crwd and left", set()),
        ("amc and bb are up", {"AMC", "BB"}),
        ("BB reports on Thursday", {"BB"}),
        ("CAT reports earnings tomorrow", {"CAT"}),
        ("the cat reports", set()),
        ("Target raises wages", {"TGT"}),
        ("Gap shares jump", {"GPS"}),
        ("mind the gap shares", set()),
        ("I bought 100 shares of F", {"F"}),
        ("F in the chat", set()),
        ("long COST since 2015", {"COST"}),
        ("the COST of it", set()),
        ("uber stock is up", {"UBER"}),
        ("took an uber home", set()),
        ("YOLO into TSLA", {"TSLA"}),
        ("ETH is back", {"ETH"}),
        ("SOL looks strong", {"SOL"}),
        ("I keep my ADA in a ledger", {"ADA"}),
        ("Ripple wins in court", {"XRP"}),
        ("Luna collapsed", {"LUNA"}),
        ("the girls of Reddit decided", set()),
        ("I came to Reddit for this", set()),
        ("Reddit shares rose", {"RDDT"}),
        ("puts on Reddit", {"RDDT"}),
        ("we are on the verge of it", set()),
        ("she wore a polkadot dress", set()),
        ("Cronos, the cannabis company", set()),
        ("SPY and QQQ closed red", {"SPY", "QQQ"}),
        ("I hedge with GLD, IBIT and JCP", {"GLD", "IBIT", "JCP"}),
        ("Te\u200bsla and AT&amp;amp;T", {"TSLA", "T"}),
    ],
)
def test_what_traders_write(text: str, symbols: set[str]) -> None:
    found = packaged_finder().find([text])[0]
    assert {match.instrument.symbol for match in found if match.confidence >= 0.5} == symbols
