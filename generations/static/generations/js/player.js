// A frame-exact player. The frame is the truth, a whole number from 0; time and timecode are computed from it and from
// the exact rate, never the other way round.

function readRate(text) {
  const [numerator, denominator] = text.split("/").map(Number);
  return { numerator, denominator: denominator || 1 };
}

function attach(root) {
  const video = root.querySelector("video");
  const bar = root.querySelector("[data-controls]");
  const head = root.querySelector("[data-head]");
  const field = root.querySelector("[data-frame]");
  const code = root.querySelector("[data-timecode]");
  const button = root.querySelector("[data-play]");
  const { numerator, denominator } = readRate(root.dataset.rate);
  const frames = Number(root.dataset.frames);
  const nominal = Math.round(numerator / denominator);
  const limits = (frame) => Math.min(frames - 1, Math.max(0, frame));
  let frame = 0;

  const middleOf = (number) => ((number + 0.5) * denominator) / numerator;
  const frameAt = (seconds) => limits(Math.floor((seconds * numerator) / denominator + 0.001));
  const two = (number) => String(number).padStart(2, "0");
  const timecode = (number) => {
    const seconds = Math.floor(number / nominal);
    return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, number % nominal].map(two).join(":");
  };

  function show(number) {
    frame = limits(number);
    head.value = frame;
    head.style.setProperty("--p", `${(frame / Math.max(1, frames - 1)) * 100}%`);
    head.setAttribute("aria-valuetext", root.dataset.valueText.replace("{frame}", frame));
    code.textContent = timecode(frame);
    if (document.activeElement !== field) field.value = frame;
  }

  function go(number) {
    video.pause();
    show(number);
    video.currentTime = middleOf(frame);
  }

  function toggle() {
    if (!video.paused) return video.pause();
    if (frame >= frames - 1) video.currentTime = 0;
    return video.play().catch(() => {});
  }

  function follow() {
    if (!video.requestVideoFrameCallback) return;
    const step = (now, facts) => {
      if (!video.paused) show(frameAt(facts.mediaTime + denominator / numerator / 2));
      video.requestVideoFrameCallback(step);
    };
    video.requestVideoFrameCallback(step);
  }

  function flip(control, first, second, on) {
    control.querySelector(`[data-when="${first}"]`).hidden = on;
    control.querySelector(`[data-when="${second}"]`).hidden = !on;
  }

  function showState() {
    const playing = !video.paused;
    flip(button, "paused", "playing", playing);
    button.setAttribute("aria-label", playing ? button.dataset.labelPause : button.dataset.labelPlay);
    root.classList.toggle("playing", playing);
    if (!playing) show(frameAt(video.currentTime));
  }

  const press = (selector, act) => root.querySelector(selector)?.addEventListener("click", act);
  const flipPressed = (control, on) => control.setAttribute("aria-pressed", String(on));

  video.removeAttribute("controls");
  video.parentElement.style.setProperty("--shape", `${video.width} / ${video.height}`);
  bar.hidden = false;
  video.addEventListener("click", toggle);
  for (const kind of ["play", "pause", "ended"]) video.addEventListener(kind, showState);
  if (!video.requestVideoFrameCallback) video.addEventListener("timeupdate", () => show(frameAt(video.currentTime)));
  video.addEventListener("error", () => {
    const line = document.createElement("p");
    line.className = "note bad";
    line.setAttribute("role", "alert");
    line.textContent = root.dataset.failed;
    if (!root.querySelector(".note.bad")) root.append(line);
  });
  head.addEventListener("input", () => go(Number(head.value)));
  field.addEventListener("change", () => {
    const asked = Number.parseInt(field.value, 10);
    if (Number.isNaN(asked)) field.value = frame;
    else go(asked);
    field.value = frame;
  });
  press("[data-play]", toggle);
  for (const step of root.querySelectorAll("[data-step]")) {
    step.addEventListener("click", () => go(frame + Number(step.dataset.step)));
  }
  press("[data-loop]", ({ currentTarget }) => {
    video.loop = !video.loop;
    flipPressed(currentTarget, video.loop);
  });
  press("[data-mute]", ({ currentTarget }) => {
    video.muted = !video.muted;
    flip(currentTarget, "loud", "muted", video.muted);
    flipPressed(currentTarget, video.muted);
  });
  press("[data-fullscreen]", () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen()));

  root.go = (by) => go(frame + by);
  root.toggle = toggle;
  show(0);
  follow();
}

const attached = new WeakSet();
function attachAll() {
  for (const root of document.querySelectorAll("[data-player]")) {
    if (!attached.has(root)) attach(root);
    attached.add(root);
  }
}

// Single keys are off while a field or a button has the focus that needs them itself.
document.addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const link = document.querySelector(`a[data-key="${event.key.toLowerCase()}"]`);
  if (link) return link.click();
  const root = document.querySelector("[data-player]");
  if (!root?.go) return;
  if (event.key === " " && !event.target.closest("button, a, summary")) {
    event.preventDefault();
    root.toggle();
  }
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (way) {
    event.preventDefault();
    root.go(way * (event.shiftKey ? 10 : 1));
  }
});

document.addEventListener("htmx:oobAfterSwap", attachAll);
attachAll();
