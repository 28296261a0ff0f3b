// Paints the filled part of a slider and writes its value beside it.

function paint(range) {
  const share = ((range.value - range.min) / (range.max - range.min)) * 100;
  range.style.setProperty("--p", `${share}%`);
  for (const output of range.labels?.length ? document.querySelectorAll(`output[for="${range.id}"]`) : []) {
    const value = Number(range.value);
    output.textContent = "signed" in output.dataset && value > 0 ? `+${value}` : String(value).replace("-", "−");
  }
}

function paintAll(within) {
  for (const range of within.querySelectorAll?.('input[type="range"]:not([data-head])') ?? []) paint(range);
}

document.addEventListener("input", (event) => {
  if (event.target.matches('input[type="range"]:not([data-head])')) paint(event.target);
});
document.addEventListener("htmx:afterSwap", (event) => paintAll(event.detail.target.parentElement ?? document));
paintAll(document);
