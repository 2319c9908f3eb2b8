"""The commands of mails about what goes to their sender."""

from dataclasses import dataclass

from algo_trading.domain.regular_mail import MailKind
from algo_trading.domain.reply import CommandAnswer
from algo_trading.domain.scores import ML, THRESHOLD
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.inbound.commands import MailCommand
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.services.monitor import Monitor
from algo_trading.services.names_of_now import symbol_of_now
from algo_trading.services.subscribe import Subscribe
from algo_trading.services.subscribe_regularly import SubscribeRegularly
from algo_trading.services.subscribe_scores import SubscribeScores
from algo_trading.services.unsubscribe import Unsubscribe

OFF, SCORE = "off", "score"
USAGE = "write subscribe SYMBOL [STRATEGY] [CONFIDENCE], or subscribe PAIR score [POINTS]"


@dataclass(frozen=True)
class MailSubscribing:
    """Answers for a user; everything is about their own address."""

    subscribe: Subscribe
    subscribe_scores: SubscribeScores
    subscribe_regularly: SubscribeRegularly
    unsubscribe: Unsubscribe
    subscriptions: SubscriptionRepository
    alerts: ScoreAlertRepository
    mails: RegularMailRepository
    recipients: RecipientRepository
    monitor: Monitor
    names: NameRepository
    clock: Clock

    def begin(self, user: User, command: MailCommand) -> CommandAnswer:
        """`subscribe SYMBOL ...`: from the next period, or the next score, on."""
        words = command.words
        if not words or len(words) > 3:
            raise ConfigError(USAGE)
        symbol, *more = words
        if more and more[0].lower() == SCORE:
            return self._begin_scores(user, command, symbol, more[1:])
        strategy = more.pop(0) if more and not _is_number(more[0]) else EVERY
        if len(more) > 1 or not all(map(_is_number, more)):
            raise ConfigError(USAGE)
        confidence = float(more[0]) if more else 0.0
        found, new = self.subscribe(user.address, normal_symbol(symbol), strategy, min_confidence=confidence)
        verb = "you get mails about" if new else "you get mails already about"
        what = f"{_every(found.strategy, 'strategy')} on {_every(found.symbol, 'symbol')}"
        return CommandAnswer(command.line, (f"{verb} {what}, from {found.start:%Y-%m-%d %H:%M} UTC on",))

    def end(self, user: User, command: MailCommand) -> CommandAnswer:
        """`unsubscribe [SYMBOL [STRATEGY]]`: what is named, or everything."""
        words = command.words
        if len(words) > 2:
            raise ConfigError("write unsubscribe [SYMBOL [STRATEGY]]")
        if not words:
            ended = self.unsubscribe(user.address)
        else:
            symbol = symbol_of_now(self.names, normal_symbol(words[0]))
            ended = self.subscriptions.remove(user.address, symbol, words[1] if len(words) > 1 else None)
            ended += self.alerts.remove(user.address, symbol) if len(words) == 1 else 0
        if not ended:
            raise ConfigError("there is no such subscription; status lists yours")
        return CommandAnswer(command.line, (f"{ended} subscription{'s' if ended > 1 else ''} ended",))

    def update(self, user: User, command: MailCommand) -> CommandAnswer:
        """`update-N`: the scores of one's pairs every N hours, daily, weekly, or no more."""
        if command.rest == OFF:
            return self._ended(user, command, MailKind.UPDATE)
        every = f"{command.rest}h" if command.rest.isdecimal() else command.rest
        mail, _ = self.subscribe_regularly(user.address, MailKind.UPDATE, every)
        reader, now = self.recipients.get(user.address), self.clock.now()
        first = mail.due(reader, now) or mail.next(reader, now)
        return CommandAnswer(
            command.line, (f"you get updates ({mail.every}), the next one from {first:%Y-%m-%d %H:%M} UTC on",)
        )

    def silence(self, user: User, command: MailCommand) -> CommandAnswer:
        """`silence`: no updates and no digests any more."""
        return self._ended(user, command, *MailKind)

    def status(self, user: User, command: MailCommand) -> CommandAnswer:
        """`status`: what one gets."""
        lines = [f"you are {user.name}, {'an owner' if user.is_owner else 'a member'}, with the address {user.address}"]
        for one in self.subscriptions.all():
            if one.address == user.address:
                least = f", confidence {one.min_confidence:g} or more" if one.min_confidence else ""
                what = f"{_every(one.strategy, 'strategy')} on {_every(one.symbol, 'symbol')}"
                lines.append(f"signals: {what}{least}")
        lines += [
            f"high scores: {one.instrument} from {one.level} points"
            for one in self.alerts.all()
            if one.address == user.address
        ]
        lines += [f"{one.kind}: {one.every}" for one in self.mails.all() if one.address == user.address]
        hours = self.recipients.get(user.address)
        lines.append(f"your time zone: {hours.zone}{f', quiet hours {hours.quiet}' if hours.quiet else ''}")
        lines.append(f"monitored are {len(self.monitor.read().monitored)} series; monitoring lists them")
        return CommandAnswer(command.line, tuple(lines))

    def _begin_scores(self, user: User, command: MailCommand, pair: str, more: list[str]) -> CommandAnswer:
        level = more[0].lower() if more else str(THRESHOLD)
        if level != ML and not level.isdecimal():
            raise ConfigError(f"a threshold is a number of points or {ML}, not {more[0]}")
        points = None if level == ML else int(level)
        found, _ = self.subscribe_scores(user.address, normal_symbol(pair), points)
        reached = "the tuned threshold" if points is None else str(points)
        return CommandAnswer(
            command.line,
            (f"you get a mail when a score of {found.instrument} reaches {reached}, and at each further rise",),
        )

    def _ended(self, user: User, command: MailCommand, *kinds: MailKind) -> CommandAnswer:
        ended = [kind for kind in kinds if self.mails.remove(user.address, kind)]
        if not ended:
            raise ConfigError(f"you get no {' and no '.join(f'{kind}s' for kind in kinds)}")
        return CommandAnswer(command.line, (f"you get no more {' and '.join(f'{kind}s' for kind in ended)}",))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _every(name: str, what: str) -> str:
    return f"every {what}" if name == EVERY else name
