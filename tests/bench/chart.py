"""The chart of a mail: processor time for each."""

import time

from algo_trading.adapters.sample import LAST_SESSION
from algo_trading.domain.signal import Side
from algo_trading.notification.chart import draw_chart
from algo_trading.strategies.ema_cross import EmaCross
from bench.measure import Goal, Progress, Result, Timing
from support.mail_examples import ibm_bars

CHARTS = 60


def benchmark(progress: Progress) -> list[Result]:
    """Charts of growing histories, so that no two are the same."""
    bars = ibm_bars()
    lines = EmaCross().lines(bars)
    seconds = []
    for number in range(-5, CHARTS):  # the first ones read the font
        progress(f"chart {number} of {CHARTS}")
        end = len(bars) - CHARTS + max(number, 0)
        cut = {name: values[:end] for name, values in lines.items()}
        begin = time.process_time()
        draw_chart(bars[:end], cut, Side.BUY, f"BUY at {bars.close[end - 1]:.2f}")
        if number >= 0:
            seconds.append(time.process_time() - begin)
    timing = Timing("chart", 1, tuple(seconds))
    goals = [Goal("milliseconds of processor time for a chart", 15, 1000 * timing.median, at_most=True)]
    setting = f"{CHARTS} charts of 90 bars and two averages, up to {LAST_SESSION}"
    return [Result("Charts drawn, processor time", setting, [timing], goals, beside_peers=False)]
