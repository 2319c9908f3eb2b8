"""What became of the rows of imported files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval
from algo_trading.gateways.bar_files import Skipped


@dataclass(frozen=True, slots=True)
class RenamedRows:
    """Rows under a former name; those from `before` the new one are of the renamed instrument, the others not."""

    name: FormerName
    before: bool
    rows: int

    def __str__(self) -> str:
        if self.before:
            return f"{self.name}: rows from before are stored as {self.name.now} ({self.rows})"
        return (
            f"{self.name}: rows from that date on are stored as {self.name.instrument}, an instrument of its own "
            f"({self.rows})"
        )


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file or member of an archive: read = stored + unchanged + quarantined.

    `known` says that its content was imported before, `replaced` that something else was imported from its path.
    `gaps` counts the periods that each symbol lacks between its first and its last good row. `actions` counts the new
    splits and dividends that follow from adjusted closes or dividends (those of several small files with the first of
    them); of the `silent` symbols the file has neither, so that returns are those of the price alone. `renamed` are
    rows under names that instruments have no longer.
    """

    place: str
    read: int
    interval: Interval = Interval.DAY
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    known: bool = False
    replaced: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    gaps: Mapping[str, int] = field(default_factory=dict)
    actions: int = 0
    silent: tuple[str, ...] = ()
    renamed: tuple[RenamedRows, ...] = ()

    @property
    def nothing_good(self) -> bool:
        """Whether there were rows and none of them is in the database."""
        return self.read > 0 and self.stored + self.unchanged == 0


@dataclass(frozen=True)
class ImportReport:
    """The sums over all files, the files themselves and what held no bars.

    `years` are the years of the good rows, `docs` is the key of the page that shows what the gate found.
    """

    read: int
    stored: int
    unchanged: int
    quarantined: int
    reasons: Mapping[str, int]
    files: tuple[FileReport, ...]
    skipped: tuple[Skipped, ...]
    years: tuple[int, ...] = ()
    docs: str | None = None
    actions: int = 0
    silent: tuple[str, ...] = ()
    renamed: tuple[RenamedRows, ...] = ()

    @property
    def nothing_good(self) -> bool:
        """Whether no file brought or confirmed a single bar."""
        return self.stored + self.unchanged == 0


def sum_of(
    reports: Sequence[FileReport], skipped: Sequence[Skipped], months: set[datetime], docs: str | None
) -> ImportReport:
    """The report on all files; `months` are those of the good rows."""
    reasons: Counter[str] = Counter()
    renamed: Counter[tuple[FormerName, bool]] = Counter()
    for report in reports:
        reasons.update(report.reasons)
        renamed.update({(one.name, one.before): one.rows for one in report.renamed})
    return ImportReport(
        read=sum(report.read for report in reports),
        stored=sum(report.stored for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        quarantined=sum(report.quarantined for report in reports),
        reasons=dict(reasons.most_common()),
        files=tuple(reports),
        skipped=tuple(skipped),
        years=tuple(sorted({month.year for month in months})),
        docs=docs,
        actions=sum(report.actions for report in reports),
        silent=tuple(sorted({symbol for report in reports for symbol in report.silent})),
        renamed=tuple(RenamedRows(*key, rows) for key, rows in sorted(renamed.items())),
    )
