"use strict";
// What a script element of the page holds: gzip in base64, unpacked by the browser.
const unpacked = async (id) => {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
};

// Numbers as packed.py makes them: differences of decimals, null where there is none.
const numbers = ({ digits, deltas }) => {
  let sum = 0;
  return deltas.map((delta) => (delta === null ? null : (sum += delta) / 10 ** digits));
};

// Strings such as var(--up) become the colours of the page as it is now, light or dark.
const colour = (text) => getComputedStyle(document.documentElement).getPropertyValue(text.replace(/^var\(|\)$/g, "")).trim();

const element = (name, parent, className, text) => {
  const made = parent.appendChild(document.createElement(name));
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};

const dark = matchMedia("(prefers-color-scheme: dark)");

// Draws, says when it is done, and says in the charts' places why it could not.
const start = async (draw) => {
  try {
    await draw(JSON.parse(await unpacked("charts")));
  } catch (error) {
    console.warn(error);
    document.querySelectorAll("[data-chart]").forEach((box) => {
      box.classList.add("failed");
      box.textContent = "Charts need a browser of 2023 or newer.";
    });
  } finally {
    document.documentElement.dataset.ready = "yes";
  }
};
