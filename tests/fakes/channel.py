"""A Channel that keeps the mails."""

from email.message import EmailMessage

from algo_trading.errors import ServiceUnavailableError


class FakeChannel:
    """`errors` maps an address to the error that its mails meet; `down` is the sentence of a channel that is."""

    name = "fake"

    def __init__(self) -> None:
        self.mails: dict[str, EmailMessage] = {}
        self.errors: dict[str, Exception] = {}
        self.down = ""

    def deliver(self, message: EmailMessage, key: str) -> None:
        if self.down:
            raise ServiceUnavailableError(self.down)
        if error := self.errors.get(str(message["To"])):
            raise error
        self.mails.setdefault(key, message)

    def location(self) -> str:
        return "memory"
