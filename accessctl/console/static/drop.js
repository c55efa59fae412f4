// Files that are dropped beside a file picker are taken by it, and what is chosen is counted; more
// than the hub takes at once is not sent.
"use strict";

(() => {
  const count = (picker) => {
    const told = picker.form.querySelector("[data-chosen]");
    if (told) {
      const bytes = [...picker.files].reduce((sum, file) => sum + file.size, 0);
      const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
      const size = (bytes / 1e6).toLocaleString(document.documentElement.lang, digits);
      const values = { count: picker.files.length, size, most: told.dataset.most };
      const tooMuch = bytes > told.dataset.most * 1e6;
      const phrase = tooMuch ? told.dataset.tooMuch : told.dataset.chosen;
      told.textContent = phrase.replace(/\{(\w+)\}/g, (_, name) => values[name]);
      picker.setCustomValidity(tooMuch ? told.textContent : "");
    }
  };
  for (const label of document.querySelectorAll("label.drop")) {
    const picker = label.querySelector("input[type=file]");
    picker.addEventListener("change", () => count(picker));
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      label.addEventListener(kind, (event) => {
        label.classList.toggle("over", kind === "dragenter" || kind === "dragover");
        if (event.target !== picker && !picker.webkitdirectory) {
          // The picker itself takes what falls on it, a folder, too.
          event.preventDefault();
        }
      });
    }
    label.addEventListener("drop", (event) => {
      if (event.target !== picker && !picker.webkitdirectory && event.dataTransfer.files.length) {
        picker.files = event.dataTransfer.files;
        count(picker);
      }
    });
  }
})();
