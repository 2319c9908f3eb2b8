// One chart of the report, drawn by TradingView's Lightweight Charts.
const FORMATS = {
  money: (v) => v.toLocaleString("en", { maximumFractionDigits: 0 }),
  percent: (v) => `${(v * 100).toFixed(1)}%`,
  count: (v) => v.toFixed(0),
  price: (v) => v.toLocaleString("en", Math.abs(v) >= 1 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumSignificantDigits: 5 }),
};
const TICKS = { money: 1, percent: 0.001, count: 1 };
const AXES = {
  day: (x) => new Date(x * 1000).toISOString().slice(0, 10),
  minute: (x) => new Date(x * 1000).toISOString().slice(0, 16).replace("T", " "),
  trade: (x) => `trade ${x}`,
  return: (x) => `return ${x.toFixed(2)}%`,
};

// Dotted lines and marks at exact prices, drawn over the candles; `series` of the same pane gives the price axis.
const overlay = (chart, series, segments, marks) => {
  const at = (place) => chart.timeScale().logicalToCoordinate(place);
  const draw = (pen) => {
    const height = (price) => series.priceToCoordinate(price);
    segments.forEach((group) => {
      pen.strokeStyle = colour(group.colour);
      pen.setLineDash([2, 3]);
      pen.beginPath();
      group.from.forEach((from, i) => { pen.moveTo(at(from), height(group.start[i])); pen.lineTo(at(group.to[i]), height(group.end[i])); });
      pen.stroke();
    });
    pen.setLineDash([]);
    marks.forEach((group) => group.at.forEach((place, i) => {
      const x = at(place), y = height(group.price[i]), up = group.shape[i] === "long" ? 1 : -1;
      pen.beginPath();
      if (group.shape[i] === "exit") pen.arc(x, y, 5, 0, 2 * Math.PI);
      else { pen.moveTo(x, y - 6 * up); pen.lineTo(x + 6, y + 5 * up); pen.lineTo(x - 6, y + 5 * up); pen.closePath(); }
      pen.lineWidth = group.shape[i] === "exit" ? 2.5 : 1;
      pen.strokeStyle = colour(group.shape[i] === "exit" ? group.colour : "--card");
      pen.fillStyle = group.shape[i] === "exit" ? "transparent" : colour(group.colour);
      pen.fill();
      pen.stroke();
    }));
  };
  const view = { zOrder: () => "top", renderer: () => ({ draw: (target) => target.useMediaCoordinateSpace(({ context }) => draw(context)) }) };
  series.attachPrimitive({ paneViews: () => [view] });
};

class Drawing {
  constructor(box, description) {
    const { LightweightCharts: library } = window;
    Object.assign(this, { box, library, axis: description.axis, words: description.words, x: numbers(description.x) });
    Object.assign(this, { group: box.dataset.group, titles: [], marks: [] });
    this.legend = element("p", box, "legend");
    this.place = element("div", box, "plot");
    const timed = ["day", "minute"].includes(this.axis);
    this.chart = (timed ? library.createChart : library.createOptionsChart)(this.place, {
      autoSize: true,
      handleScale: { mouseWheel: false, axisPressedMouseMove: { time: true, price: false } }, // a wheel scrolls the page
      handleScroll: { mouseWheel: false, vertTouchDrag: false, pressedMouseMove: timed },
      timeScale: { minBarSpacing: 0.01, fixLeftEdge: true, fixRightEdge: true, timeVisible: this.axis === "minute" },
      localization: timed ? { locale: "en-GB", timeFormatter: AXES[this.axis] } : { precision: this.axis === "trade" ? 0 : 2 },
    });
    this.series = description.series.map((series) => this.add(series, description.panes));
    description.panes.forEach(({ title, weight }, i) => {
      const pane = this.chart.panes()[i];
      pane.setStretchFactor(weight);
      this.titles.push({ title, mark: library.createTextWatermark(pane, { horzAlign: "left", vertAlign: "top" }) });
      const decoded = (parts, keys) => parts.map((part) => ({ ...part, ...Object.fromEntries(keys.map((key) => [key, numbers(part[key])])) }));
      const segments = decoded((description.segments ?? []).filter((part) => part.pane === i), ["from", "to", "start", "end"]);
      const marks = i === 0 ? decoded(description.marks ?? [], ["at", "price"]) : [];
      overlay(this.chart, this.series.find((series) => series.pane === i).drawn, segments, marks);
      this.marks.push(...marks);
    });
    this.chart.subscribeCrosshairMove(({ logical, point }) => this.read(point && logical !== undefined ? logical : this.x.length - 1));
    this.keyboard();
    this.paint();
    this.read(this.x.length - 1);
    this.chart.timeScale().fitContent();
  }

