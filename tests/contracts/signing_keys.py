"""What every repository of signing keys does."""

from algo_trading.repositories.signing_keys import SigningKeys


class SigningKeysContract:
    """Subclasses give the fixture `signing_keys`, an empty repository."""

    def test_a_key_is_made_once_for_each_purpose(self, signing_keys: SigningKeys) -> None:
        key = signing_keys.of("links")
        assert len(key) == 32
        assert signing_keys.of("links") == key
        assert signing_keys.of("others") != key
