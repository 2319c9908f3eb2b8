"""The commands of mails about becoming a user."""

from dataclasses import dataclass

from algo_trading.domain.reply import CommandAnswer
from algo_trading.domain.user import User
from algo_trading.errors import ConfigError
from algo_trading.notification.inbound.commands import MailCommand
from algo_trading.services.join import Join, JoinState

STATES = {
    JoinState.ASKED: "your address is not confirmed yet",
    JoinState.CONFIRMED: "your address is confirmed; an owner is to accept you, and you get a mail then",
    JoinState.WITHOUT_PASSWORD: "you are a user now; help lists the commands",
    JoinState.USER: "you are a user; help lists the commands",
}


@dataclass(frozen=True)
class MailJoining:
    """Answers for senders who are not users yet, and for owners."""

    join: Join

    def ask(self, sender: str) -> None:
        """`join`: the mail with which the address is confirmed is the answer; ConfigError and others as `Join.ask`."""
        self.join.ask(sender, sender)

    def confirm(self, sender: str, command: MailCommand) -> CommandAnswer:
        """`confirm CODE`: what comes next."""
        try:
            state = self.join.confirm_by_code(sender.lower(), command.rest)
        except ConfigError as error:
            return CommandAnswer(command.line, (str(error),), refused=True)
        return CommandAnswer(command.line, (STATES[state],) if state else ())

    def is_user(self, _user: User, command: MailCommand) -> CommandAnswer:
        """`join` and `confirm` of who has joined."""
        return CommandAnswer(command.line, (STATES[JoinState.USER],))

    def accept(self, user: User, command: MailCommand) -> CommandAnswer:
        """`accept ADDRESS`: make a user of who asked."""
        accepted = self.join.accept(user.name, command.rest)
        return CommandAnswer(command.line, (f"{accepted.name} is a user now, with the address {accepted.address}",))

    def refuse(self, user: User, command: MailCommand) -> CommandAnswer:
        """`refuse ADDRESS`: forget who asked."""
        self.join.refuse(user.name, command.rest)
        return CommandAnswer(command.line, (f"the request of {command.rest} is forgotten",))
