"""Looks again and again, whatever fails meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.services.watch_candles import WatchReport

AFTER = timedelta(seconds=3)  # behind the whole minute, when exchanges have the candle that has closed


@dataclass
class KeepWatching:
    """Calls `look` every so many whole minutes, which are asked for each time, until `wait` says that it is over.

    `wait` sleeps for so many seconds and returns whether to go on. A failure is one sentence for `say` and never the
    end; the same sentence is not said twice in a row, and one says when all is well again. `explain` turns the errors
    of a database that went away into a sentence.
    """

    look: Callable[[], WatchReport]
    minutes: Callable[[], int]
    wait: Callable[[float], bool]
    say: Callable[[str], None]
    explain: Callable[[BaseException], AlgoTradingError | None]
    clock: Clock
    said: tuple[str, ...] = ()

    def __call__(self) -> None:
        """Look now, and then every time the minutes are over."""
        going = True
        while going:
            self.once()
            going = self.wait(self._pause())

    def once(self) -> WatchReport | None:
        """Look one time; None where it failed as a whole."""
        try:
            report = self.look()
        except AlgoTradingError as error:
            self._note((str(error),))
            return None
        except Exception as error:
            explained = self.explain(error)
            if explained is None:
                raise
            self._note((str(explained),))
            return None
        self._note(report.errors)
        return report

    def _note(self, errors: tuple[str, ...]) -> None:
        for sentence in errors:
            if sentence not in self.said:
                self.say(sentence)
        if self.said and not errors:
            self.say("all is well again")
        self.said = errors

    def _pause(self) -> float:
        """Seconds until the next moment to look."""
        now = self.clock.now().timestamp()
        length = timedelta(minutes=self.minutes()).total_seconds()
        late = AFTER.total_seconds()
        return length - (now - late) % length
