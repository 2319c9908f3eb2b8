"""What every store of the kill switch does."""

from datetime import UTC, datetime, timedelta

from algo_trading.repositories.kill_switch import KillSwitch, KillSwitchRepository

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ON = KillSwitch(engaged=True, at=NOW, by="owner", reason="the exchange is odd")
OFF = KillSwitch(engaged=False, at=NOW + timedelta(hours=1), by="somebody")


class KillSwitchContract:
    """Subclasses give the fixture `switch`, a store that nobody has touched."""

    def test_nobody_has_touched_it(self, switch: KillSwitchRepository) -> None:
        assert switch.current() is None
        assert switch.history(5) == []

    def test_the_newest_change_counts_and_all_are_kept(self, switch: KillSwitchRepository) -> None:
        switch.add(ON)
        assert switch.current() == ON
        switch.add(OFF)
        assert switch.current() == OFF
        switch.add(ON)
        assert switch.history(2) == [ON, OFF]
        assert switch.history(9) == [ON, OFF, ON]
