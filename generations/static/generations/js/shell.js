// What every page shares: announcements, busy buttons, and plain words when a request cannot be made.
// Modules do not import each other; they speak through the events `say` and `trouble` on document.

const polite = document.getElementById("announce");
const assertive = document.getElementById("alert");
const trouble = document.getElementById("trouble");

document.addEventListener("say", (event) => {
  const region = event.detail.urgent ? assertive : polite;
  const line = document.createElement("p");
  line.textContent = event.detail.text;
  region.append(line);
  while (region.children.length > 3) region.firstElementChild.remove();
});

// A toast is for the eyes; whoever sends one has it announced as well. It stays while somebody points at it.
function passing(toast) {
  const go = () => (toast.matches(":hover, :focus-within") ? setTimeout(go, 1_000) : toast.remove());
  setTimeout(go, 8_000);
}
const toasts = document.getElementById("toasts");
if (toasts) {
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) if (node.matches?.("[data-toast]")) passing(node);
  }).observe(toasts, { childList: true });
  toasts.addEventListener("click", (event) => {
    if (event.target.closest("a")) event.target.closest("[data-toast]").remove();
  });
}

document.addEventListener("trouble", (event) => showTrouble(event.detail));

function showTrouble(kind) {
  const words = document.getElementById(`trouble-${kind}`);
  if (!trouble || !words) return;
  trouble.querySelector("span").replaceChildren(words.content.cloneNode(true));
  trouble.dataset.kind = kind;
  trouble.hidden = false;
}

function hideTrouble(...kinds) {
  if (trouble && (!kinds.length || kinds.includes(trouble.dataset.kind))) trouble.hidden = true;
}

trouble?.querySelector("[data-dismiss]").addEventListener("click", () => hideTrouble());

addEventListener("offline", () => showTrouble("offline"));
addEventListener("online", () => hideTrouble("offline", "unreachable"));
if (!navigator.onLine) showTrouble("offline");

// A background look at the cards may fail quietly; what a person asked for may not.
const isBackground = (event) => event.detail.requestConfig?.headers?.["X-Background"];

document.addEventListener("htmx:sendError", (event) => {
  if (!isBackground(event)) showTrouble(navigator.onLine ? "unreachable" : "offline");
});
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) showTrouble("session");
  else if (isBackground(event)) return;
  else showTrouble(status === 403 || status === 404 ? "refused" : "broken");
});
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful && !isBackground(event)) hideTrouble("session", "unreachable", "broken", "refused");
});

// Signing in again in another tab changes the token that forms carry; the cookie always has the one that counts.
function renewToken() {
  const [, token] = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) ?? [];
  if (!token) return;
  for (const field of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) field.value = token;
}
document.addEventListener("visibilitychange", renewToken);
addEventListener("focus", renewToken);
document.addEventListener("submit", renewToken, true);

// A pressed button says that it works. `submit` covers forms without htmx too.
let pressed = null;
document.addEventListener("submit", (event) => {
  pressed = event.submitter;
  pressed?.setAttribute("aria-busy", "true");
});
const release = () => {
  pressed?.removeAttribute("aria-busy");
  pressed = null;
};
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("form")) release();
});
addEventListener("pageshow", release);
