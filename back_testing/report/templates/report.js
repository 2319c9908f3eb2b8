start(async (charts) => {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  const drawings = new Map(); // by box, once they were in view
  const chosen = { equity: { months: 0 }, candles: { months: 12 }, scores: { months: 12 } }; // group by group
  if (innerWidth < 600) chosen.candles.months = chosen.scores.months = 3;
  const script = document.createElement("script");
  script.textContent = await unpacked("library");
  document.head.append(script);

  const draw = (box) => {
    if (drawings.has(box)) return;
    const drawing = new Drawing(box, charts[box.dataset.chart]), { months, log } = chosen[box.dataset.group] ?? {};
    drawings.set(box, drawing);
    box.drawing = drawing;
    if (months) drawing.show(months);
    if (log) drawing.logarithmic = true;
  };
  const ofGroup = (group) => [...drawings.values()].filter((drawing) => drawing.group === group);
  const press = (group) => document.querySelectorAll(`[data-ranges="${group}"] button`)
    .forEach((button) => button.setAttribute("aria-pressed", String(+button.dataset.months === chosen[group].months)));

  boxes.filter((box) => !box.hidden).forEach(draw);
  Object.keys(chosen).forEach(press);
  dark.addEventListener("change", () => drawings.forEach((drawing) => drawing.paint()));
  document.querySelectorAll("[data-ranges]").forEach((bar) => bar.addEventListener("click", ({ target }) => {
    if (!target.dataset.months) return;
    const group = bar.dataset.ranges;
    chosen[group].months = +target.dataset.months;
    press(group);
    ofGroup(group).forEach((drawing) => drawing.show(chosen[group].months));
  }));
  document.querySelectorAll("[data-log]").forEach((button) => button.addEventListener("click", () => {
    const group = chosen[button.dataset.log];
    group.log = !group.log;
    button.setAttribute("aria-pressed", String(group.log));
    ofGroup(button.dataset.log).forEach((drawing) => { drawing.logarithmic = group.log; });
  }));
  document.getElementById("symbol")?.addEventListener("change", ({ target }) => {
    document.querySelectorAll("[data-of]").forEach((part) => { part.hidden = part.dataset.of !== target.value; });
    boxes.filter((box) => box.dataset.of === target.value).forEach(draw);
  });
});

// A click on a heading sorts the trades by it, a second one the other way round.
document.getElementById("trades")?.tHead.addEventListener("click", ({ target }) => {
  const heading = target.closest("th"), body = document.getElementById("trades").tBodies[0];
  if (!heading) return;
  const down = heading.getAttribute("aria-sort") === "ascending", at = heading.cellIndex;
  [...heading.parentNode.cells].forEach((cell) => cell.removeAttribute("aria-sort"));
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const key = (row) => { const cell = row.cells[at]; return heading.className ? +cell.textContent.replace(/[,%]/g, "") : cell.textContent; };
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
