"use strict";
(async () => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const logarithmic = {}; // groups of charts whose upper axis is
  const boxes = [...document.querySelectorAll("[data-chart]")];
  const touch = matchMedia("(pointer: coarse)").matches;
  const config = { responsive: true, displaylogo: false, displayModeBar: touch ? false : "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"] };

  // Plotly is packed with gzip; the browser unpacks it.
  const load = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("plotly").textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  // Strings such as var(--up) become the colours of the page as it is now, light or dark.
  const coloured = (value) => {
    const styles = getComputedStyle(document.documentElement);
    const walk = (v) => {
      if (typeof v === "string") return v.startsWith("var(") ? styles.getPropertyValue(v.slice(4, -1)).trim() : v;
      if (Array.isArray(v)) return v.map(walk);
      if (v && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)]));
      return v;
    };
    return walk(value);
  };

  const draw = (box) => {
    const { data, layout } = coloured(charts[box.dataset.chart]);
    if (touch) layout.dragmode = false; // a finger scrolls the page
    if (box.clientWidth < 500) layout.margin = { l: 44, r: 8, t: 8, b: 28 };
    if (logarithmic[box.dataset.group]) layout.yaxis.type = "log";
    if (box.dataset.group && box.layout) layout.xaxis.range = box.layout.xaxis.range; // as it was before the dark
    Plotly.react(box, data, layout, config);
    if (!box.dataset.group) return;
    if (!box.fits) box.on("plotly_relayout", () => fit(box));
    box.fits = true;
    fit(box);
  };

  // The upper axis follows what is in view: the candles, both lines of equity, or the price above scores.
  const fit = (box) => {
    if (box.fitting) { box.again = true; return; } // Plotly also tells of the change below
    const [from, to] = box._fullLayout.xaxis.range.map((d) => +new Date(d));
    const series = box._fullData.filter((trace) => trace.type === "candlestick" || (["equity", "scores"].includes(box.dataset.group) && trace.yaxis === "y"));
    const times = box.times ??= charts[box.dataset.chart].data[0].x.map((d) => +new Date(d));
    let low = Infinity, high = -Infinity;
    times.forEach((t, i) => {
      if (t < from || t > to) return;
      series.forEach((trace) => { low = Math.min(low, (trace.low ?? trace.y)[i]); high = Math.max(high, (trace.high ?? trace.y)[i]); });
    });
    if (high < low) return;
    if (box._fullLayout.yaxis.type === "log") [low, high] = [Math.log10(low), Math.log10(high)];
    const pad = (high - low) * 0.06 || high * 0.01;
    const wanted = [low - pad, high + pad], now = box._fullLayout.yaxis.range;
    if (now[0] === wanted[0] && now[1] === wanted[1]) return;
    box.fitting = true;
    Plotly.relayout(box, { "yaxis.range": wanted }).then(() => {
      box.fitting = false;
      if (box.again) { box.again = false; fit(box); }
    });
  };

  // The buttons show the newest months of every chart of their group.
  const show = (group, months) => {
    document.querySelectorAll(`[data-ranges="${group}"] button`).forEach((b) => b.setAttribute("aria-pressed", String(+b.dataset.months === months)));
    boxes.filter((box) => box.dataset.group === group).forEach((box) => {
      const x = charts[box.dataset.chart].data[0].x, end = new Date(x.at(-1)), start = new Date(end);
      start.setMonth(start.getMonth() - months);
      const first = new Date(x[0]);
      const range = [months === 0 || start < first ? first : start, new Date(+end + (end - (months ? start : first)) * 0.01)];
      if (box.hidden) charts[box.dataset.chart].layout.xaxis.range = range;
      else Plotly.relayout(box, { "xaxis.range": range });
    });
  };

  const visible = () => boxes.filter((box) => !box.hidden);
  try {
    await load();
    visible().forEach(draw);
    ["candles", "scores"].forEach((group) => show(group, innerWidth < 600 ? 3 : 12));
  } catch (error) {
    console.warn(error);
    boxes.forEach((box) => { box.classList.add("failed"); box.textContent = "Charts need a browser of 2023 or newer."; });
    return;
  } finally {
    document.documentElement.dataset.ready = "yes";
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => visible().forEach(draw));
  document.querySelectorAll("[data-ranges]").forEach((bar) => bar.addEventListener("click", ({ target }) => {
    if (target.dataset.months) show(bar.dataset.ranges, +target.dataset.months);
  }));
  document.querySelectorAll("[data-log]").forEach((button) => button.addEventListener("click", () => {
    const group = button.dataset.log, on = logarithmic[group] = !logarithmic[group];
    button.setAttribute("aria-pressed", String(on));
    boxes.filter((box) => box.dataset.group === group && !box.hidden).forEach(draw);
  }));
  document.getElementById("symbol")?.addEventListener("change", ({ target }) => {
    document.querySelectorAll("[data-of]").forEach((part) => { part.hidden = part.dataset.of !== target.value; });
    boxes.filter((box) => box.dataset.of === target.value).forEach(draw);
  });
})();

// A click on a heading sorts the trades by it, a second one the other way round.
document.getElementById("trades")?.tHead.addEventListener("click", ({ target }) => {
  const heading = target.closest("th"), body = document.getElementById("trades").tBodies[0];
  if (!heading) return;
  const down = heading.getAttribute("aria-sort") === "ascending", at = heading.cellIndex;
  [...heading.parentNode.cells].forEach((cell) => cell.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => { const cell = row.cells[at]; return "v" in cell.dataset ? +cell.dataset.v : cell.textContent; };
  const rows = [...body.rows].sort((a, b) => { const x = key(a), y = key(b); return x < y ? -1 : x > y ? 1 : 0; });
  body.append(...(down ? rows.reverse() : rows));
});

// A definition that would leave the screen opens to the left.
document.querySelectorAll(".tip").forEach((tip) => {
  const place = () => {
    tip.classList.remove("flipped");
    if (tip.getBoundingClientRect().right > document.documentElement.clientWidth - 8) tip.classList.add("flipped");
  };
  tip.parentNode.addEventListener("pointerenter", place);
  tip.parentNode.addEventListener("focus", place);
});
