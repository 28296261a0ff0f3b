// Lets a rendering take's clock run between two answers of the server, from the server's own figure.

const started = new WeakMap();
const spell = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function tick() {
  if (document.hidden) return;
  for (const clock of document.querySelectorAll("[data-clock]")) {
    if (!started.has(clock)) started.set(clock, performance.now());
    const elapsed = Number(clock.dataset.clock) + (performance.now() - started.get(clock)) / 1000;
    const expected = Number(clock.dataset.expected ?? 0);
    const words = expected && elapsed > expected ? clock.dataset.late : clock.dataset.text;
    clock.textContent = words.replace("{elapsed}", spell(elapsed));
    if (expected) advance(clock, Math.min(95, (elapsed / expected) * 95));
  }
}

function advance(clock, share) {
  const bar = clock.closest(".media")?.querySelector(".bar[role='progressbar']");
  bar?.querySelector("rect").setAttribute("width", `${share}%`);
  bar?.setAttribute("aria-valuenow", Math.round(share));
}

setInterval(tick, 1000);
tick();
