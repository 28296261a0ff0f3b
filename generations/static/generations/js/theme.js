// Runs before the first paint, so that a chosen theme never flashes and parts for one mode only never jump.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const read = () => {
    try {
      return localStorage.getItem("theme") || "auto";
    } catch {
      return "auto";
    }
  };

  const apply = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeSet === theme));
    }
  };

  apply(read());
  document.addEventListener("DOMContentLoaded", () => apply(read()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-set]");
    if (!button) return;
    try {
      localStorage.setItem("theme", button.dataset.themeSet);
    } catch {
      // A browser that keeps nothing still changes this page.
    }
    apply(button.dataset.themeSet);
  });
})();
