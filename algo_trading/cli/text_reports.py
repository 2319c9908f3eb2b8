"""What the commands `sentiment` and `events` do and print."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from algo_trading.bootstrap import impact_weights
from algo_trading.cli import output
from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.sentiment.evaluation import Evaluation, evaluate
from algo_trading.sentiment.events import EventClassifier
from algo_trading.sentiment.finance import FinanceScorer
from algo_trading.sentiment.impact import impact
from algo_trading.sentiment.labelled import (
    Labelled,
    news,
    plain,
    read_labelled,
    tone_labels,
    topic_labels,
    topics,
    tweets,
)
from algo_trading.sentiment.linear import Reason
from algo_trading.sentiment.mentions import MentionFinder, surest
from algo_trading.sentiment.names import known_listings
from algo_trading.sentiment.scorers import Scorer, build_scorer, scorer_names
from algo_trading.settings import load_settings

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
    """Measure the scorers `names`, or all that can be built."""
    if csv:
        sets = {str(csv): read_labelled(csv, *columns, tone_labels(), _mapping(mapping, tone_labels()))}
    else:
        _refuse_for_sets(columns, mapping)
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
    """Measure the event classifier."""
    if csv:
        sets = {str(csv): read_labelled(csv, *columns, topic_labels(), _mapping(mapping, topic_labels()))}
    else:
        _refuse_for_sets(columns, mapping)
        sets = {"twitter financial topics, held out": topics(_sets_folder(data)).split()[1]}
    classifier = EventClassifier()

    def predict(texts: Sequence[str]) -> list[str]:
        return [event.topic.value for event in classifier.classify(texts)]

    results = {name: {classifier.name: _measured(labelled, TOPICS, predict)} for name, labelled in sets.items()}
    _print(results, single=csv is not None, as_json=as_json)


def evaluate_anew(name: str, csv: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Measure the way in which a model of ours is trained, on each part of the shared set in turn."""
    from algo_trading.sentiment.recipes import each_part_kept

    if csv:
        raise ConfigError("--anew trains on the shared sets; give it their folder with --data, not a file with --csv")
    scorer = {"sentiment": FinanceScorer.name, "events": EventClassifier.name}[name]
    results = {f"{name}, each tenth kept in turn": {scorer: each_part_kept(name, _sets_folder(data))}}
    _print(results, single=False, as_json=as_json)


def score(texts: Sequence[str], names: Sequence[str], model: Path | None, source: str, *, as_json: bool) -> None:
    """Show what each text says and why; impact and mentions are what the pipeline would make of it."""
    settings = load_settings()
    weights, own = impact_weights(settings), settings.sentiment.names
    if source and source not in weights.sources:
        known = ", ".join(map(repr, weights.sources)) or "none"
        raise UnknownNameError(f"no feed is called {source!r}; the configured ones are: {known}")
    scorers, classifier, finance = _scorers(names, model), EventClassifier(), FinanceScorer()
    reader = next((scorer for scorer in scorers if scorer.name == settings.sentiment.scorer), None)
    reader = reader or build_scorer(settings.sentiment.scorer)
    mentions = MentionFinder(known_listings(Path(own).expanduser() if own else None)).find(texts)
    found = []
    for text, named in zip(texts, mentions, strict=True):
        (event,), (tone,) = classifier.classify([text]), reader.score([text])
        best = surest(named)  # as in the pipeline; a score for each of thousands of places would take minutes
        scores = reader.score_about(text, [(place.start, place.end) for place in best])
        about = {place.instrument: about.score for place, about in zip(best, scores, strict=True)}
        found.append(
            {
                "text": text,
                "mentions": [{**output.plain(place), "sentiment": about[place.instrument]} for place in named],
                "sentiment": {scorer.name: scorer.score([text])[0] for scorer in scorers},
                "event": event,
                "impact": impact(tone.score, event.topic, source, weights),
                "why": {"finance": finance.reasons(text), "events": classifier.reasons(text)},
            }
        )
    if as_json:
        output.print_json(found)
        return
    for said in found:
        _print_said(said)


def train(name: str, data: Path | None, into: Path | None, *, as_json: bool) -> None:
    """Train a model of ours and write it."""
    import algo_trading
    from algo_trading.sentiment.recipes import RECIPES

    folder, sets, report = into or Path(algo_trading.__file__).parent / "data" / "models", _sets_folder(data), []
    for recipe in RECIPES[name]:
        for model, trained in recipe(sets).items():
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
    """A model that was trained: its file, the texts it learnt from, its features, size and hash."""

    file: str
    texts: int
    features: int
    bytes: int
    sha256: str


def _refuse_for_sets(columns: tuple[str, str], mapping: Sequence[str]) -> None:
    """What the user says of a file means nothing where there is none."""
    if mapping or columns != COLUMNS:
        raise ConfigError(
            "--map, --text-column and --label-column describe a file of yours: name it with --csv, or leave them out"
        )


def _mapping(pairs: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """`--map LABEL=CLASS` as a dictionary; `known` names every way to write a class."""
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
        f"{folder} has no folder {SETS} with the labelled sets; name theirs with --data, or a file with --csv"
    )


def _scorers(names: Sequence[str], model: Path | None) -> list[Scorer]:
    """The scorers asked for; else all, but transformer only where a model is named."""
    wanted = list(dict.fromkeys(names)) or [name for name in scorer_names() if name != "transformer" or model]
    return [build_scorer(name, **({"folder": model} if name == "transformer" else {})) for name in wanted]


def _tones_by(scorer: Scorer) -> Predict:
    return lambda texts: [sentiment.tone.value for sentiment in scorer.score(texts)]


def _measured(labelled: Labelled, classes: Sequence[str], predict: Predict) -> Evaluation:
    predict(labelled.texts[:1])  # loads what is loaded late
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
    output.table(scorer, ("class", "precision", "recall", "F1", "texts", "right"), rows)
    if mistakes:
        output.table(f"What {scorer} takes them for when wrong", ("class", "most often taken for"), mistakes)


def _print_said(said: Mapping[str, Any]) -> None:
    event = said["event"]
    rows = [(name, s.tone, f"{s.score:+.2f}", f"{s.confidence:.0%}") for name, s in said["sentiment"].items()]
    output.table(said["text"], ("scorer", "tone", "score", "sure"), rows)
    output.console.print(
        f"event [bold]{event.topic}[/] ({event.confidence:.0%} sure), impact {said['impact']:+.2f}", soft_wrap=True
    )
    for mention in said["mentions"]:
        output.console.print(
            f"mentions {mention['instrument']['symbol']}: {mention['matched']!r}, {mention['kind']}, "
            f"{mention['confidence']:.0%} sure, sentiment about it {mention['sentiment']:+.2f}",
            soft_wrap=True,
            markup=False,
        )
    for what, reasons in said["why"].items():
        output.console.print(f"{what}, because of: {_words(reasons)}", soft_wrap=True, markup=False)


def _words(reasons: Sequence[Reason]) -> str:
    return ", ".join(f"{reason.words!r} {reason.weight:+.2f}" for reason in reasons) or "nothing it knows"
