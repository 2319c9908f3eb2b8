"""Commands about mentions of instruments in texts."""

import html
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from algo_trading.cli import output
from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from algo_trading.sentiment.mentions.evaluation import LabelledText

app = typer.Typer(help="Mentions of instruments in texts.", no_args_is_help=True)

CHECKOUT = Path(__file__).resolve().parents[2]
LABELS = CHECKOUT / "tests" / "data" / "mention_labels.csv"  # ids and labels; the texts may not be copied into it
SHARED_DATA = CHECKOUT.parent / "shared" / "data"
POSTS = Path("social_market", "musk_tweets", "elonmusk_2010-06_2023-06.csv")  # within the shared data
SHOWN_MISTAKES = 20


@app.command()
def evaluate(
    path: Annotated[
        Path | None,
        typer.Option("--csv", help="LabelledTexts texts; without it, the posts checked by hand in this repository."),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column with the text.")] = "text",
    label_column: Annotated[
        str, typer.Option(help="Column with names or symbols, separated by ; (empty: no mention).")
    ] = "label",
    data: Annotated[
        Path, typer.Option(help="Folder of the shared data, with the texts of the posts labelled by hand.")
    ] = SHARED_DATA,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
) -> None:
    """Evaluate the mentions found in labelled texts against their labels: precision, recall, F1, posts per second.

    JSON: found, wrong, missed, precision, recall, f1 of all; per_name (name -> the same); posts, posts_per_second;
    unlisted (labels without a listing, ignored); mistakes (place, wrong, missed). A ratio without a case is null.

    Example: algo-trading mentions evaluate --csv posts.csv --text-column text --label-column coins
    """
    from algo_trading.sentiment.mentions.evaluation import evaluate as compare
    from algo_trading.sentiment.mentions.finder import MentionFinder
    from algo_trading.sentiment.mentions.names import known_listings
    from algo_trading.settings import load_settings

    names = load_settings().sentiment.names
    listings = known_listings(Path(names).expanduser() if names else None)
    texts = labelled_texts(path, text_column, label_column) if path else checked_posts(data)
    result = compare(MentionFinder(listings), listings, texts)
    if json:
        report = output.plain(result)
        output.print_json({**report.pop("overall"), **report})
        return
    scores = {"all": result.overall, **result.per_name}
    output.table(
        f"{result.posts:,} posts, {result.posts_per_second:,.0f} a second",
        ("name", "found", "wrong", "missed", "precision", "recall", "F1"),
        [
            (name, s.found, s.wrong, s.missed, *map(output.ratio, (s.precision, s.recall, s.f1)))
            for name, s in scores.items()
        ],
    )
    shown = result.mistakes[:SHOWN_MISTAKES]
    rows = [(mistake.place, ", ".join(mistake.wrong), ", ".join(mistake.missed)) for mistake in shown]
    output.table(f"Mistakes: {len(shown)} of {len(result.mistakes)}", ("post", "wrong", "missed"), rows)
    if result.unlisted:
        output.notes.print(f"labels without a listing, ignored: {', '.join(result.unlisted)}")


def labelled_texts(path: Path, text_column: str, label_column: str) -> "list[LabelledText]":
    """The rows of a CSV file; entities such as &amp; are decoded, as the gate does with posts.

    Raises:
        ConfigError: the file cannot be read, or has no such column.
    """
    from algo_trading.sentiment.mentions.evaluation import LabelledText
    from algo_trading.sentiment.training.csv_columns import read_columns

    return [
        LabelledText(f"row {number}", html.unescape(text), _labels(labels))
        for number, (_, (text, labels)) in enumerate(read_columns(path, (text_column, label_column)), 1)
    ]


def checked_posts(data: Path = SHARED_DATA) -> "list[LabelledText]":
    """The posts of this repository's list, with their texts from the archive in the shared data.

    Raises:
        ConfigError: list or archive are not there.
    """
    from algo_trading.sentiment.mentions.evaluation import LabelledText
    from algo_trading.sentiment.training.csv_columns import read_columns

    posts = data / POSTS
    if not (LABELS.is_file() and posts.is_file()):
        raise ConfigError(
            f"the posts labelled by hand were not found ({LABELS} and {posts}): name the shared data with --data, or "
            "labelled texts with --csv"
        )
    labels = {post: _labels(cell) for _, (post, cell) in read_columns(LABELS, ("post", "labels"))}
    return [
        LabelledText(post, html.unescape(text), labels[post])
        for _, (post, text) in read_columns(posts, ("Tweet Id", "Text"))
        if post in labels
    ]


def _labels(cell: str) -> tuple[str, ...]:
    return tuple(label.strip() for label in cell.split(";") if label.strip())
