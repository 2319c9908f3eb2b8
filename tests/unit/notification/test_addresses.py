"""The one rule for email addresses."""

import pytest

from algo_trading.notification.addresses import email_address

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "address",
    [
        "trader@example.org",
        "trader@localhost",
        "Trader.One+signals@Example.ORG",
        "root@nas.local",
        "a@b",
        "a@mail.test",
        "o'neil+x/y={z}@x-y.example",
        "jürgen@münchen.example",
        "a@xn--mnchen-3ya.example",
    ],
)
def test_valid_addresses(address: str) -> None:
    parsed = email_address(address)
    assert parsed.addr_spec == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "trader",
        "@example.org",
        "trader@",
        "a@b@c",
        "a b@example.org",
        " a@example.org",
        "a@example.org\n",
        "a@b\r\nBcc: all@example.org",
        "a@b,c@d",
        "<a@b>",
        "A <a@b>",
        "a@b (x)",
        '"a b"@c',
        "a..b@example.org",
        ".a@example.org",
        "a.@example.org",
        "a@example..org",
        "a@-example.org",
        "a@[127.0.0.1]",
        "a\u200b@example.org",
        "a\x00@example.org",
        f"a@{'b.' * 125}example.org",
        f"a@{'b' * 64}.example",
        "a@.localhost",
        "a@b;c@d",
        "a@b@localhost",
        "a\u202eb@c.example",
        f"{'a' * 65}@b.example",
        "a b@localhost",
    ],
)
def test_what_is_not_an_address(address: str) -> None:
    with pytest.raises(ValueError, match="is not a valid email address; write it as name@host"):
        email_address(address)


def test_what_a_reader_of_headers_would_decode() -> None:
    with pytest.raises(ValueError, match="must not begin with"):
        email_address("=?utf-8?q?a?=@b")
