"""What a person knows of splits, dividends and the ends of instruments, beside what sources tell."""

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import CorporateActionRepository
from algo_trading.services.release_held import ReleaseHeld
from algo_trading.services.rename import RenameInstruments

HEADER = ("symbol", "date", "kind", "value", "target")


@dataclass(frozen=True)
class ToldActions:
    """How many actions were new or changed, and how many rows that were held back are stored now."""

    told: int
    released: int


@dataclass(frozen=True)
class TellActions:
    """Store a person's word, which no source overrules, and judge again what was held back for want of it."""

    actions: CorporateActionRepository
    release: ReleaseHeld
    rename: RenameInstruments

    def __call__(self, actions: Sequence[CorporateAction]) -> ToldActions:
        """Tell actions, new names first. Symbols are those of the dates. Safe to repeat.

        Raises:
            ConfigError: an instrument cannot get its new name; no other action is stored then.
        """
        renamed = self.rename([one for one in actions if one.kind is ActionKind.RENAMED])
        others = self.rename.as_named_now([one for one in actions if one.kind is not ActionKind.RENAMED])
        stored = self.actions.upsert(others, PERSON).stored if others else 0
        return ToldActions(renamed + stored, self.release(sorted({action.instrument for action in others})))

    def withdraw(self, instrument: Instrument, ex_date: date, kind: ActionKind) -> None:
        """Withdraw an action, whoever told it. A source that goes on telling it brings it back.

        Raises:
            ConfigError: there is no such action, or somebody else has the former name by now.
        """
        renamed = kind is ActionKind.RENAMED
        if not (self.rename.undo(instrument, ex_date) if renamed else self.actions.withdraw(instrument, ex_date, kind)):
            raise ConfigError(
                f"no {kind.noun} of {instrument} on {ex_date} is known; `algo-trading action list` shows all"
            )


def told_action(instrument: Instrument, ex_date: date, kind: ActionKind, value: str, target: str) -> CorporateAction:
    """An action in words: a ratio may be 2, 3:2 or 1:10 (new shares to old); a delisting without a price is at 0.

    Raises:
        ConfigError: a value or the symbol that takes the place is missing, wrong or too much.
    """
    named, followed = f"a {kind.noun} of {instrument} on {ex_date}", kind in {ActionKind.MERGED, ActionKind.RENAMED}
    if followed is not bool(target):
        raise ConfigError(f"{named} {'needs a' if followed else 'has no'} symbol that takes its place")
    if kind is ActionKind.RENAMED:
        if value not in {"", "1"} or normal_symbol(target) == instrument.symbol:
            raise ConfigError(f"{named} needs another symbol and no value: a share stays a share")
        return CorporateAction(instrument, ex_date, kind, 1.0, normal_symbol(target))
    number = _number(value or ("0" if kind is ActionKind.DELISTED else ""))
    if number is None or number < 0 or (number == 0 and kind is not ActionKind.DELISTED):
        needed = "a value above 0: a ratio such as 2, 3:2 or 1:10, or money per share"
        raise ConfigError(f"{named} needs {needed}, not {value!r}")
    return CorporateAction(instrument, ex_date, kind, number, normal_symbol(target))


def actions_of_file(lines: Iterable[str], name: str, venue: str) -> list[CorporateAction]:
    """The actions of a CSV file with the columns of HEADER, of which the last may be missing.

    Raises:
        ConfigError: the header is another one, or a row is wrong; nothing is returned then.
    """
    rows = csv.DictReader(lines)
    header = tuple(field.strip().lower() for field in rows.fieldnames or ())
    if header not in {HEADER, HEADER[:-1]}:
        raise ConfigError(f"{name} needs the columns {','.join(HEADER)}, not {','.join(header)}")
    rows.fieldnames = list(header)
    found = []
    for number, row in enumerate(rows, start=2):
        try:
            cells = {key: (value or "").strip() for key, value in row.items() if key is not None}
            day, kind = date.fromisoformat(cells["date"]), ActionKind(cells["kind"].lower())
            instrument = Instrument(normal_symbol(cells["symbol"]), venue)
            found.append(told_action(instrument, day, kind, cells["value"], cells.get("target", "")))
        except (ValueError, ConfigError) as error:
            raise ConfigError(f"{name}, line {number}: {error}") from error
    return found


def _number(text: str) -> float | None:
    new, colon, old = text.partition(":")
    try:
        number = float(Fraction(new) / Fraction(old) if colon else Fraction(new))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None
