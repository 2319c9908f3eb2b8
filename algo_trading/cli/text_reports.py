"""Implementation and output of the commands `sentiment` and `events`."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from algo_trading.bootstrap import impact_weights
from algo_trading.cli import output
from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.plugins import load_plugin
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.classify.impact import impact
from algo_trading.sentiment.classify.linear import Reason
from algo_trading.sentiment.classify.masking import NAMED_FROM
from algo_trading.sentiment.classify.scorers import GROUP, Scorer, build_scorer, scorer_names
from algo_trading.sentiment.cleaning import plain_text
from algo_trading.sentiment.mentions.finder import MentionFinder, best_matches
from algo_trading.sentiment.mentions.names import known_listings
from algo_trading.sentiment.mentions.options import option_terms, score_with_bet
from algo_trading.sentiment.training.datasets import (
    LabelledTexts,
    news,
    plain,
    read_labelled,
    tone_labels,
    topic_labels,
    topics,
    tweets,
)
from algo_trading.sentiment.training.evaluation import Evaluation, evaluate
from algo_trading.settings import load_settings
from algo_trading.settings.plugin_tables import plugin_config

SETS = "sentiment_events"  # the folder of the labelled sets within the shared data
COLUMNS = ("text", "label")
TONES, TOPICS = [tone.value for tone in Tone], [topic.value for topic in Topic]

Predict = Callable[[Sequence[str]], list[str]]


def evaluate_sentiment(  # noqa: PLR0917 - the options, in their order
    csv: Path | None,
    columns: tuple[str, str],
    mapping: Sequence[str],
    names: Sequence[str],
    data: Path | None,
    model: Path | None,
    *,
    as_json: bool,
) -> None:
    """Evaluate the scorers `names`, or all that can be built."""
    if csv:
        sets = {str(csv): read_labelled(csv, *columns, tone_labels(), _mapping(mapping, tone_labels()))}
    else:
        _require_no_csv_options(columns, mapping)
        folder = _sets_folder(data)
        sets = {"twitter financial sentiment, held out": tweets(folder).split()[1], "phrasebank": news(folder)}
    scorers = _scorers(names, model)
    results = {
        name: {scorer.name: _measured(labelled, TONES, _tones_by(scorer)) for scorer in scorers}
        for name, labelled in sets.items()
    }
    _print(results, single=csv is not None, as_json=as_json)


def evaluate_events(
    csv: Path | None, columns: tuple[str, str], mapping: Sequence[str], data: Path | None, *, as_json: bool
) -> None:
    """Evaluate the event classifier."""
    if csv:
        sets = {str(csv): read_labelled(csv, *columns, topic_labels(), _mapping(mapping, topic_labels()))}
    else:
        _require_no_csv_options(columns, mapping)
        sets = {"twitter financial topics, held out": topics(_sets_folder(data)).split()[1]}
    classifier = EventClassifier()

    def predict(texts: Sequence[str]) -> list[str]:
        return [event.topic.value for event in classifier.classify(texts)]

    results = {name: {classifier.name: _measured(labelled, TOPICS, predict)} for name, labelled in sets.items()}
    _print(results, single=csv is not None, as_json=as_json)


def cross_validate_report(name: str, csv: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Cross-validate the training of a model on the parts of the shared set."""
    from algo_trading.sentiment.training.train import cross_validate

    if csv:
        raise ConfigError("--cross-validate uses the shared sets: name their folder with --data, not a file with --csv")
    scorer = {"sentiment": FinanceScorer.name, "events": EventClassifier.name}[name]
    results = {f"{name}, ten-fold cross-validation": {scorer: cross_validate(name, _sets_folder(data))}}
    _print(results, single=False, as_json=as_json)


