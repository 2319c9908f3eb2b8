"""One rule for mail addresses."""

import pytest

from algo_trading.notification.addresses import check_address

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        *("trader@localhost", "trader@mail.local", "reader@example.org", "o'neil+x/y={z}@x-y.example"),
        *("jürgen@münchen.example", "a@b", "Reader@Example.ORG"),
    ],
)
def test_an_address_stays_as_it_is(text: str) -> None:
    assert check_address(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "reader", "@localhost", "a@", "a@b@c", "a@b@localhost", "a b@c.example", "a@b,c@d", "a@b;c@d"),
        *("A <a@b.example>", "a@b.example (x)", '"a b"@c.example', "=?utf-8?q?a?=@b.example", "a..b@c.example"),
        *("a@[127.0.0.1]", "a@b..example", "a@-b.example", "a@.localhost", f"{'a' * 65}@b.example"),
        *("a@b.example\r\nBcc: c@d.example", "a\u202eb@c.example", f"a@{'b' * 64}.example"),
    ],
)
def test_what_is_not_an_address_says_why(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a valid email address: .+"):
        check_address(text)
