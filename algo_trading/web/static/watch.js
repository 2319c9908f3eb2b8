// Brings the prices of the page up to date as the server sends them; without it a reload does.
"use strict";

(() => {
  const state = document.getElementById("live");
  const cells = new Map();
  for (const cell of document.querySelectorAll("[data-live]")) cells.set(cell.dataset.live, cell);

  const source = new EventSource(state.dataset.src);
  source.addEventListener("prices", (event) => {
    for (const [key, [text, look]] of Object.entries(JSON.parse(event.data))) {
      const cell = cells.get(key);
      if (!cell) continue;
      if (cell.textContent !== text) cell.textContent = text;
      if (cell.className !== look) cell.className = look;
    }
    state.textContent = ", kept up to date";
  });
  source.addEventListener("error", () => { state.textContent = "; the connection is lost, reload the page"; });
  window.addEventListener("pagehide", () => source.close());
})();
