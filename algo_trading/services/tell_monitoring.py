"""What became of items that somebody wanted to monitor or to drop, in sentences."""

from collections.abc import Mapping

from algo_trading.domain.time import Interval
from algo_trading.services.monitor import DropReport, MonitorReport

ADDED = {
    "added": "monitored from now on",
    "monitored": "monitored already",
    "wrong_syntax": "wrong syntax",
    "unknown_timeframe": "unknown timeframe",
    "not_listed": "not listed at the exchange",
}
DROPPED = {
    "from_monitoring": "not monitored any more",
    "from_database": "removed from the database",
    "not_found": "not found",
    "wrong_syntax": "wrong syntax",
    "unknown_timeframe": "unknown timeframe",
}
HINTS = {"unknown_timeframe": f" (there are {' '.join(Interval)}, and case counts)"}


def added_sentences(report: MonitorReport) -> list[str]:
    """A sentence on each former name, and on each kind of outcome that there is."""
    return _sentences(report, ADDED)


def dropped_sentences(report: DropReport) -> list[str]:
    """A sentence on each former name, and on each kind of outcome that there is."""
    return _sentences(report, DROPPED)


def _sentences(report: MonitorReport | DropReport, words: Mapping[str, str]) -> list[str]:
    told = [
        f"{sentence}: {' '.join(found)}{HINTS.get(name, '')}"
        for name, sentence in words.items()
        if (found := getattr(report, name))
    ]
    return [*report.renamed, *told]
