"""Clean texts: remove markup and entities, repair mojibake and look-alike letters, order blanks, tell the language.

The one place where texts are cleaned, for the pipeline, the commands and the library.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Elements that feeds send. What else stands between angle brackets is somebody's text.
INLINE = "a|abbr|b|big|cite|code|del|em|font|i|iframe|img|ins|mark|q|s|small|span|strike|strong|sub|sup|time|tt|u|wbr"
BLOCK = (
    "address|article|aside|blockquote|body|br|center|dd|div|dl|dt|figcaption|figure|footer|h[1-6]|head|header|hr|html|"
    "li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul|video|audio|source|picture"
)
# Attributes: `a <b and c>` is no tag. The part before the first `=` holds none, so that there is one way to match.
REST = r"(?:\s[^<>=]*=[^<>]*|\s*/?)>"
INLINE_TAG = re.compile(rf"</?(?:{INLINE}){REST}", re.IGNORECASE)
BLOCK_TAG = re.compile(rf"</?(?:{BLOCK}){REST}", re.IGNORECASE)
HIDDEN = (  # begin and end of what no reader sees
    (re.compile(r"<!--"), re.compile(r"-->")),
    (re.compile(r"<script[\s>]", re.IGNORECASE), re.compile(r"</script>", re.IGNORECASE)),
    (re.compile(r"<style[\s>]", re.IGNORECASE), re.compile(r"</style>", re.IGNORECASE)),
)
CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
ESCAPED_AGAIN = re.compile(r"&(?:amp;)+(?=[#a-zA-Z])")
ROUNDS = 8  # some feeds escape twice; nobody does more often
# Nothing to see. What turns the direction of writing does so behind the text, too, and a terminal obeys controls.
DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
C1 = map(chr, (*range(0x80, 0x85), *range(0x86, 0xA0)))  # without U+0085, which is a blank
INVISIBLE = dict.fromkeys(map(ord, (*"\u200b\u2060\ufeff\u00ad", *DIRECTIONS, *C1)))
BLANKS = re.compile(r"[^\S\n]+")
EMPTY_LINES = re.compile(r"\n{3,}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
NO_TEXT = re.compile("[\ufffd\ufffe\uffff\ue000-\uf8ff\x80-\x9f]")

# Beyond ASCII what cleaning looks at, and what looks like UTF-8 that was read as something else.
UNCLEAN = re.compile(
    "[\x7f-\xa0\u00ad\u0130\u0370-\u03ff\u0400-\u04ff\u1d00-\u1dbf\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2100-\u214f"
    "\u2460-\u24ff\u3000\ufb00-\ufb06\ufeff\uff00-\uffff\ue000-\uf8ff\ud800-\udfff\U0001d400-\U0001d7ff"
    "\U0001f100-\U0001f1e5]|[\xc2-\xf4][\u0080-\u00ff\u0152-\u02dc\u2013-\u2122]"
)
REPEATED = re.compile(" {2,}")
LINES = re.compile(r" \n|\n |\n\n\n")
# Letters of other scripts that look like Latin ones, repaired inside words that have Latin letters too.
LOOK_ALIKES = str.maketrans(
    "АВЕЅЈКМНОРСТХУІаеорсухіѕјһԁԛԝАΒΕΖΗΙΚΜΝΟΡΤΥΧοαν",  # noqa: RUF001 - that is what they are
    "ABESJKMHOPCTXYIaeopcyxisjhdqwABEZHIKMNOPTYXoav",
)
STYLED = re.compile("[\u1d00-\u1d7f\u2100-\u214f\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f130-\U0001f189]+")
MIXED = re.compile(r"[^\W\d_]+")
OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u052f]")
LATIN = re.compile("[A-Za-z]")

NOT_WORDS = re.compile(r"https?://\S+|[@#$]\w+|\bu/\w+|\br/\w+")
FEWEST_LETTERS = 20  # below, a language is a guess
SURE = 0.6  # the identifier's probability from which it is nearly always right
UNDETERMINED = "und"
ENGLISH = "en"
ENOUGH_WORDS = 2
# Words that English has and no other language in Latin letters; two of them tell as much as the identifier, at once.
_ENGLISH_WORDS = """
the and with that this from after its have would their which what you your they could should says said about
into than because how why these those there where while being both each few other only own very now again
further once before through during above below between against amid
"""
ENGLISH_WORDS = frozenset(_ENGLISH_WORDS.split())


@dataclass(frozen=True, slots=True)
class CleanText:
    """A text to be read, and how much of it could not be repaired: the share of characters in [0, 1]."""

    text: str
    garbled: float


def clean(raw: str) -> CleanText:
    """A text without markup, entities, mojibake and stray blanks."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    broken = len(CONTROL.findall(text))
    text = _repaired(text)
    for _ in range(ROUNDS):
        plain = _without_markup(text)
        if plain == text:
            break
        text = _repaired(plain)
    broken += len(NO_TEXT.findall(text)) + _badness(text)
    share = min(broken / max(len(text), broken, 1), 1.0) if broken > 1 else 0.0
    return CleanText(_ordered(text), share)


