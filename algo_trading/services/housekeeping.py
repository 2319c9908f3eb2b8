"""The archived answers of sources that are older than asked for are removed, and nothing else."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from algo_trading.gateways.clock import Clock
from algo_trading.repositories.objects import ObjectStore

# Answers are archived by the day that they are of: raw/<source>/<year>/<month>/<day>/<name>, perhaps with a folder
# between. Files that a person imported lie under a hash instead, and stay.
ARCHIVED = re.compile(r"raw/(?P<source>[^/]+)/(?:[^/]+/)?(?P<day>\d{4}/\d{2}/\d{2})/[^/]+")


@dataclass(frozen=True)
class RemovedAnswers:
    """How many answers of each source were removed; `before` is the first day that is kept, None if all are."""

    before: date | None = None
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoveOldAnswers:
    """Remove the raw answers of sources that are of days more than `keep_days` ago; with 0 all are kept for ever.

    What was made of them stays in the database. Killed in the middle, the next call removes the rest.
    """

    objects: ObjectStore
    clock: Clock
    keep_days: int

    def __call__(self) -> RemovedAnswers:
        """Remove them.

        Raises:
            ServiceUnavailableError: the object store cannot be reached.
        """
        if not self.keep_days:
            return RemovedAnswers()
        before = self.clock.now().date() - timedelta(days=self.keep_days)
        removed: Counter[str] = Counter()
        for key in list(self.objects.keys("raw/")):
            found = ARCHIVED.fullmatch(key)
            if found and _day(found["day"]) < before:
                self.objects.delete(key)
                removed[found["source"]] += 1
        return RemovedAnswers(before, dict(sorted(removed.items())))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-"))
    except ValueError:  # digits that are not a day
        return date.max
