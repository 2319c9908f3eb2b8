"""The commands `sentiment` and `events`."""

from pathlib import Path
from typing import Annotated

import typer

sentiment = typer.Typer(
    help="How texts sound: score them, say why, measure the scorers on labelled texts, train our own.",
    no_args_is_help=True,
)
events = typer.Typer(
    help="Which kind of event texts tell of: measure the classifier on labelled texts, train it.",
    no_args_is_help=True,
)

Csv = Annotated[Path | None, typer.Option("--csv", help="A CSV file with a header; else the shared sets.")]
TextColumn = Annotated[str, typer.Option("--text-column", help="The column with the texts.")]
LabelColumn = Annotated[str, typer.Option("--label-column", help="The column with the classes.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of the shared data; else ../shared/data beside the checkout.")
]
Model = Annotated[Path | None, typer.Option("--model", help="Folder of a model for the scorer transformer.")]
Names = Annotated[list[str] | None, typer.Option("--scorer", help="Only this scorer; may be repeated.")]
Anew = Annotated[
    bool,
    typer.Option("--anew", help="Train anew ten times, keep another tenth each time, measure ours on that; minutes."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


@sentiment.command("evaluate")
def evaluate_sentiment(  # noqa: PLR0917 - the options, in their order
    csv: Csv = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="LABEL=CLASS", help="How a label is to be read; may repeat.")
    ] = None,
    scorer: Names = None,
    data: Data = None,
    model: Model = None,
    anew: Anew = False,
    json: Json = False,
) -> None:
    """Measure every scorer on labelled texts: accuracy, macro-F1, each class, confusion, texts per second.

    Classes are negative, neutral and positive (or bearish and bullish); other labels need --map. Without --csv it
    measures on the shared sets: the held-out part of the tweets, and Financial PhraseBank. JSON: scorer -> accuracy,
    macro_f1, per_class (class -> precision, recall, f1, support), confusion (class -> predicted class -> texts),
    texts_per_second; without --csv: set -> scorer -> the same. A ratio without a case is null.

    Example: algo-trading sentiment evaluate

    Example: algo-trading sentiment evaluate --csv tweets.csv --map 0=negative --map 1=positive --map 2=neutral

    Example: algo-trading sentiment evaluate --csv news.csv --text-column headline --label-column mood --scorer finance
    """
    from algo_trading.cli import text_reports

    if anew:
        text_reports.evaluate_anew("sentiment", csv, data, as_json=json)
        return
    columns = (text_column, label_column)
    text_reports.evaluate_sentiment(csv, columns, mapping or [], scorer or [], data, model, as_json=json)


@sentiment.command("score")
def score(
    texts: Annotated[list[str], typer.Argument(help="Texts, each in quotes.")],
    scorer: Names = None,
    model: Model = None,
    source: Annotated[
        str, typer.Option(help="The configured feed whose weight counts, e.g. 'reddit r/stocks'; else weight 1.")
    ] = "",
    json: Json = False,
) -> None:
    """Show what texts say: their sentiment by each scorer, the kind of event, the impact, and which words say so.

    The impact is by the configured scorer and weights of events (see [sentiment]) and the weight of the feed.

    Example: algo-trading sentiment score "Apple cuts iPhone production as demand falls"

    Example: algo-trading sentiment score "to the moon!" "Fed holds rates" --scorer finance --json
    """
    from algo_trading.cli import text_reports

    text_reports.score(texts, scorer or [], model, source, as_json=json)


@sentiment.command("train")
def train_sentiment(
    data: Data = None,
    into: Annotated[Path | None, typer.Option(help="Folder for the model; else the package's own.")] = None,
    json: Json = False,
) -> None:
    """Train the model of the scorer finance on the shared sets, what is held out left out. Needs scikit-learn.

    Example: algo-trading sentiment train --data ../shared/data --into /tmp/models
    """
    from algo_trading.cli import text_reports

    text_reports.train("sentiment", data, into, as_json=json)


@events.command("evaluate")
def evaluate_events(  # noqa: PLR0917 - the options, in their order
    csv: Csv = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="LABEL=TOPIC", help="How a label is to be read; may repeat.")
    ] = None,
    data: Data = None,
    anew: Anew = False,
    json: Json = False,
) -> None:
    """Measure the event classifier on labelled texts: accuracy, macro-F1, each topic, confusion, texts per second.

    Labels are the numbers 0 to 19 or the names of the topics; other labels need --map. Without --csv it measures on the
    held-out part of the shared topics. JSON as of `sentiment evaluate`, the one classifier is called events.

    Example: algo-trading events evaluate --csv topics.csv

    Example: algo-trading events evaluate --csv news.csv --label-column kind --map takeover=ma_investments --json
    """
    from algo_trading.cli import text_reports

    if anew:
        text_reports.evaluate_anew("events", csv, data, as_json=json)
        return
    text_reports.evaluate_events(csv, (text_column, label_column), mapping or [], data, as_json=json)


@events.command("train")
def train_events(
    data: Data = None,
    into: Annotated[Path | None, typer.Option(help="Folder for the model; else the package's own.")] = None,
    json: Json = False,
) -> None:
    """Train the event classifier on the shared topics, what is held out left out. Needs scikit-learn.

    Example: algo-trading events train --data ../shared/data --into /tmp/models
    """
    from algo_trading.cli import text_reports

    text_reports.train("events", data, into, as_json=json)
