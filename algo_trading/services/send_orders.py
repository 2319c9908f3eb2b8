"""What waits to be sent for an account is sent now."""

from dataclasses import dataclass

from algo_trading.domain.account import AccountState
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.submit_orders import SubmitOrders


@dataclass(frozen=True)
class SendOrders:
    """Send an account's orders and book what was executed, as a dispatch does before its periods."""

    accounts: AccountRepository
    submit: SubmitOrders
    book: BookExecutions
    locks: ExclusiveWork

    def __call__(self, name: str) -> AccountState:
        """The account afterwards.

        Raises:
            AlgoTradingError: the broker could not be reached; the next dispatch goes on.
        """
        with self.locks.exclusively(f"account {name}"):
            return self.book(self.submit(self.accounts.state(name)).state).state
