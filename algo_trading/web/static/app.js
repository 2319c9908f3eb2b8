// Small conveniences: every page works without them.
"use strict";

// On a wide screen the menu is open, on a narrow one it opens when asked.
(() => {
  const menu = document.getElementById("menu");
  const narrow = window.matchMedia("(max-width: 760px)");
  const adapt = () => { if (menu) menu.open = !narrow.matches; };
  narrow.addEventListener("change", adapt);
  adapt();
})();

// What cannot be undone is asked once more.
document.addEventListener("submit", (event) => {
  const question = event.submitter && event.submitter.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});
