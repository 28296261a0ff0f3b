// Keeps open takes fresh with one request for all of them: every 3 s in the first minute after a change, then every
// 10 s, then every 30 s; never while the tab is hidden; not at all once every take is at its end.

const MINUTE = 60_000;
let changedAt = performance.now();
let timer = null;
let plannedAt = 0;
let asking = false;

const place = () => document.querySelector("[data-live]");
const open = () => [...(place()?.querySelectorAll("[data-card][data-open]") ?? [])];

function pause() {
  const age = performance.now() - changedAt;
  return age < MINUTE ? 3_000 : age < 5 * MINUTE ? 10_000 : 30_000;
}

// A question that is already planned is never put off: somebody who keeps working still sees the takes move.
function plan() {
  const at = performance.now() + pause();
  if (timer && at >= plannedAt) return;
  clearTimeout(timer);
  timer = null;
  if (document.hidden || !open().length) return;
  plannedAt = at;
  timer = setTimeout(ask, pause());
}

function forget() {
  clearTimeout(timer);
  timer = null;
}

async function ask() {
  forget();
  const cards = open();
  if (asking || !cards.length) return;
  asking = true;
  const query = new URLSearchParams({ ids: cards.map(({ dataset }) => `${dataset.card}:${dataset.version}`).join(",") });
  try {
    await window.htmx.ajax("GET", `${place().dataset.live}?${query}`, {
      source: place(),
      target: place(),
      swap: "none",
      headers: { "X-Background": "yes" },
    });
  } finally {
    asking = false;
    plan();
  }
}

// What a take was and said before a swap, to announce only what is new.
const known = new Map();
const said = new Map();
function remember() {
  for (const { dataset } of document.querySelectorAll("[data-card]")) {
    known.set(dataset.card, dataset.status);
    said.set(dataset.card, dataset.say);
  }
}

function notice() {
  for (const { dataset } of document.querySelectorAll("[data-card]")) {
    if (known.get(dataset.card) === dataset.status && said.get(dataset.card) === dataset.say) continue;
    changedAt = performance.now();
    if (dataset.say && said.get(dataset.card) !== dataset.say) {
      document.dispatchEvent(new CustomEvent("say", { detail: { text: dataset.say, urgent: "urgent" in dataset } }));
    }
  }
  remember();
  for (const output of document.querySelectorAll("[data-count]")) {
    output.textContent = document.querySelectorAll(`[data-card][data-group="${output.dataset.count}"]`).length;
  }
  const head = document.querySelector("[data-live-head]");
  if (head && known.size) head.hidden = false;
  plan();
}

// A link to a card must not lead to one that a filter hides.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-see]")) document.querySelector('[name="show"][value="all"]')?.click();
});

document.addEventListener("htmx:afterSettle", notice);
document.addEventListener("htmx:oobAfterSwap", () => queueMicrotask(notice));
document.addEventListener("visibilitychange", () => {
  if (document.hidden) forget();
  else if (open().length) ask();
});
addEventListener("online", () => open().length && ask());

remember();
plan();
