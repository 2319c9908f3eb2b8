"""The gate's page: what was judged, what was held back and why, day by day, in one file that needs no network."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.quality import JudgedBatch
from algo_trading.gateways.clock import Clock
from algo_trading.quality.data_docs import FOLDER, DataDocs
from algo_trading.quality.rules import Columns, Suite
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository

KEY = f"{FOLDER}/index.html"
MOST_BATCHES = 5_000  # newest verdicts that days and totals are made of
LISTED = 200  # batches and rows held back in the tables
MOST_DAYS = 120  # in the chart
MOST_GAPS = 3  # missing periods that are named for a symbol


@dataclass(frozen=True, slots=True)
class Day:
    """What was judged on a day, UTC."""

    day: date
    batches: int
    rows: int
    held: int

    @property
    def share(self) -> float:
        """Of the rows, held back; 0 without rows."""
        return self.held / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class GatePages:
    """Implements FaultPages: Great Expectations' pages of each command, and before them one page about all."""

    docs: DataDocs
    quality: QualityRepository
    quarantine: QuarantineRepository
    clock: Clock

    def add(
        self, batch: str, suite: Suite, columns: Columns, reasons: NDArray[np.object_], judged_at: datetime
    ) -> None:
        """Note a batch of which something was held back."""
        self.docs.add(batch, suite, columns, reasons, judged_at)

    def publish(self, objects: ObjectStore, label: str) -> str | None:
        """Store the pages of this command, and the gate's page where there is one or something was held back now."""
        details = self.docs.publish(objects, label)
        if details is None and not objects.exists(KEY):
            return None
        page = render(self.quality.judged(MOST_BATCHES), self.quarantine, self.clock.now(), details)
        objects.put(KEY, page.encode(), "text/html")
        return KEY if details else None


def render(batches: Sequence[JudgedBatch], quarantine: QuarantineRepository, now: datetime, details: str | None) -> str:
    """The page; `details` is the key of Great Expectations' pages about this command."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("algo_trading.quality"), undefined=StrictUndefined, autoescape=True, trim_blocks=True
    )
    days = by_day(batches)
    reasons = quarantine.reasons()
    most = max(reasons.values(), default=0)
    judged = sum(day.rows for day in days)
    held = sum(day.held for day in days)
    return environment.get_template("gate.html.j2").render(
        now=f"{now:%Y-%m-%d %H:%M} UTC",
        tiles={
            "Batches judged": f"{len(batches):,}",
            "Rows judged": f"{judged:,}",
            "Held back": f"{held:,}",
            "Share held back": f"{held / judged if judged else 0:.2%}",
            "In quarantine": f"{quarantine.count():,}",
        },
        cut=len(batches) == MOST_BATCHES,
        days=days,
        bars=_bars(days),
        reasons=[(reason, f"{count:,}", round(100 * count / most)) for reason, count in reasons.items()],
        batches=[_batch(one) for one in batches[:LISTED]],
        rows=[
            {"source": row.source, "place": row.place, "symbol": row.symbol, "session": row.session,
             "reason": row.reason, "row": " ".join(f"{name}={value}" for name, value in row.row.items())[:300]}
            for row in quarantine.newest(LISTED)
        ],
        details=details.removeprefix(f"{FOLDER}/") if details else "",
    )  # fmt: skip


def by_day(batches: Iterable[JudgedBatch]) -> list[Day]:
    """Totals of each day on which something was judged, newest first."""
    found: dict[date, list[JudgedBatch]] = defaultdict(list)
    for one in batches:
        found[one.judged_at.date()].append(one)
    return [
        Day(
            day,
            len(some),
            sum(one.result.evaluated for one in some),
            sum(one.result.evaluated - one.result.passed for one in some),
        )
        for day, some in sorted(found.items(), reverse=True)
    ]


def _bars(days: Sequence[Day]) -> list[tuple[Day, float]]:
    """The newest days in their order, with the height of each one's bar in percent of the highest."""
    newest = days[:MOST_DAYS][::-1]
    highest = max((day.share for day in newest), default=0.0)
    return [(day, 100 * day.share / highest if highest else 0.0) for day in newest]


def _batch(one: JudgedBatch) -> Mapping[str, Any]:
    result = one.result
    reasons = Counter({reason: count for reason, count in result.expectations.items() if count})
    return {
        "judged_at": f"{one.judged_at:%Y-%m-%d %H:%M}",
        "source": result.source,
        "batch": result.batch,
        "rows": f"{result.evaluated:,}",
        "held": result.evaluated - result.passed,
        "why": ", ".join(f"{reason}: {count:,}" for reason, count in reasons.most_common()),
        "missing": "; ".join(_missing(symbol, keys) for symbol, keys in result.gaps.items()),
        "errors": "; ".join(f"{symbol}: {sentence}" for symbol, sentence in result.errors.items()),
    }


def _missing(symbol: str, keys: Sequence[str]) -> str:
    more = f" and {len(keys) - MOST_GAPS:,} more" if len(keys) > MOST_GAPS else ""
    return f"{symbol}: {', '.join(keys[:MOST_GAPS])}{more}"
