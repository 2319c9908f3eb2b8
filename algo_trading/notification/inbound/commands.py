"""The commands of a mail: one a line, in the subject or at the top of the text."""

import re
from dataclasses import dataclass

REPLY = re.compile(r"\s*(re|aw|fwd?|wg|sv|antw)\s*:", re.IGNORECASE)
UPDATE = re.compile(r"update-(\d{1,4}h?|daily|weekly|off)", re.IGNORECASE)
SIGNATURE = "--"
MOST = 20  # commands of a mail
HELP = {
    "join": "ask to become a user; a mail says how to confirm your address",
    "confirm CODE": "confirm it",
    "accept ADDRESS": "make a user of who asked to join; refuse ADDRESS forgets it; for owners",
    "monitoring": "what is monitored and stored",
    "monitor ITEM...": "monitor COIN, PAIR, PAIR_4h or PAIR[1h,4h]; for owners",
    "all": "monitor everything that is stored; for owners",
    "drop ITEM...": "monitor them no more; with -drop behind, remove them from the database, too; for owners",
    "request SYMBOL": "have a symbol tracked, its history loaded and backtested",
    "score [PAIR...]": "bull and bear scores of pairs, with a CSV",
    "post [PAIR...]": "how unusual their newest candles are, with a CSV",
    "subscribe SYMBOL [STRATEGY] [CONFIDENCE]": "mails about buys and sells",
    "subscribe PAIR score [POINTS]": "mails about high scores; ml instead of points for the tuned threshold",
    "unsubscribe [SYMBOL [STRATEGY]]": "end these mails, or all that come to you",
    "update-N": "the scores of your pairs every N hours; update-daily, update-weekly, update-off",
    "silence": "end updates and digests",
    "status": "what you get, and what is monitored",
    "help": "this list",
}
NAMES = frozenset(usage.split()[0] for usage in HELP) - {"update-N"} | {"scores", "commands", "refuse"}
ALIASES = {"scores": "score", "commands": "help"}


@dataclass(frozen=True, slots=True)
class MailCommand:
    """A command with what stands behind it; `update-4` is the command `update` with `4`."""

    name: str
    rest: str
    line: str

    @property
    def words(self) -> list[str]:
        """What stands behind it, word by word."""
        return self.rest.split()


def parse_command(line: str) -> MailCommand | None:
    """The command of a line; None where it does not begin with one."""
    first, _, rest = line.strip().partition(" ")
    if match := UPDATE.fullmatch(first):
        return MailCommand("update", match[1].lower(), line.strip())
    name = ALIASES.get(first.lower(), first.lower())
    return MailCommand(name, rest.strip(), line.strip()) if name in NAMES else None


def find_commands(subject: str, text: str) -> list[MailCommand]:
    """The commands of a mail, that of the subject first unless it answers another mail.

    Reading the text ends with the first line that is not a command: a signature, a greeting, or what is quoted.
    """
    found = [] if REPLY.match(subject) else [parse_command(subject)]
    for line in text.splitlines():
        words = " ".join(line.split())
        if not words:
            continue
        command = None if words.startswith((">", SIGNATURE)) else parse_command(words)
        if command is None:
            break
        found.append(command)
    return list(dict.fromkeys(one for one in found if one is not None))[: MOST + 1]
