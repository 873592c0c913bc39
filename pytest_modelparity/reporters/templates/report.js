"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId("said").textContent = text; };

  // --- theme: the system's until someone chooses another, which is kept where storage works
  const KEY = "modelparity-theme";
  const stored = (act) => { try { return act(window.localStorage); } catch { return null; } };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const button = byId("theme");
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const showTheme = () => { button.setAttribute("aria-pressed", String(isDark())); };
  const kept = stored((storage) => storage.getItem(KEY));
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  button.hidden = false;
  showTheme();
  system.addEventListener("change", showTheme);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    stored((storage) => storage.setItem(KEY, root.dataset.theme));
    showTheme();
  });

  // --- filters
  const form = byId("filters");
  if (form) {
    const rows = [...document.querySelectorAll("tr[data-check]")].map((row) => ({
      row,
      section: byId(row.dataset.check),
      text: row.textContent.toLowerCase(),
    }));
    const filter = () => {
      const verdict = form.elements.verdict.value;
      const words = byId("find").value.toLowerCase().split(/\s+/).filter(Boolean);
      let seen = 0;
      for (const { row, section, text } of rows) {
        const match = (!verdict || row.dataset.verdict === verdict)
          && words.every((word) => text.includes(word));
        row.hidden = !match;
        section.hidden = !match;
        seen += match ? 1 : 0;
      }
      byId("matches").textContent = `${seen} of ${rows.length} checks`;
      byId("none").hidden = seen > 0;
    };
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    filter();
  }

  // --- copying
  const select = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      // No clipboard here: leave the text selected, so that the keys for copying take it.
      select(code);
      return document.execCommand("copy");
    }
  };
  for (const item of document.querySelectorAll("button.copy")) {
    item.hidden = false;
    item.addEventListener("click", async () => {
      const done = await copy(item.parentElement.querySelector("code"));
      item.textContent = done ? "Copied" : "Selected";
      say(done ? "The program is copied" : "The program is selected: press the keys for copying");
    });
  }

  // --- printing: all details open, for browsers whose style sheet cannot do it
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const item of opened) item.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const item of opened) item.open = false;
    opened = [];
  });
})();
