// The API's documentation, from its own OpenAPI document.
"use strict";
window.SwaggerUIBundle({ url: document.getElementById("docs").dataset.src, dom_id: "#docs", deepLinking: true,
  validatorUrl: null, tryItOutEnabled: false });
