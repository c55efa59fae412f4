// While a door takes a photo its button cannot be pressed again, and says what to do.
"use strict";

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    document.querySelectorAll("form[data-once] button").forEach((one) => { one.disabled = true; });
    form.querySelector("button").textContent = form.dataset.once;
  });
}
