// Draws the charts of a page with TradingView's Lightweight Charts; the server sends what fits a screen.
"use strict";

(() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const look = () => ({
    layout: { background: { color: colour("paper") }, textColor: colour("quiet"), attributionLogo: false,
      panes: { separatorColor: colour("line") } },
    grid: { vertLines: { color: colour("soft") }, horzLines: { color: colour("soft") } },
    rightPriceScale: { borderColor: colour("line") },
    timeScale: { borderColor: colour("line") },
  });

  const fetched = async (address) => {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.json();
  };

  const failed = (element, error) => {
    element.textContent = `The chart could not be loaded: ${error.message}. Reload the page to try again.`;
    element.classList.add("empty");
  };

  const line = (times, values) => {
    const points = [];
    times.forEach((time, place) => { if (values[place] !== null) points.push({ time, value: values[place] }); });
    return points;
  };

  // The candle in which something happened: the last one that opened by then.
  const candleOf = (times, at) => {
    let low = 0, high = times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (times[middle] <= at) low = middle; else high = middle - 1;
    }
    return times[low];
  };

  const marksOf = (data) => data.marks.filter((mark) => data.times.length && mark.at >= data.times[0]).map((mark) => {
    const time = candleOf(data.times, mark.at);
    if (mark.kind === "post") {
      return { time, position: "aboveBar", shape: "circle", color: colour("sma-50"), size: 0.5, id: mark.text };
    }
    const buy = mark.side === "buy";
    return {
      time, position: buy ? "belowBar" : "aboveBar", color: colour(buy ? "up" : "down"), id: mark.text,
      shape: mark.kind === "trade" ? "square" : buy ? "arrowUp" : "arrowDown",
    };
  }).sort((one, other) => one.time - other.time);

  const candles = async (element) => {
    const charts = window.LightweightCharts;
    const overview = await fetched(element.dataset.src);
    let shown = overview;
    const chart = charts.createChart(element, { autoSize: true, ...look() });
    chart.applyOptions({ timeScale: { timeVisible: overview.intraday }, localization: { locale: "en-GB" } });
    const body = chart.addSeries(charts.CandlestickSeries);
    const volume = chart.addSeries(charts.HistogramSeries, { priceScaleId: "volume", priceFormat: { type: "volume" },
      lastValueVisible: false, priceLineVisible: false });
    chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    const averages = {};
    for (const name of Object.keys(overview.averages)) {
      averages[name] = chart.addSeries(charts.LineSeries, { lineWidth: 1, lastValueVisible: false,
        priceLineVisible: false, crosshairMarkerVisible: false });
    }
    const markers = charts.createSeriesMarkers(body, []);

    const paint = () => {
      chart.applyOptions(look());
      body.applyOptions({ upColor: colour("up"), downColor: colour("down"), wickUpColor: colour("up"),
        wickDownColor: colour("down"), borderVisible: false });
      volume.applyOptions({ color: colour("line") });
      for (const [name, series] of Object.entries(averages)) {
        series.applyOptions({ color: colour(name.replace("_", "-")) });
      }
    };

    const show = (data) => {
      const smallest = Math.min(...data.close.filter((value) => value > 0));
      const precision = smallest >= 1 || !isFinite(smallest) ? 2 : Math.min(10, 4 - Math.floor(Math.log10(smallest)));
      body.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
      body.setData(data.times.map((time, place) => ({ time, open: data.open[place], high: data.high[place],
        low: data.low[place], close: data.close[place] })));
      volume.setData(line(data.times, data.volume));
      for (const [name, series] of Object.entries(averages)) series.setData(line(data.times, data.averages[name] || []));
      markers.setMarkers(marksOf(data));
      element.dataset.merged = data.merged;
    };

    // What is under the cursor, in words.
    const words = document.getElementById("chart-words");
    const marked = (time) => marksOf(shown).filter((mark) => mark.time === time).map((mark) => mark.id);
    chart.subscribeCrosshairMove((move) => {
      const candle = move.time !== undefined && move.seriesData.get(body);
      if (!words || !candle) return;
      const at = new Date(move.time * 1000).toISOString();
      const moment = overview.intraday ? `${at.slice(0, 10)} ${at.slice(11, 16)}` : at.slice(0, 10);
      const digits = body.options().priceFormat.precision;
      const price = (value) => value.toFixed(digits);
      words.textContent = [`${moment}  open ${price(candle.open)}  high ${price(candle.high)}  low ${price(candle.low)}`
        + `  close ${price(candle.close)}`, ...marked(move.time)].join("; ");
    });

    // Each average has a button that shows or hides it; the browser remembers which are hidden.
    const buttons = document.getElementById("averages");
    const hidden = new Set((localStorage.getItem("hidden averages") || "").split(" ").filter(Boolean));
    const turn = (button) => {
      const name = button.dataset.average;
      averages[name].applyOptions({ visible: !hidden.has(name) });
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
    };
    for (const button of buttons.querySelectorAll("button")) {
      if (!averages[button.dataset.average]) { button.remove(); continue; }
      turn(button);
      button.addEventListener("click", () => {
        const name = button.dataset.average;
        if (!hidden.delete(name)) hidden.add(name);
        localStorage.setItem("hidden averages", [...hidden].join(" "));
        turn(button);
      });
    }
    buttons.hidden = false;

    paint();
    dark.addEventListener("change", paint);
    show(overview);
    chart.timeScale().fitContent();
    element.dataset.ready = "true";

    // Where candles stand for several bars, looking closer asks for the bars themselves.
    let timer = 0;
    const closer = async (range) => {
      const few = (range.to - range.from) < (overview.times[overview.times.length - 1] - overview.times[0]) / 3;
      if (!few && shown === overview) return;
      const margin = range.to - range.from;
      const next = few
        ? await fetched(`${element.dataset.src}&first=${Math.floor(range.from - margin)}&last=${Math.ceil(range.to + margin)}`)
        : overview;
      if (!next.times.length) return;
      shown = next;
      show(next);
      chart.timeScale().setVisibleRange(range);
    };
    if (overview.merged > 1) {
      chart.timeScale().subscribeVisibleTimeRangeChange((range) => {
        clearTimeout(timer);
        const inside = range && shown !== overview && range.from >= shown.times[0]
          && range.to <= shown.times[shown.times.length - 1] && range.to - range.from > (shown.times[shown.times.length - 1] - shown.times[0]) / 9;
        if (range && !inside) timer = setTimeout(() => closer(range).catch(() => {}), 250);
      });
    }
  };

  const equity = async (element) => {
    const charts = window.LightweightCharts;
    const data = await fetched(element.dataset.src);
    const chart = charts.createChart(element, { autoSize: true, ...look() });
    const worth = chart.addSeries(charts.AreaSeries, { lineWidth: 2, priceFormat: { type: "price", precision: 2 } });
    const below = chart.addSeries(charts.AreaSeries, { lineWidth: 1, invertFilledArea: true,
      priceFormat: { type: "custom", formatter: (value) => `${value.toFixed(2)} %` } }, 1);
    const paint = () => {
      chart.applyOptions(look());
      worth.applyOptions({ lineColor: colour("link"), topColor: colour("note-ground"), bottomColor: colour("paper") });
      below.applyOptions({ lineColor: colour("down"), topColor: colour("bad-ground"), bottomColor: colour("bad-ground") });
    };
    paint();
    dark.addEventListener("change", paint);
    worth.setData(line(data.times, data.equity));
    below.setData(line(data.times, data.drawdown));
    chart.panes()[1].setStretchFactor(0.3);
    chart.timeScale().fitContent();
    element.dataset.ready = "true";
  };

  const KINDS = { candles, equity };
  for (const element of document.querySelectorAll("[data-chart]")) {
    KINDS[element.dataset.chart](element).catch((error) => failed(element, error));
  }
})();