  add(series, panes) {
    const { library } = this, y = numbers(series.y ?? series.close), { range } = panes[series.pane];
    const kind = series.kind === "candles" ? library.CandlestickSeries : series.kind === "bars" ? library.HistogramSeries
      : series.fill ? library.BaselineSeries : library.LineSeries;
    const least = Math.min(...y.map(Math.abs).filter((v) => v > 0));
    const drawn = this.chart.addSeries(kind, {
      lastValueVisible: false, priceLineVisible: false, lineWidth: series.width ?? 1, lineType: series.step ? 1 : 0,
      lineStyle: series.dotted ? 1 : 0, crosshairMarkerVisible: series.kind === "line", baseValue: { type: "price", price: 0 },
      priceFormat: { type: "custom", formatter: FORMATS[series.format], minMove: TICKS[series.format] ?? (least >= 1 ? 0.01 : least / 1e4) },
      ...(range && { autoscaleInfoProvider: () => ({ priceRange: { minValue: range[0], maxValue: range[1] } }) }),
    }, series.pane);
    const values = series.kind === "candles" && Object.fromEntries(["open", "high", "low", "close"].map((key) => [key, numbers(series[key])]));
    drawn.setData(this.x.map((time, i) => {
      if (values) return { time, open: values.open[i], high: values.high[i], low: values.low[i], close: values.close[i] };
      return y[i] === null ? { time } : { time, value: y[i] };
    }));
    const item = element("span", this.legend);
    const swatch = element("i", item);
    element("span", item, "", `${series.name} `);
    return { ...series, y, values, drawn, swatch, value: element("b", item) };
  }

  // The colours of the page as it is now.
  paint() {
    const { chart, library } = this, text = colour("--muted"), rule = colour("--rule");
    chart.applyOptions({
      layout: { background: { type: "solid", color: colour("--card") }, textColor: text, attributionLogo: false, fontFamily: getComputedStyle(this.box).fontFamily,
        panes: { separatorColor: rule, separatorHoverColor: rule, enableResize: false } },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("--grid") } },
      rightPriceScale: { borderColor: rule },
      timeScale: { borderColor: rule },
      crosshair: { mode: library.CrosshairMode.Normal, vertLine: { color: text }, horzLine: { color: text } },
    });
    this.titles.forEach(({ title, mark }) => mark.applyOptions({ lines: [{ text: title, color: text, fontSize: 12 }] }));
    this.series.forEach((series) => {
      const main = series.colour && colour(series.colour), up = colour("--up"), down = colour("--down");
      if (series.kind === "candles") {
        series.drawn.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false });
      } else if (series.fill) {
        const fill = colour(series.fill);
        series.drawn.applyOptions({ topLineColor: main, bottomLineColor: main, topFillColor1: fill, topFillColor2: fill, bottomFillColor1: fill, bottomFillColor2: fill });
      } else series.drawn.applyOptions({ color: main });
      if (series.negative) {
        series.drawn.setData(this.x.map((time, i) => ({ time, value: series.y[i], color: colour(series.y[i] > 0 ? series.colour : series.negative) })));
      }
      series.swatch.style.background = main ?? up;
    });
  }

  // Writes what is at a place of the chart into its legend.
  read(place) {
    const i = Math.max(0, Math.min(this.x.length - 1, Math.round(place)));
    this.at = i;
    this.moment ??= this.legend.insertBefore(document.createElement("b"), this.legend.firstChild);
    this.moment.textContent = AXES[this.axis](this.x[i]);
    this.series.forEach((series) => {
      const show = FORMATS[series.format];
      series.value.textContent = series.y[i] === null ? "" : series.values
        ? ["open", "high", "low", "close"].map((key) => `${key} ${show(series.values[key][i])}`).join(" ") : show(series.y[i]);
    });
    this.extra ??= element("span", this.legend, "extra");
    this.extra.textContent = this.words ? this.words[i] : this.marks.flatMap((group) => group.at
      .map((at, j) => (at === i ? `${group.text[j]} at ${FORMATS.price(group.price[j])}` : null)).filter(Boolean)).join("; ");
  }

  // The arrows move the cursor, with Shift by a twentieth of what is in view; plus and minus look closer and farther.
  keyboard() {
    const scale = this.chart.timeScale(), last = this.x.length - 1;
    this.box.addEventListener("keydown", (event) => {
      const { from, to } = scale.getVisibleLogicalRange(), step = event.shiftKey ? Math.max(1, Math.round((to - from) / 20)) : 1;
      const moves = { ArrowLeft: this.at - step, ArrowRight: this.at + step, Home: 0, End: last };
      if (event.key in moves) {
        const at = Math.max(0, Math.min(last, moves[event.key])), width = to - from;
        if (at < from || at > to) scale.setVisibleLogicalRange(at < from ? { from: at, to: at + width } : { from: at - width, to: at });
        const { drawn, y } = this.series[0];
        this.chart.setCrosshairPosition(y[at] ?? 0, this.x[at], drawn);
        this.read(at);
      } else if ("+-=".includes(event.key) && !event.ctrlKey && !event.metaKey) {
        const half = (to - from) * (event.key === "-" ? 1 : 0.25);
        scale.setVisibleLogicalRange({ from: Math.max(0, this.at - half), to: Math.min(last, this.at + half) });
      } else return;
      event.preventDefault();
      this.legend.setAttribute("aria-live", "polite");
    });
  }

  // The newest months of the chart, 0 for all of it.
  show(months) {
    const end = new Date(this.x.at(-1) * 1000), first = new Date(end);
    first.setUTCMonth(first.getUTCMonth() - months);
    const from = months ? this.x.findIndex((x) => x * 1000 >= +first) : 0;
    this.chart.timeScale().setVisibleLogicalRange({ from: from - 0.5, to: this.x.length - 0.5 });
  }

  set logarithmic(on) {
    this.chart.priceScale("right", 0).applyOptions({ mode: on ? this.library.PriceScaleMode.Logarithmic : this.library.PriceScaleMode.Normal });
  }
}
