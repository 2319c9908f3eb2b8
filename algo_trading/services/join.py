"""Joining: somebody asks, confirms their address, and becomes a user, once accepted where that is asked for."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from algo_trading.domain.join_request import Joining, JoinRequest, name_from
from algo_trading.domain.letter import Letter
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.user import Role, User
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.gateways.clock import Clock
from algo_trading.notification.addresses import email_address
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.repositories.join_requests import JoinRequests
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.signing_keys import SigningKeys
from algo_trading.repositories.users import LoginAttempts, UserRepository
from algo_trading.services.passwords import Passwords
from algo_trading.services.sign_in import WINDOW, TooManyAttemptsError
from algo_trading.services.signed_links import SignedLinks

PATH, ADMIN = "/join/", "/admin"
PURPOSE = "join links"
PAUSE = timedelta(days=1)  # between two mails to an address that did not confirm
MOST_PER_PLACE = 5
MOST_WAITING = 500  # requests; owners have something to look at then
CODE = 8  # characters of what a reply confirms with


class JoinState(Enum):
    """How far somebody is."""

    ASKED = auto()
    CONFIRMED = auto()  # an owner is to accept it
    WITHOUT_PASSWORD = auto()
    USER = auto()


@dataclass(frozen=True)
class Join:
    """How an address becomes a user. An answer to somebody unknown never says whether an address is known."""

    requests: JoinRequests
    users: UserRepository
    attempts: LoginAttempts
    queue: NoticeQueue
    audit: AuditLog
    keys: SigningKeys
    passwords: Passwords
    clock: Clock
    mode: Joining
    page: Callable[[str], str]
    owners: Callable[[], Sequence[str]]
    channel: str = ""

    def ask(self, text: str, place: str) -> None:
        """Send an address the mail with which it is confirmed, at most once a day.

        Raises:
            ConfigError: that is not an address, or nobody may join.
            TooManyAttemptsError: from this place many have asked of late, or many wait.
        """
        if self.mode is Joining.CLOSED:
            raise ConfigError("nobody can join here by themselves; ask an owner for an account")
        try:
            address = email_address(text.strip()).addr_spec.lower()
        except ValueError as error:
            raise ConfigError(str(error)) from error
        now = self.clock.now()
        tried = self.attempts.note(f"join {place}", now, now - WINDOW)
        if tried > MOST_PER_PLACE or len(self.requests.all()) >= MOST_WAITING:
            raise TooManyAttemptsError("too many people have asked to join of late; try again later")
        if self.users.by_login(address) is None and self.requests.ask(address, now, now - PAUSE):
            self._write(address, f"confirm {now.isoformat()}", self._question(address, now))

    def link(self, address: str) -> str:
        """The path of the page that leads an address on."""
        return PATH + SignedLinks(self.keys, PURPOSE).signer()(address)

    def read(self, token: str) -> str | None:
        """The address of the last part of a link's path; None where it is not one of ours."""
        fields = SignedLinks(self.keys, PURPOSE).read(token)
        return fields[0] if fields else None

    def state(self, address: str) -> JoinState | None:
        """How far an address is; None where it never asked."""
        known = self.users.by_login(address)
        if known is not None:
            return JoinState.USER if known[1] else JoinState.WITHOUT_PASSWORD
        request = self.requests.find(address)
        if request is None:
            return None
        return JoinState.CONFIRMED if request.confirmed_at else JoinState.ASKED

    def confirm(self, address: str) -> JoinState | None:
        """Remember that somebody who reads the mails of an address wants to join; returns how far they are."""
        if self.requests.confirm(address, self.clock.now()):
            if self.mode is Joining.OPEN:
                self._add(address, by=address)
            else:
                self._tell_owners(address)
        return self.state(address)

    def confirm_by_code(self, address: str, code: str) -> JoinState | None:
        """The same by the code of the mail.

        Raises:
            ConfigError: that is not the code.
        """
        request = self.requests.find(address)
        if request is None or not hmac.compare_digest(code.lower().encode(), self._code(request).encode()):
            raise ConfigError("that is not the code of the newest mail about joining; join sends another one")
        return self.confirm(address)

    def accept(self, actor: str, address: str) -> User:
        """Make a user of a confirmed address.

        Raises:
            UnknownNameError: nobody with this address waits.
        """
        return self._add(self._waiting(address).address, by=actor)

    def refuse(self, actor: str, address: str) -> None:
        """Forget a request; its sender is not told.

        Raises:
            UnknownNameError: nobody with this address asked.
        """
        if not self.requests.remove(address.lower()):
            raise UnknownNameError(unknown_name("request of", address, [one.address for one in self.requests.all()]))
        self.audit.add(AuditEntry(self.clock.now(), actor, "join.refuse", address))

    def choose_password(self, address: str, password: str) -> None:
        """Set the first password of who has joined.

        Raises:
            ConfigError: it is too short or too long, or there is one already.
        """
        known = self.users.by_login(address)
        if known is None or known[1]:
            raise ConfigError("there is a password already; an owner can set another one")
        self.users.set_password(known[0].name, self.passwords.hashed(password))
        self.audit.add(AuditEntry(self.clock.now(), known[0].name, "user.password", known[0].name))

    def _waiting(self, address: str) -> JoinRequest:
        waiting = [one for one in self.requests.all() if one.confirmed_at]
        found = next((one for one in waiting if one.address == address.lower()), None)
        if found is None:
            raise UnknownNameError(unknown_name("confirmed request of", address, [one.address for one in waiting]))
        return found

    def _add(self, address: str, by: str) -> User:
        now, base, number = self.clock.now(), name_from(address), 1
        user = User(base, Role.MEMBER, now, address)
        while not self.users.add(user, ""):
            if (known := self.users.by_login(address)) is not None:
                return known[0]
            number += 1
            user = User(f"{base}-{number}", Role.MEMBER, now, address)
        self.requests.remove(address)
        self.audit.add(AuditEntry(now, by, "user.add", user.name, {"role": str(user.role), "address": address}))
        sentences = (f"You are a user now, with the name {user.name}.", "Choose a password here to log in:")
        link = self.page(self.link(address))
        said = sentences if link else (sentences[0], "Mails with commands are answered; help lists them.")
        self._write(address, f"welcome {user.name}", Letter("Welcome to Algo Trading", said, link))
        return user

    def _question(self, address: str, at: datetime) -> Letter:
        link = self.page(self.link(address))
        by_page = ("Open this page and click there:",) if link else ()
        code = self._code(JoinRequest(address, at))
        by_reply = f"Where mails with commands are taken, a mail with this line does it: confirm {code}"
        said = (
            "Somebody, you we hope, asked to join Algo Trading with this address.",
            "If it was not you, do nothing: nothing more will come.",
            by_reply,
        )
        return Letter("Confirm your address", (*said, *by_page), link)

    def _tell_owners(self, address: str) -> None:
        said = (
            f"{address} asks to join, and has confirmed the address.",
            f"Accept it on the page Admin, or: algo-trading user accept {address}",
        )
        letter = Letter(f"{address} asks to join", said, self.page(ADMIN))
        content = Content(
            NoticeKind.LETTER, f"join {address} {self.clock.now().isoformat()}", self.clock.now(), letter.details
        )
        self.queue.tell(content, self.owners())

    def _write(self, address: str, key: str, letter: Letter) -> None:
        content = Content(NoticeKind.LETTER, f"{address} {key}", self.clock.now(), letter.details)
        self.queue.tell(content, [address], self.channel)

    def _code(self, request: JoinRequest) -> str:
        said = f"{request.address}\n{request.asked_at.isoformat()}".encode()
        return hmac.new(self.keys.of(PURPOSE), said, hashlib.sha256).hexdigest()[:CODE]
