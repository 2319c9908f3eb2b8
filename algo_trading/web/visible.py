"""Which accounts somebody sees."""

from algo_trading.bootstrap import App
from algo_trading.domain.user import User


def visible_names(application: App, user: User) -> set[str]:
    """The names of all accounts for an owner, of their own for a member."""
    names = application.accounts.names()
    if user.is_owner:
        return set(names)
    return {name for name in names if application.ledger_pages.owner(name) == user.name}
