"""The commands of mails about what is monitored and how it stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algo_trading.domain.monitoring import split_items
from algo_trading.domain.reply import CommandAnswer, CsvFile
from algo_trading.domain.scores import PairScore
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.candle_texts import candle_texts, score_title, scores_csv
from algo_trading.notification.inbound.commands import MailCommand
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.services.monitor import Monitor
from algo_trading.services.request_symbol import RequestSymbol
from algo_trading.services.tell_monitoring import added_sentences, dropped_sentences

FROM_DATABASE = "-drop"
CurrentScores = Callable[[Sequence[str]], Sequence[PairScore]]
"""The newest scores of the pairs with these symbols, of all without; ConfigError if nothing is known of one."""


@dataclass(frozen=True)
class MailMonitoring:
    """Answers for a user."""

    monitor: Monitor
    request: RequestSymbol
    scores: CurrentScores
    audit: AuditLog
    clock: Clock

    def add(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`monitor ITEM...`: what became of each item."""
        items = split_items(command.rest)
        if not items:
            raise ConfigError("name what to monitor: COIN, PAIR, PAIR_4h or PAIR[1h,4h,1d]")
        report = self.monitor.add(items)
        return CommandAnswer(
            command.line, tuple(added_sentences(report)), refused=not report.added and not report.monitored
        )

    def add_all(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`all`: everything that is stored."""
        report = self.monitor.add_all()
        return CommandAnswer(command.line, tuple(added_sentences(report)) or ("nothing is stored yet",))

    def drop(self, user: User, command: MailCommand) -> CommandAnswer:
        """`drop ITEM...`: out of monitoring, and with -drop behind it out of the database."""
        items = split_items(command.rest)
        from_database = FROM_DATABASE in items
        items = [one for one in items if one != FROM_DATABASE]
        if not items:
            raise ConfigError("name what to drop: COIN, PAIR or PAIR_4h")
        report = self.monitor.drop(items, from_database=from_database)
        if report.from_database:
            removed = " ".join(report.from_database)
            self.audit.add(AuditEntry(self.clock.now(), user.name, "series.removed", removed))
        refused = not report.from_monitoring and not report.from_database
        return CommandAnswer(command.line, tuple(dropped_sentences(report)), refused=refused)

    def ask(self, user: User, command: MailCommand) -> CommandAnswer:
        """`request SYMBOL`: track it, for members, too."""
        if len(command.words) != 1:
            raise ConfigError("write request SYMBOL")
        asked = self.request(user, command.rest)
        said = f"{asked.instrument} is monitored from now on; a mail comes when its history is loaded and backtested"
        return CommandAnswer(command.line, (said,))

    def read(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`monitoring`: what is stored and what is monitored."""
        found = self.monitor.read()
        lines = (
            f"stored: {' '.join(found.stored) or 'nothing'}",
            f"monitored: {' '.join(found.monitored) or 'nothing'}",
        )
        return CommandAnswer(command.line, lines)

    def score(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`score [PAIR...]`: bull and bear scores."""
        found = self._found(command)
        return CommandAnswer(command.line, tuple(map(score_title, found)), files=_files(command, found))

    def post(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`post [PAIR...]`: how unusual the newest candles are, in the texts of the command line."""
        found = self._found(command)
        lines: list[str] = []
        for one in found:
            lines.append(score_title(one))
            for interval, rank in one.timeframes.items():
                texts = (f"{name.removeprefix('candle_')} {text}" for name, text in candle_texts(rank).items())
                lines.append(f"  {interval}: {'; '.join(texts)}")
        return CommandAnswer(command.line, tuple(lines), files=_files(command, found))

    def _found(self, command: MailCommand) -> Sequence[PairScore]:
        found = self.scores([normal_symbol(one) for one in split_items(command.rest)])
        if not found:
            raise ConfigError("no candles of coins are stored")
        return found


def _files(command: MailCommand, found: Sequence[PairScore]) -> tuple[CsvFile, ...]:
    return (CsvFile(f"{command.name}.csv", scores_csv(found)),)
