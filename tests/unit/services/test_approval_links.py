"""Links of mails: signed, and read by those that know the key alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.approval import Invitation
from algo_trading.services.approval_links import ApprovalLinks
from fakes.signing_keys import FakeSigningKeys
from support.fuzz import examples

pytestmark = pytest.mark.unit

ASKED = Invitation("3f9c" * 8, "ann@exämple.com")


def token_of(links: ApprovalLinks) -> str:
    return links.path(ASKED).removeprefix("/approve/")


def test_a_link_says_which_order_it_is_about_and_whom_it_was_sent_to() -> None:
    links = ApprovalLinks(FakeSigningKeys())
    assert links.read(token_of(links)) == ASKED


def test_a_link_of_another_installation_is_not_read() -> None:
    assert ApprovalLinks(FakeSigningKeys()).read(token_of(ApprovalLinks(FakeSigningKeys()))) is None


@settings(max_examples=examples(100))
@given(place=st.integers(0, 200), other=st.characters())
def test_a_changed_link_leads_to_no_other_order(place: int, other: str) -> None:
    links = ApprovalLinks(FakeSigningKeys())
    token = token_of(links)
    found = links.read(token[:place] + other + token[place + 1 :])
    assert found in (None, ASKED)  # the last digit of a part has bits that say nothing


@settings(max_examples=examples(50))
@given(st.text(max_size=80))
def test_nonsense_is_not_read(token: str) -> None:
    assert ApprovalLinks(FakeSigningKeys()).read(token) is None