def score(texts: Sequence[str], names: Sequence[str], model: Path | None, source: str, *, as_json: bool) -> None:
    """Score texts and explain the scores; impact and mentions are those of the pipeline."""
    settings = load_settings()
    weights, own = impact_weights(settings), settings.sentiment.names
    if source and source not in weights.sources:
        known = ", ".join(map(repr, weights.sources)) or "none"
        raise UnknownNameError(f"no feed is named {source!r}; configured feeds: {known}")
    scorers, classifier = _scorers(names, model), EventClassifier()
    (finance,) = (scorer for scorer in _scorers([FinanceScorer.name], None) if isinstance(scorer, FinanceScorer))
    reader = next((scorer for scorer in scorers if scorer.name == settings.sentiment.scorer), None)
    reader = reader or _scorers([settings.sentiment.scorer], model)[0]
    clean = [plain_text(text) for text in texts]
    mentions = MentionFinder(known_listings(Path(own).expanduser() if own else None)).find(clean)
    found, today = [], datetime.now(UTC).date()
    for text, named in zip(clean, mentions, strict=True):
        best = best_matches(named)  # as in the pipeline; scoring each of thousands of places would take minutes
        spans = [(place.start, place.end) for place in best]
        places = [[(place.start, place.end) for place in named if place.confidence >= NAMED_FROM]]
        (event,), (tone,) = classifier.classify([text]), reader.score([text], places)
        scores = reader.score_aspects(text, spans) if len(spans) > 1 else [tone] * len(spans)
        bets = [option_terms(text, span, spans, today) for span in spans]
        about = {
            place.instrument: {**output.plain(bet), "sentiment": score_with_bet(tone.score, bet)}
            for place, tone, bet in zip(best, scores, bets, strict=True)
        }
        found.append(
            {
                "text": text,
                "mentions": [{**output.plain(place), **about[place.instrument]} for place in named],
                "sentiment": {scorer.name: scorer.score([text], places)[0] for scorer in scorers},
                "event": event,
                "impact": impact(tone.score, event.topic, source, weights),
                "why": {"finance": finance.reasons(text), "events": classifier.reasons(text)},
            }
        )
    if as_json:
        output.print_json(found)
        return
    for result in found:
        _print_score(result)


def train(name: str, data: Path | None, into: Path | None, *, as_json: bool) -> None:
    """Train models and write them."""
    import algo_trading
    from algo_trading.sentiment.training.train import TRAINERS

    folder, sets, report = into or Path(algo_trading.__file__).parent / "data" / "models", _sets_folder(data), []
    for trainer in TRAINERS[name]:
        for model, trained in trainer(sets).items():
            path = folder / f"{model}.npz"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                trained.save(path)
            except OSError as error:
                raise ConfigError(f"{path} cannot be written: {error.strerror}") from error
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            size = path.stat().st_size
            report.append(Trained(str(path), trained.texts, len(trained.buckets), size, digest))
    if as_json:
        output.print_json(report)
    else:
        rows = [(t.file, t.texts, t.features, t.bytes, t.sha256) for t in report]
        output.table(f"Trained {name}", ("file", "texts", "features", "bytes", "SHA-256"), rows)


@dataclass(frozen=True)
class Trained:
    """A trained model: its file, number of training texts and features, size and hash."""

    file: str
    texts: int
    features: int
    bytes: int
    sha256: str


def _require_no_csv_options(columns: tuple[str, str], mapping: Sequence[str]) -> None:
    """Options that describe a CSV file need one."""
    if mapping or columns != COLUMNS:
        raise ConfigError(
            "--map, --text-column and --label-column describe a CSV file: name it with --csv, or omit them"
        )


