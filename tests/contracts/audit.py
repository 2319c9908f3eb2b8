"""What every audit log does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from algo_trading.repositories.audit import AuditEntry, AuditLog

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIVE = AuditEntry(NOW, "owner", "account.live", "spot", {"max_order": "100.50", "caps": [1, None, {"day": 0.5}]})
STOP = AuditEntry(NOW + timedelta(hours=1), "somebody", "kill_switch.on", "all accounts")


class AuditContract:
    """Subclasses give the fixture `audit`, an empty log."""

    def test_at_first_nobody_did_anything(self, audit: AuditLog) -> None:
        assert audit.newest(5) == []

    def test_entries_are_kept_as_they_were_recorded_newest_first(self, audit: AuditLog) -> None:
        again = replace(LIVE, at=NOW - timedelta(days=1))  # by another clock: the order of recording counts
        for entry in (LIVE, STOP, again, again):
            audit.add(entry)
        assert audit.newest(9) == [again, again, STOP, LIVE]
        assert audit.newest(2) == [again, again]
        assert audit.newest(2, "all accounts") == [STOP]
        assert audit.newest(2, "nobody") == []
