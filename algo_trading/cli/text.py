"""The commands `sentiment` and `events`."""

from pathlib import Path
from typing import Annotated

import typer

sentiment = typer.Typer(
    help="Sentiment analysis: score texts, explain the scores, evaluate the scorers, train the models.",
    no_args_is_help=True,
)
events = typer.Typer(
    help="Event classification: evaluate the classifier on labelled texts, train it.",
    no_args_is_help=True,
)

Csv = Annotated[Path | None, typer.Option("--csv", help="A CSV file with a header; default: the shared data sets.")]
TextColumn = Annotated[str, typer.Option("--text-column", help="The column with the texts.")]
LabelColumn = Annotated[str, typer.Option("--label-column", help="The column with the classes.")]
Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of the shared data; default: ../shared/data beside the checkout.")
]
Model = Annotated[Path | None, typer.Option("--model", help="Folder of a model for the scorer transformer.")]
Names = Annotated[list[str] | None, typer.Option("--scorer", help="Only this scorer; may be repeated.")]
CrossValidate = Annotated[
    bool,
    typer.Option("--cross-validate", help="Ten-fold cross-validation: train and evaluate ten times; takes minutes."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


@sentiment.command("evaluate")
def evaluate_sentiment(  # noqa: PLR0917 - the options, in their order
    csv: Csv = None,
    text_column: TextColumn = "text",
    label_column: LabelColumn = "label",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="LABEL=CLASS", help="Rename a label; may be repeated.")
    ] = None,
    scorer: Names = None,
    data: Data = None,
    model: Model = None,
    cross_validate: CrossValidate = False,
    json: Json = False,
) -> None:
    """Evaluate every scorer on labelled texts: accuracy, macro-F1, each class, confusion, texts per second.

    Classes are negative, neutral and positive (or bearish and bullish); other labels need --map. Without --csv it
    evaluates on the shared sets: the held-out part of the tweets, and Financial PhraseBank. JSON: scorer -> accuracy,
    macro_f1, per_class (class -> precision, recall, f1, support), confusion (class -> predicted class -> texts),
    texts_per_second; without --csv: set -> scorer -> the same. A ratio without a case is null.

    Example: algo-trading sentiment evaluate

    Example: algo-trading sentiment evaluate --csv tweets.csv --map 0=negative --map 1=positive --map 2=neutral

    Example: algo-trading sentiment evaluate --csv news.csv --text-column headline --label-column mood --scorer finance
    """
    from algo_trading.cli import text_reports

    if cross_validate:
        text_reports.cross_validate_report("sentiment", csv, data, as_json=json)
        return
    columns = (text_column, label_column)
    text_reports.evaluate_sentiment(csv, columns, mapping or [], scorer or [], data, model, as_json=json)


@sentiment.command("score")
def score(
    texts: Annotated[list[str], typer.Argument(help="Texts, each in quotes.")],
    scorer: Names = None,
    model: Model = None,
    source: Annotated[
        str, typer.Option(help="The configured feed whose weight applies, e.g. 'reddit r/stocks'; default: weight 1.")
    ] = "",
    json: Json = False,
) -> None:
    """Score texts: sentiment by each scorer, kind of event, impact, mentions, and the words that decided.

    The impact is by the configured scorer and weights of events (see [sentiment]) and the weight of the feed.

    Example: algo-trading sentiment score "Apple cuts iPhone production as demand falls"

    Example: algo-trading sentiment score "to the moon!" "Fed holds rates" --scorer finance --json
    """
    from algo_trading.cli import text_reports

    text_reports.score(texts, scorer or [], model, source, as_json=json)


@sentiment.command("train")
def train_sentiment(
    data: Data = None,
    into: Annotated[Path | None, typer.Option(help="Output folder; default: that of the package.")] = None,
    json: Json = False,
) -> None:
    """Train the models of the scorer finance on the training part of the shared sets. Needs scikit-learn.

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
        list[str] | None, typer.Option("--map", metavar="LABEL=TOPIC", help="Rename a label; may be repeated.")
    ] = None,
    data: Data = None,
    cross_validate: CrossValidate = False,
    json: Json = False,
) -> None:
    """Evaluate the event classifier on labelled texts: accuracy, macro-F1, each topic, confusion, texts per second.

    Labels are the numbers 0 to 19 or the names of the topics; other labels need --map. Without --csv it uses the
    held-out part of the shared topics. JSON as of `sentiment evaluate`, the classifier is called events.

    Example: algo-trading events evaluate --csv topics.csv

    Example: algo-trading events evaluate --csv news.csv --label-column kind --map takeover=ma_investments --json
    """
    from algo_trading.cli import text_reports

    if cross_validate:
        text_reports.cross_validate_report("events", csv, data, as_json=json)
        return
    text_reports.evaluate_events(csv, (text_column, label_column), mapping or [], data, as_json=json)


@events.command("train")
def train_events(
    data: Data = None,
    into: Annotated[Path | None, typer.Option(help="Output folder; default: that of the package.")] = None,
    json: Json = False,
) -> None:
    """Train the event classifier on the training part of the shared topics. Needs scikit-learn.

    Example: algo-trading events train --data ../shared/data --into /tmp/models
    """
    from algo_trading.cli import text_reports

    text_reports.train("events", data, into, as_json=json)
