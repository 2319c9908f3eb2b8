"""The commands `monitor`, `monitoring`, `monitor-all` and `drop`."""

import getpass
from collections.abc import Sequence

from algo_trading.bootstrap import bootstrap
from algo_trading.bootstrap.services import Services
from algo_trading.cli import output
from algo_trading.cli.watched import watchlists_of
from algo_trading.domain.monitoring import split_items
from algo_trading.errors import ConfigError
from algo_trading.repositories.audit import AuditEntry
from algo_trading.services.monitor import DropReport, Monitor, MonitorReport
from algo_trading.services.tell_monitoring import added_sentences, dropped_sentences


def monitor(items: Sequence[str], watchlist: str | None, *, as_json: bool) -> None:
    """Monitor items and print what became of each.

    Raises:
        ConfigError: nothing of it can be monitored.
    """
    with bootstrap() as application:
        report = _service(application).add(split_items(" ".join(items)), watchlist)
    _show(report, added_sentences(report), as_json=as_json)
    if not report.added and not report.monitored:
        raise ConfigError("nothing of that can be monitored; write COIN, PAIR, PAIR_4h or PAIR[1h,4h,1d]")


def monitor_all(*, as_json: bool) -> None:
    """Monitor everything that is stored."""
    with bootstrap() as application:
        report = _service(application).add_all()
    _show(report, added_sentences(report), as_json=as_json)


def drop(items: Sequence[str], watchlist: str | None, *, from_database: bool, as_json: bool) -> None:
    """Drop items and print what became of each.

    Raises:
        ConfigError: nothing of it was monitored or stored.
    """
    with bootstrap() as application:
        service = _service(application)
        report = service.drop(split_items(" ".join(items)), from_database=from_database, watchlist=watchlist)
        if report.from_database:
            by, now = getpass.getuser(), application.clock.now()
            application.audit.add(AuditEntry(now, by, "series.removed", " ".join(report.from_database)))
    _show(report, dropped_sentences(report), as_json=as_json)
    if not report.from_monitoring and not report.from_database:
        raise ConfigError("nothing of that is monitored; `algo-trading monitoring` lists what is")


def monitoring(*, as_json: bool) -> None:
    """Print what is stored and what is monitored."""
    with bootstrap() as application:
        found = _service(application).read()
    if as_json:
        output.print_json(found)
        return
    watched = set(found.monitored)
    rows = [(name, "yes" if name in watched else "no", "yes") for name in found.stored]
    rows += [(name, "yes", "no") for name in found.monitored if name not in found.stored]
    output.table("Series", ("series", "monitored", "stored"), rows)


def _service(application: Services) -> Monitor:
    watchlists_of(application)  # the configured ones where this is the first start
    return application.monitor()


def _show(report: MonitorReport | DropReport, sentences: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        output.print_json(report)
        return
    for sentence in sentences:
        output.console.print(output.showable(sentence), soft_wrap=True, markup=False)
