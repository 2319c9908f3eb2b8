"""Which kind of event a text tells of."""

from collections.abc import Sequence

from algo_trading.domain.sentiment import Event, Topic
from algo_trading.sentiment.classify.linear import LinearModel, Reason, packaged_model, softmax
from algo_trading.sentiment.cleaning import plain_text

NO_EVENT = Event(Topic.GENERAL_NEWS_OPINION, 0.0)


class EventClassifier:
    """One of the 20 topics for each text, by a linear model of our own (see docs/models.md)."""

    name = "events"

    def __init__(self) -> None:
        self._model: LinearModel = packaged_model("events")
        self._topics = [Topic(name) for name in self._model.classes]

    def classify(self, texts: Sequence[str]) -> list[Event]:
        """The topic of each text; one without a letter or digit is general news with confidence 0."""
        texts = [plain_text(text) for text in texts]
        chances = softmax(self._model.logits(texts))
        best, sure = chances.argmax(axis=1).tolist(), chances.max(axis=1).tolist()
        return [
            Event(self._topics[index], min(1.0, confidence)) if any(map(str.isalnum, text)) else NO_EVENT
            for text, index, confidence in zip(texts, best, sure, strict=True)
        ]

    def reasons(self, text: str, most: int = 5) -> list[Reason]:
        """The words that spoke most for the topic of the text."""
        (event,) = self.classify([text])
        return self._model.reasons(text, event.topic, most)
