"""What brokers push is booked as soon as it comes."""

from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic

from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.broker_updates import Hear, Listening, OrderUpdate, PushesUpdates
from algo_trading.gateways.brokers import Brokers
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.services.book_executions import BookExecutions

Heard = tuple[str, OrderUpdate | None]  # the account, and what its broker pushed


@dataclass
class HearUpdates:
    """Keeps a subscription for each account whose broker pushes updates, and books what comes.

    After every connect the broker is asked what became of the account's open orders, so that nothing is missed that
    happened meanwhile. One thread calls this; subscriptions have threads of their own.
    """

    accounts: AccountRepository
    brokers: Brokers
    book: BookExecutions
    locks: ExclusiveWork
    _open: dict[str, Listening] = field(default_factory=dict)
    _heard: SimpleQueue[Heard] = field(default_factory=SimpleQueue)

    def subscribe(self) -> None:
        """Open what is missing: accounts may come and go.

        Raises:
            AlgoTradingError: a broker cannot be made; those of the other accounts have been asked.
        """
        names, failure = self.accounts.names(), None
        for gone in self._open.keys() - set(names):
            self._open.pop(gone).close()
        for name in names:
            if name not in self._open:
                try:
                    broker = self.brokers(self.accounts.state(name).account)
                except AlgoTradingError as error:
                    failure = failure or error
                    continue
                if isinstance(broker, PushesUpdates):
                    self._open[name] = broker.listen(self._for(name))
        if failure is not None:
            raise failure

    def wait(self, seconds: float) -> int:
        """Book what comes within so many seconds, until something was booked; returns how many executions that were.

        Raises:
            AlgoTradingError: something could not be booked; it is asked for after the next connect, or by a dispatch.
        """
        until = monotonic() + seconds
        while True:
            try:
                heard = [self._heard.get(timeout=max(0.0, until - monotonic()))]
            except Empty:
                return 0
            while not self._heard.empty():
                heard.append(self._heard.get())
            if booked := sum(self._book(name, heard) for name in dict.fromkeys(name for name, _ in heard)):
                return booked

    def trouble(self) -> dict[str, str]:
        """Accounts of which nothing is heard at the moment, and why."""
        return {name: one.trouble for name, one in self._open.items() if one.trouble}

    def close(self) -> None:
        """End every subscription."""
        while self._open:
            self._open.popitem()[1].close()

    def _for(self, name: str) -> Hear:
        return lambda update: self._heard.put((name, update))

    def _book(self, name: str, heard: list[Heard]) -> int:
        own = [update for account, update in heard if account == name]
        with self.locks.exclusively(f"account {name}"):
            state = self.accounts.state(name)
            report = self.book.pushed(state, [update for update in own if update is not None])
            asked = self.book(report.state) if None in own else None
        return report.executed + (asked.executed if asked else 0)
