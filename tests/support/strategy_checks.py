"""What every strategy owes its callers, on any bars."""

from collections.abc import Iterable
from dataclasses import fields

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Decisions, Strategy


def check_no_lookahead(strategy: Strategy, bars: Bars, cuts: Iterable[int]) -> None:
    """What it said with the first `cut` bars is what it says of them with all bars, to the last bit."""
    whole = strategy.decide(bars)
    for cut in cuts:
        seen = strategy.decide(bars[:cut])
        for column in fields(Decisions):
            before, after = getattr(seen, column.name), getattr(whole, column.name)
            assert (before is None) == (after is None), column.name
            if before is None:
                continue
            after = after[:cut]
            np.testing.assert_array_equal(before, after, f"{strategy.id}: {column.name} of {cut} bars")
        if cut:
            assert strategy.explain(bars[:cut], -1) == strategy.explain(bars, cut - 1)


def check_decisions(strategy: Strategy, bars: Bars) -> Decisions:
    """One decision of the right kind for each bar, none during the warm-up, figures in [0, 1]."""
    n = len(bars)
    decisions = strategy.decide(bars)
    for flags in (decisions.entries, decisions.exits):
        assert flags.shape == (n,)
        assert flags.dtype == np.bool_
        assert not flags[: strategy.warmup - 1].any()
    for part in (decisions.confidence, decisions.size):
        assert part.shape == (n,)
        assert ((part >= 0) & (part <= 1)).all()
    if decisions.shares is not None:
        assert decisions.shares.shape == (n,)
        assert ((decisions.shares > 0) | np.isnan(decisions.shares)).all()
    for name, line in strategy.lines(bars).items():
        assert name
        assert line.shape == (n,)
    return decisions


def check_explanations(strategy: Strategy, bars: Bars, indices: Iterable[int]) -> None:
    """One sentence without a NaN for each bar, the same from either end, and different for buy, sell and hold."""
    decisions = strategy.decide(bars)
    sides: dict[str, Side] = {}
    for index in indices:
        sentence = strategy.explain(bars, index)
        assert sentence
        assert "\n" not in sentence
        assert "nan" not in sentence
        assert sentence == strategy.explain(bars, index - len(bars))
        assert sides.setdefault(sentence, decisions.side(index)) is decisions.side(index)


def check_memory(strategy: Strategy, bars: Bars, cuts: Iterable[int]) -> None:
    """What it says at the end of `cut` bars is what it says having seen its `memory` of them alone.

    The side, the sentence (so every printed digit) and the count of shares agree, the figures to 12 digits.
    """
    assert strategy.memory is not None
    assert strategy.memory >= strategy.warmup
    for cut in cuts:
        whole = bars[:cut]
        part = whole[-strategy.memory :]
        expected, found = strategy.decide(whole), strategy.decide(part)
        where = f"{strategy.id} at bar {cut}"
        assert found.side(-1) is expected.side(-1), where
        assert strategy.explain(part, -1) == strategy.explain(whole, -1), where
        for column in ("confidence", "size", "shares"):
            before, after = getattr(expected, column), getattr(found, column)
            assert (before is None) == (after is None)
            if before is not None:
                np.testing.assert_allclose(after[-1], before[-1], rtol=1e-12, atol=1e-12, err_msg=f"{where}: {column}")
