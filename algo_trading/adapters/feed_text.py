"""The text of an RSS or Atom document, checked before a parser sees it: its encoding, and how much there is to do."""

import codecs
import re

from algo_trading.errors import SourceError

# Every other encoding (UTF-7, EBCDIC ...) can hide markup from whoever looks at the bytes. Browsers read these as well.
ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "koi8-r", "koi8-u", "mac-roman"),
        *(f"iso-8859-{part}" for part in (*range(1, 12), *range(13, 17))),
        *("cp874", *(f"windows-{page}" for page in range(1250, 1259))),
        *("gb2312", "gbk", "gb18030", "big5", "euc-jp", "shift_jis", "iso-2022-jp", "euc-kr"),
    )
)
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
DECLARATION = re.compile(r"\s*<\?xml\b[^<>]*\?>", re.IGNORECASE)
ENCODING = re.compile(r"""\bencoding\s*=\s*["']\s*([^"'\s]*)""", re.IGNORECASE)
FORBIDDEN = re.compile("<!(DOCTYPE|ENTITY)", re.IGNORECASE)  # entities unfold to gigabytes, or name files
ITEM = re.compile(r"<(?:[A-Za-z][\w.-]*:)?(?:item|entry)[\s/>]", re.IGNORECASE)
TAG = re.compile(r"<(/?)([A-Za-z_][^<>\s/]*)[^<>]*>")
LARGEST_FEED = 4 * 2**20  # bytes
TAGS_PER_ITEM = 50
LONGEST_TAG = 2**16  # characters
DEEPEST = 60  # elements within each other


def checked_feed(content: bytes, where: str, max_items: int) -> bytes:
    """The document in UTF-8, and declared to be.

    Raises:
        SourceError: it is in an encoding that feeds do not use, declares a document type, or is beyond a limit.
    """
    if len(content) > LARGEST_FEED:
        raise SourceError(f"{where} sent more than {LARGEST_FEED >> 20} MB: no feed is that large")
    text = _decoded(content, where)
    if FORBIDDEN.search(text):
        raise SourceError(f"{where} declares a document type, which we do not read in a feed")
    markup = _outside(_outside(text, "<!--", "-->"), "<![CDATA[", "]]>")
    if sum(1 for _ in ITEM.finditer(markup)) > max_items:
        raise SourceError(f"{where} has more than {max_items:,} items (platforms.rss.max_items)")
    _check_tags(markup, where, TAGS_PER_ITEM * max_items)
    return b'<?xml version="1.0" encoding="utf-8"?>' + text.encode("utf-8", "replace")


def _decoded(content: bytes, where: str) -> str:
    """The text without its declaration; bytes that do not fit become U+FFFD, as in a browser."""
    encoding = next((name for bom, name in BOMS.items() if content.startswith(bom)), "")
    if not encoding and b"\0" in content[:4]:
        encoding = "utf-16-be" if content[:1] == b"\0" else "utf-16-le"
    if not encoding:
        head = DECLARATION.match(content[:1000].decode("latin-1"))
        declared = ENCODING.search(head[0]) if head else None
        encoding = declared[1] if declared else "utf-8"
    try:
        name = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        name = ""
    if name not in ENCODINGS:
        raise SourceError(f"{where} is in the encoding {encoding[:40]!r}, which we do not read in a feed")
    try:
        text = content.decode(name)
    except UnicodeDecodeError:
        fallback = "windows-1252" if name in {"utf-8", "ascii"} else name
        text = content.decode(fallback, "replace")
    return DECLARATION.sub("", text.lstrip("\ufeff"), count=1)


def _outside(text: str, begin: str, end: str) -> str:
    """The text without what stands between two marks."""
    parts, at = [], 0
    while (start := text.find(begin, at)) >= 0:
        parts.append(text[at:start])
        stop = text.find(end, start + len(begin))
        if stop < 0:
            return "".join(parts)
        at = stop + len(end)
    return "".join([*parts, text[at:]])


def _check_tags(markup: str, where: str, most: int) -> None:
    if max(markup.count("<"), markup.count("&")) > most:
        raise SourceError(f"{where} has more than {most:,} tags: no feed has that many")
    depth = 0
    for tag in TAG.finditer(markup):
        if tag[1]:
            # Of sloppy documents not every element is closed.
            depth = min(depth - 1, 2) if tag[2].lower() in {"item", "entry"} else max(depth - 1, 0)
        elif not tag[0].endswith("/>"):
            depth += 1
        if depth > DEEPEST or len(tag[0]) > LONGEST_TAG:
            raise SourceError(f"{where} nests more than {DEEPEST} elements, or has one that is endless")
