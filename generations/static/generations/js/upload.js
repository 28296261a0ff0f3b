// Puts an image into a slot: checks it here first, with the server's own limits, then sends it and shows how far it is.
// The server checks again and answers with the slot as it then is.

const KINDS = ["image/jpeg", "image/png"];
const slotOf = (node) => node.closest?.("[data-slot]");
const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
const megabytes = (bytes) =>
  new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(bytes / 1e6);
const say = (text) => document.dispatchEvent(new CustomEvent("say", { detail: { text } }));
const tell = (kind) => document.dispatchEvent(new CustomEvent("trouble", { detail: kind }));

async function findFault(file, slot) {
  const limits = slot.dataset;
  const words = slot.querySelector("[data-says]").dataset;
  if (!KINDS.includes(file.type)) return words.type;
  if (file.size > Number(limits.maxBytes)) return fill(words.size, { size: megabytes(file.size) });
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return words.type;
  }
  const { width, height } = picture;
  picture.close();
  if (Math.min(width, height) < Number(limits.minSide)) return fill(words.small, { width, height });
  const ratio = width / height;
  if (ratio < Number(limits.ratioMin) || ratio > Number(limits.ratioMax)) return fill(words.ratio, { ratio: ratio.toFixed(2) });
  return null;
}

function refuse(slot, file, reason) {
  const note = slot.querySelector("[data-refused]");
  note.querySelector("[data-refused-name]").textContent = file.name;
  note.querySelector("[data-refused-reason]").textContent = reason;
  note.hidden = false;
}

function showProgress(slot, file, sent, total) {
  const box = slot.querySelector("[data-progress]");
  const line = box.querySelector("[data-progress-text]");
  const share = Math.round((sent / total) * 100);
  const words = sent < total ? line.dataset.text : line.dataset.checking;
  line.textContent = fill(words, { name: file.name, sent: megabytes(sent), total: megabytes(total) });
  box.querySelector("rect").setAttribute("width", `${share}%`);
  box.querySelector("svg").setAttribute("aria-valuenow", share);
  box.hidden = false;
}

async function add(slot, file) {
  if (slot.dataset.busy) return;
  slot.dataset.busy = "yes";
  slot.querySelector("[data-refused]").hidden = true;
  const fault = await findFault(file, slot);
  if (fault) {
    delete slot.dataset.busy;
    refuse(slot, file, fault);
    return;
  }
  send(slot, file);
}

function send(slot, file) {
  const form = slot.closest("form");
  const body = new FormData();
  body.append("role", slot.dataset.role);
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append("current", slot.querySelector('input[type="hidden"]').value);
  body.append("file", file);
  const request = new XMLHttpRequest();
  request.open("POST", slot.dataset.url);
  request.setRequestHeader("HX-Request", "true");
  request.upload.addEventListener("progress", (event) => showProgress(slot, file, event.loaded, event.total));
  request.addEventListener("load", () => answer(slot, file, request));
  request.addEventListener("error", () => {
    stop(slot);
    tell(navigator.onLine ? "unreachable" : "offline");
  });
  showProgress(slot, file, 0, file.size);
  request.send(body);
}

function stop(slot) {
  delete slot.dataset.busy;
  slot.querySelector("[data-progress]").hidden = true;
}

function answer(slot, file, request) {
  stop(slot);
  if (![200, 422].includes(request.status)) {
    tell({ 401: "session", 403: "refused" }[request.status] ?? "broken");
    return;
  }
  const parsed = new DOMParser().parseFromString(request.responseText, "text/html");
  const fresh = parsed.querySelector("[data-slot]");
  if (!fresh) {
    tell("broken");
    return;
  }
  const done = slot.querySelector("[data-says]").dataset.done;
  slot.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (request.status === 200) {
    say(fill(done, { name: file.name }));
    fresh.dispatchEvent(new Event("change", { bubbles: true }));
  }
  fresh.querySelector('input[type="file"]')?.focus({ preventScroll: true });
}

// Before htmx hears of it: a chosen file is sent from here, and its field is emptied so that no form sends it again.
document.addEventListener(
  "change",
  (event) => {
    if (!event.target.matches('[data-slot] input[type="file"]')) return;
    event.stopPropagation();
    const [file] = event.target.files;
    event.target.value = "";
    if (file) add(slotOf(event.target), file);
  },
  true,
);

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    const slot = slotOf(event.target);
    if (!slot || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    (slot.querySelector(".drop") ?? slot).classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  const slot = slotOf(event.target);
  if (slot && !slot.contains(event.relatedTarget)) clearOver(slot);
});
document.addEventListener("drop", (event) => {
  const slot = slotOf(event.target);
  if (!slot || !event.dataTransfer?.files.length) return;
  event.preventDefault();
  clearOver(slot);
  if (event.dataTransfer.files.length > 1) say(slot.querySelector("[data-says]").dataset.many);
  add(slot, event.dataTransfer.files[0]);
});

function clearOver(slot) {
  slot.classList.remove("over");
  slot.querySelector(".drop")?.classList.remove("over");
}

// An image can be pasted as well, into the first slot that is open.
document.addEventListener("paste", (event) => {
  const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
  const slot = document.querySelector(".frames [data-slot]:has(input[type='file'])");
  if (!file || !slot?.checkVisibility()) return;
  event.preventDefault();
  add(slot, file);
});

// A fresh price brings the slots along; one that would look the same stays, with its progress, note and focus.
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (!target?.matches?.("[data-slot]")) return;
  const fresh = fragment.querySelector?.("[data-slot]") ?? fragment;
  if (target.dataset.busy || fresh.dataset?.state === target.dataset.state) event.detail.shouldSwap = false;
});
