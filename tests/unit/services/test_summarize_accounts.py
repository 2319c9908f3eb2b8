"""The standing of all accounts, once a day for each owner."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.user import Role
from support.world import World

pytestmark = pytest.mark.unit

EVENING = datetime(2013, 3, 4, 22, tzinfo=UTC)
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody
HOUR = timedelta(hours=1)


class Office(World):
    """An account, an owner in New York, one without an address, and a member."""

    def __init__(self) -> None:
        super().__init__(now=EVENING)
        for name, role, address in (
            ("ann", Role.OWNER, "ann@example.com"), ("owner", Role.OWNER, ""), ("bob", Role.MEMBER, "bob@example.com"),
        ):  # fmt: skip
            self.manage_users().add("setup", name, role, address, PASSWORD)
        self.subscribe_regularly().keep_hours("ann@example.com", "America/New_York", None)

    def look(self, hours: float = 0) -> int:
        self.clock.time += hours * HOUR
        return self.summarize_accounts()()


def test_owners_get_it_once_a_day_at_their_hour() -> None:
    office = Office()
    office.open("paper", EVENING - 48 * HOUR)
    # Due at 8 o'clock in New York: 13:00 UTC of the day, and again of the next.
    assert [office.look(hours) for hours in (0, 0, 14.9, 0.2, 0)] == [1, 0, 0, 1, 0]
    office.deliver_notices()()
    mails = list(office.mail.mails.values())
    assert {mail["To"] for mail in mails} == {"ann@example.com"}
    assert [mail["Subject"] for mail in mails] == [f"Accounts 2013-03-0{day}: paper +0.00 %" for day in (4, 5)]
    body = mails[0].get_body(("plain",))
    assert body
    text = body.get_content()
    assert "10,000.00 USD" in text
    assert "List-Unsubscribe" not in mails[0]


def test_without_accounts_there_is_nothing_to_say() -> None:
    assert Office().look() == 0


def test_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_MAIL__SUMMARY_HOUR", "-1")
    office = Office()
    office.open("paper", EVENING - 48 * HOUR)
    assert office.look() == 0
