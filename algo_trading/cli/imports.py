"""The commands `import-bars` and `import-fundamentals`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from algo_trading.bootstrap import bootstrap
from algo_trading.cli import output
from algo_trading.cli.watched import share_venue
from algo_trading.domain.time import DAY, Interval
from algo_trading.errors import ConfigError, NothingGoodError
from algo_trading.services.import_report import FileReport, ImportReport

MOST_LINES = 12  # of files or skipped members shown to a person; JSON has them all


def import_files(
    sources: Sequence[str],
    symbol: str | None,
    venue: str,
    interval: str | None,
    *,
    first: date | None = None,
    as_json: bool,
) -> None:
    """Import and print; a run without a single good row fails after printing.

    Of an address the archive's files of a pair and an interval are imported, from the date `first` on.

    Raises:
        ConfigError: there is no such interval, or an address stands without a pair and an interval.
    """
    try:
        length = Interval.parse(interval) if interval else None
    except ValueError as error:
        raise ConfigError(f"--interval: {error}") from error
    with bootstrap() as application, output.progress() as bar:
        task = bar.add_task("importing", total=None)

        def count(file: FileReport) -> None:
            bar.update(task, advance=1, description=file.place[-60:])

        paths = [Path(source) for source in sources if not is_address(source)]
        for url in filter(is_address, sources):
            if symbol is None or length is None:
                raise ConfigError("an archive has many pairs: name one with --symbol and --interval")
            yesterday = application.clock.now().date() - DAY
            archive = application.candle_archive(url)
            paths += archive.fetch(
                symbol, length, yesterday, first, lambda name: bar.update(task, description=f"looking for {name}")
            )
        report = application.import_bars()(paths, symbol, venue, length, count)
        where = application.objects.location(report.docs) if report.docs else ""
    if as_json:
        output.print_json(report)
    else:
        _print(report, where)
    if report.read and report.nothing_good:
        raise NothingGoodError(
            f"none of the {report.read} rows is good, so no bar was stored; `algo-trading quarantine` lists them"
        )


def is_address(source: str) -> bool:
    """Whether what is to be imported lies on a server."""
    return source.startswith(("http://", "https://"))


def import_figures(path: Path, venue: str | None, *, as_json: bool) -> None:
    """Import figures from one file and print the counts.

    Raises:
        ConfigError: a row is wrong or the file cannot be read; nothing is stored then.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read as a text in UTF-8: {error}") from error
    with bootstrap() as application:
        application.apply_config().seed()
        watchlists = application.watchlists.all()
        venue = venue or share_venue(watchlists)
        watched = [one for watchlist in watchlists for one in watchlist.instruments if one.venue == venue]
        report = application.import_fundamentals()(lines, path.name, venue, watched)
    if as_json:
        output.print_json(report)
    else:
        output.console.print(f"{report.read} rows: {report.stored} stored, {report.known} known already")
        if report.unwatched:
            listed = ", ".join(report.unwatched[:MOST_LINES])
            more = len(report.unwatched) - MOST_LINES
            unknown = f"neither watched nor with bars: {listed}{f' and {more} more' if more > 0 else ''}"
            output.notes.print(output.showable(f"{unknown}; their figures are stored all the same"), soft_wrap=True)


def _print(report: ImportReport, where: str) -> None:
    counts = [(name, getattr(report, name)) for name in ("read", "stored", "unchanged", "quarantined")]
    output.table(f"{len(report.files)} files", ("rows", "count"), counts)
    if report.reasons:
        output.table("Held back", ("reason", "rows"), report.reasons.items())
    if report.actions:
        output.console.print(f"{report.actions} splits and dividends follow from adjusted closes or dividends")
    if report.silent:
        listed, more = ", ".join(report.silent[:MOST_LINES]), len(report.silent) - MOST_LINES
        symbols = f"{listed}{f' and {more} more' if more > 0 else ''}"
        what = f"neither adjusted closes nor dividends of {symbols}: returns will be those of the price alone"
        output.notes.print(output.showable(what), soft_wrap=True)
    for renamed in report.renamed[:MOST_LINES]:
        output.notes.print(output.showable(str(renamed)), soft_wrap=True)
    for file in [file for file in report.files if file.nothing_good][:MOST_LINES]:
        output.notes.print(f"{file.place}: nothing good among {file.read} rows")
    for file in [file for file in report.files if file.replaced][:MOST_LINES]:
        output.notes.print(f"{file.place}: its content is not what was imported before; {file.stored} rows differ")
    for skipped in report.skipped[:MOST_LINES]:
        output.notes.print(f"skipped {skipped.place}: {skipped.reason}")
    if len(report.skipped) > MOST_LINES:
        output.notes.print(f"and {len(report.skipped) - MOST_LINES} more skipped; --json lists them")
    if where:
        output.console.print(f"What the gate found: {where}", soft_wrap=True)