def _mapping(pairs: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """`--map LABEL=CLASS` as a dictionary; `known` maps every spelling of a class to its name."""
    classes = list(dict.fromkeys(known.values()))
    mapping = {}
    for pair in pairs:
        label, sign, name = pair.rpartition("=")
        if not sign or not label:
            raise ConfigError(f"--map {pair}: write it as LABEL=CLASS, for example --map 0={classes[0]}")
        if plain(name) not in known:
            raise ConfigError(f"--map {pair}: there is no class {name!r}; the classes are: {', '.join(classes)}")
        mapping[label.strip()] = name
    return mapping


def _sets_folder(data: Path | None) -> Path:
    import algo_trading

    checkout = Path(algo_trading.__file__).parents[1]
    folder = data or checkout.parent / "shared" / "data"
    for found in (folder / SETS, folder):
        if found.name == SETS and found.is_dir():
            return found
    raise ConfigError(
        f"{folder} has no folder {SETS} with the labelled sets; name it with --data, or a file with --csv"
    )


def _scorers(names: Sequence[str], model: Path | None) -> list[Scorer]:
    """The named scorers, or all of them; transformer only with a model."""
    wanted = list(dict.fromkeys(names)) or [name for name in scorer_names() if name != "transformer" or model]
    return [_scorer(name, model) for name in wanted]


def _scorer(name: str, model: Path | None) -> Scorer:
    """A scorer with its configured options; of transformer `model` is used before the configured folder."""
    options = plugin_config(load_settings(), "scorers", name, load_plugin(GROUP, name).config_type).model_dump()
    if name == "transformer" and model is not None:
        options["folder"] = model
    return build_scorer(name, **options)


def _tones_by(scorer: Scorer) -> Predict:
    return lambda texts: [sentiment.tone.value for sentiment in scorer.score(texts)]


def _measured(labelled: LabelledTexts, classes: Sequence[str], predict: Predict) -> Evaluation:
    predict(labelled.texts[:1])  # loads what is loaded lazily
    begin = time.perf_counter()
    predicted = predict(labelled.texts)
    return evaluate(labelled.labels, predicted, classes, time.perf_counter() - begin)


def _print(results: Mapping[str, Mapping[str, Evaluation]], *, single: bool, as_json: bool) -> None:
    if as_json:
        output.print_json(next(iter(results.values())) if single else results)
        return
    for name, by_scorer in results.items():
        rows = [
            (scorer, f"{r.accuracy:.3f}", f"{r.macro_f1:.3f}", f"{r.texts_per_second:,.0f}")
            for scorer, r in by_scorer.items()
        ]
        support = sum(report.support for report in next(iter(by_scorer.values())).per_class.values())
        output.table(f"{name}: {support:,} texts", ("scorer", "accuracy", "macro-F1", "texts/s"), rows)
        for scorer, result in by_scorer.items():
            _print_classes(scorer, result)


def _print_classes(scorer: str, result: Evaluation) -> None:
    rows, mistakes = [], []
    for name, report in result.per_class.items():
        ratios = map(output.ratio, (report.precision, report.recall, report.f1))
        rows.append((name, *ratios, report.support, result.confusion[name][name]))
        others = sorted((count, other) for other, count in result.confusion[name].items() if other != name and count)
        if others:
            mistakes.append((name, ", ".join(f"{other} {count}" for count, other in reversed(others[-3:]))))
    output.table(scorer, ("class", "precision", "recall", "F1", "texts", "correct"), rows)
    if mistakes:
        output.table(f"Most frequent errors of {scorer}", ("class", "predicted instead"), mistakes)


def _print_score(result: Mapping[str, Any]) -> None:
    event = result["event"]
    rows = [(name, s.tone, f"{s.score:+.2f}", f"{s.confidence:.0%}") for name, s in result["sentiment"].items()]
    output.table(result["text"], ("scorer", "sentiment", "score", "confidence"), rows)
    output.console.print(
        f"event [bold]{event.topic}[/] (confidence {event.confidence:.0%}), impact {result['impact']:+.2f}",
        soft_wrap=True,
    )
    for mention in result["mentions"]:
        output.console.print(
            f"mentions {mention['instrument']['symbol']}: {mention['matched']!r}, {mention['kind']}, "
            f"confidence {mention['confidence']:.0%}, sentiment {mention['sentiment']:+.2f}",
            soft_wrap=True,
            markup=False,
        )
    for what, reasons in result["why"].items():
        output.console.print(f"{what}, decisive words: {_words(reasons)}", soft_wrap=True, markup=False)


def _words(reasons: Sequence[Reason]) -> str:
    return ", ".join(f"{reason.words!r} {reason.weight:+.2f}" for reason in reasons) or "none known"
