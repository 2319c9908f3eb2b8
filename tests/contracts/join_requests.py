"""What every repository of requests to join does."""

from datetime import UTC, datetime, timedelta

from algo_trading.domain.join_request import JoinRequest
from algo_trading.repositories.join_requests import JoinRequests

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, BOB = "ann@example.com", "bob@example.com"


class JoinRequestContract:
    """Subclasses give the fixture `requests`, an empty repository."""

    def test_asking_again_soon_changes_nothing(self, requests: JoinRequests) -> None:
        assert requests.ask(ANN, NOW, NOW - DAY)
        assert not requests.ask(ANN, NOW + DAY, NOW)
        assert requests.find(ANN) == JoinRequest(ANN, NOW)
        assert requests.ask(ANN, NOW + 2 * DAY, NOW + DAY)
        assert requests.find(ANN) == JoinRequest(ANN, NOW + 2 * DAY)
        assert requests.find(BOB) is None

    def test_an_address_is_confirmed_once(self, requests: JoinRequests) -> None:
        assert not requests.confirm(ANN, NOW)
        requests.ask(ANN, NOW, NOW)
        assert requests.confirm(ANN, NOW + DAY)
        assert not requests.confirm(ANN, NOW + 2 * DAY)
        requests.ask(BOB, NOW - DAY, NOW - DAY)
        assert requests.all() == [JoinRequest(BOB, NOW - DAY), JoinRequest(ANN, NOW, NOW + DAY)]

    def test_one_is_forgotten(self, requests: JoinRequests) -> None:
        requests.ask(ANN, NOW, NOW)
        assert requests.remove(ANN)
        assert not requests.remove(ANN)
        assert requests.all() == []
