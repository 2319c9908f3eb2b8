"""The list of posts and articles."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from algo_trading.domain.post import Level, PostKind
from algo_trading.domain.sentiment import Tone
from algo_trading.notification.words import one_line, shortened
from algo_trading.queries.figures import confidence_text
from algo_trading.queries.posts import PostLine
from algo_trading.web.cells import instrument_href
from algo_trading.web.gate import Application, Recently
from algo_trading.web.lists import Filter, ListView, respond
from algo_trading.web.render import minute
from algo_trading.web.tables import Cell, Column

router = APIRouter()

TEXT_SHOWN = 400
EMPTY = (
    "No post or article has come in yet. Feeds are tables [[feeds]] of the configuration, `algo-trading run-text` "
    "reads them, and a collector may hand posts in through the API."
)


@router.get("/posts")
def posts(request: Request, application: Application, recent: Recently) -> Response:
    """The page."""
    found, levels = application.post_pages, application.levels
    view = ListView(
        title="Posts",
        rows=found,
        columns=_COLUMNS,
        filters=(
            Filter("symbol", "Symbol"),
            Filter("platform", "Platform", [(one, one) for one in recent.of("platforms", found.platforms)]),
            Filter("author", "Author"),
            Filter("kind", "Kind", [(one, one) for one in PostKind]),
            Filter("sentiment", "Sentiment", [(one, one) for one in Tone]),
            Filter("confidence", "Mentions", [(f"{levels.least(one):g}", f"{one} or more") for one in list(Level)[1:]]),
            Filter("from", "From", kind="date"),
            Filter("to", "To", kind="date"),
        ),
        empty=EMPTY,
        intro="What was collected, what it mentions and how sure that is, and its tone from -1 to 1.",
    )
    return respond(request, view)


def _mentions(line: PostLine) -> "Cell | str":
    """What is mentioned; a single instrument leads to its page."""
    texts = [f"{one.instrument} {confidence_text(one.confidence)}" for one in line.mentions]
    if len(line.mentions) == 1:
        return Cell(texts[0], instrument_href(line.mentions[0].instrument))
    return ", ".join(texts)


def _tone(line: PostLine) -> "Cell | str":
    if line.sentiment is None:
        return Cell("not read yet", look="quiet")
    return Cell(f"{line.sentiment:+.2f}", look="up" if line.sentiment > 0 else "down" if line.sentiment < 0 else "")


def _original(line: PostLine) -> "Cell | str":
    """Where it was found; an address that is not of the web leads nowhere."""
    try:
        host = urlsplit(line.post.url).hostname
    except ValueError:
        host = None
    if not host or not line.post.url.startswith(("https://", "http://")):
        return ""
    return Cell(shortened(host, 40), line.post.url, external=True)


_COLUMNS: list[Column[PostLine]] = [
    Column("Published (UTC)", lambda one: minute(one.post.published_at), sort="published"),
    Column("Platform", lambda one: one.post.key.platform, sort="platform"),
    Column("Author", lambda one: shortened(one_line(one.post.author), 60), sort="author"),
    Column("Text", lambda one: shortened(one_line(one.post.text), TEXT_SHOWN), wide=True),
    Column("Mentions", _mentions),
    Column("Sentiment", _tone, sort="sentiment", numeric=True),
    Column("Topic", lambda one: str(one.topic or "")),
    Column("Original", _original),
]
