// A metric over two parameters: a cell for each pair, drawn on a canvas; the one under the cursor is read out.
const LOW_TO_HIGH = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
const LOSSES = { light: [[178, 24, 43], [239, 138, 98]], dark: [[255, 140, 115], [165, 62, 58]] };
const GAINS = { light: [[103, 169, 207], [33, 102, 172]], dark: [[47, 101, 158], [128, 192, 255]] };

start(async (charts) => {
  const box = document.querySelector("[data-chart]"), { metric, across, down, cells, colours } = charts.heatmap;
  const values = numbers(cells), finite = values.filter((value) => value !== null);
  const low = finite.reduce((a, b) => Math.min(a, b), Infinity), high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
  const columns = across.values.length, rows = down.values.length, reach = Math.max(-low, high);
  let at = values.indexOf(high);

  const said = (value) => (value === null ? "not tried or invalid" : String(+value.toPrecision(4)));
  const words = (i) => `${down.name} ${down.values[Math.floor(i / columns)]}, ${across.name} ${across.values[i % columns]}: ${metric} ${said(values[i])}`;

  const stops = () => {
    if (colours === "low to high") return LOW_TO_HIGH;
    const middle = colour("--chip").match(/\w\w/g).map((part) => parseInt(part, 16));
    const scheme = dark.matches ? "dark" : "light";
    return [...LOSSES[scheme], middle, ...GAINS[scheme]];
  };
  const shade = (value, of) => {
    const part = colours === "low to high" ? (high > low ? (value - low) / (high - low) : 1) : (value / reach + 1) / 2;
    const place = Math.min(of.length - 2, Math.floor(part * (of.length - 1))), rest = part * (of.length - 1) - place;
    return of[place].map((from, i) => Math.round(from + (of[place + 1][i] - from) * rest));
  };

  // Rows and columns as CSS places them; labels where they have room.
  const grid = element("div", box, "map"), canvas = element("canvas", grid), cursor = element("span", grid, "cursor");
  const readout = document.getElementById("readout");
  canvas.width = columns;
  canvas.height = rows;
  const labels = (axis, className, room) => {
    const line = element("div", box, className), count = axis.values.length;
    const every = Math.ceil(count / Math.max(1, Math.floor(room / (className === "across" ? 44 : 22))));
    axis.values.forEach((value, i) => {
      if (i % every) return;
      element("span", line, "", value).style[className === "across" ? "left" : "bottom"] = `${((i + 0.5) / count) * 100}%`;
    });
    return line;
  };

  const paint = () => {
    const pen = canvas.getContext("2d"), image = pen.createImageData(columns, rows), of = stops();
    values.forEach((value, i) => {
      if (value === null) return;
      const row = rows - 1 - Math.floor(i / columns); // the first value lies at the bottom
      image.data.set([...shade(value, of), 255], 4 * (row * columns + (i % columns)));
    });
    pen.clearRect(0, 0, columns, rows);
    pen.putImageData(image, 0, 0);
    const gradient = of.map((stop) => `rgb(${stop.join(" ")})`).join(", ");
    document.getElementById("scale").style.background = `linear-gradient(to right, ${gradient})`;
  };
  const mark = (i) => {
    at = i;
    Object.assign(cursor.style, { width: `${100 / columns}%`, height: `${100 / rows}%`,
      left: `${((i % columns) / columns) * 100}%`, bottom: `${(Math.floor(i / columns) / rows) * 100}%` });
    readout.textContent = words(i);
  };
  let lines = [];
  const place = () => {
    lines.forEach((line) => line.remove());
    lines = [labels(across, "across", grid.clientWidth), labels(down, "down", grid.clientHeight)];
  };

  grid.addEventListener("pointermove", (event) => {
    const { left, top, width, height } = grid.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * columns), row = Math.floor((1 - (event.clientY - top) / height) * rows);
    if (column >= 0 && column < columns && row >= 0 && row < rows) mark(row * columns + column);
  });
  box.addEventListener("keydown", (event) => {
    const column = at % columns, row = Math.floor(at / columns);
    const to = { ArrowLeft: [column - 1, row], ArrowRight: [column + 1, row], ArrowUp: [column, row + 1], ArrowDown: [column, row - 1] }[event.key];
    if (!to) return;
    event.preventDefault();
    if (to[0] >= 0 && to[0] < columns && to[1] >= 0 && to[1] < rows) mark(to[1] * columns + to[0]);
  });
  const ends = colours === "low to high" ? [low, high] : [-reach, reach];
  document.getElementById("lowest").textContent = finite.length ? said(ends[0]) : "";
  document.getElementById("highest").textContent = finite.length ? said(ends[1]) : "";
  new ResizeObserver(place).observe(grid);
  place();
  paint();
  if (finite.length) mark(at);
  dark.addEventListener("change", paint);
});