def plain_text(raw: str) -> str:
    """`clean(raw).text`, at once where there is nothing to clean but repeated blanks."""
    if _is_clean(raw):
        return raw
    single = REPEATED.sub(" ", raw).strip(" ")
    return single if _is_clean(single) else clean(raw).text


def _is_clean(text: str) -> bool:
    if not text.isprintable() and not text.replace("\n", "").isprintable():
        return False  # controls, blanks other than the plain one, what nobody sees
    if "&" in text or "<" in text or "  " in text or "]]>" in text or text.strip() != text:
        return False
    return (text.isascii() or UNCLEAN.search(text) is None) and ("\n" not in text or LINES.search(text) is None)


def one_line(raw: str) -> str:
    """A name or title, cleaned, in one line."""
    return " ".join(clean(raw).text.split())


def is_readable(text: str) -> bool:
    """Whether anything in it can be seen."""
    return any(character.isprintable() and not character.isspace() for character in text)


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language, UNDETERMINED where a text is too short or the case is not sure."""
    words = NOT_WORDS.sub(" ", text)
    letters = sum(map(str.isalpha, words))
    if not words.isascii():  # a character of Chinese, Japanese or Korean tells as much as several letters
        letters += 3 * sum(
            "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7a3" for character in words
        )
    if letters < FEWEST_LETTERS:
        return UNDETERMINED
    if words.isascii() and len(ENGLISH_WORDS.intersection(words.lower().split())) >= ENOUGH_WORDS:
        return ENGLISH
    language, probability = _identifier().classify(words)
    return str(language) if probability >= SURE and len(language) == 2 else UNDETERMINED


def _repaired(text: str) -> str:
    if text.isascii():
        return CONTROL.sub("", text)
    from ftfy import fix_text

    return _unstyled(fix_text(text, _fixing()))


def _unstyled(text: str) -> str:
    """The text with mathematical, circled and look-alike letters as plain ones."""
    if STYLED.search(text):
        text = STYLED.sub(lambda match: normalize("NFKC", match[0]), text)
    if OTHER_SCRIPT.search(text) and LATIN.search(text):
        text = MIXED.sub(_latin, text)
    return text


def _latin(word: re.Match[str]) -> str:
    if not (OTHER_SCRIPT.search(word[0]) and LATIN.search(word[0])):
        return word[0]
    repaired = word[0].translate(LOOK_ALIKES)
    return word[0] if OTHER_SCRIPT.search(repaired) else repaired


@lru_cache(maxsize=1)
def _fixing() -> "TextFixerConfig":
    from ftfy import TextFixerConfig

    # Entities are decoded here, after the markup is gone; quotes stay as their author typed them.
    return TextFixerConfig(unescape_html=False, uncurl_quotes=False, explain=False)


def _badness(text: str) -> int:
    if text.isascii():
        return 0
    from ftfy.badness import badness

    return int(badness(text))


def _without_markup(text: str) -> str:
    if "<" in text or "]]>" in text:
        text = CDATA.sub("", text)
        for begin, end in HIDDEN:
            text = _without(text, begin, end)
        text = INLINE_TAG.sub("", BLOCK_TAG.sub("\n", text))
    if "&" in text:
        text = ENTITY.sub(lambda match: unescape(match[0]), ESCAPED_AGAIN.sub("&", text))
    return text


def _without(text: str, begin: re.Pattern[str], end: re.Pattern[str]) -> str:
    """The text without what stands from each `begin` to the next `end` (to the last character where there is none)."""
    kept, position = [], 0
    while match := begin.search(text, position):
        kept.append(text[position : match.start()])
        closing = end.search(text, match.end())
        if closing is None:
            return "".join(kept)
        position = closing.end()
    return "".join([*kept, text[position:]])


def _ordered(text: str) -> str:
    lines = BLANKS.sub(" ", text.translate(INVISIBLE)).split("\n")
    return EMPTY_LINES.sub("\n\n", "\n".join(line.strip() for line in lines)).strip()


@lru_cache(maxsize=1)
def _identifier() -> Any:  # noqa: ANN401 - py3langid's own
    """Loading it takes a second."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
