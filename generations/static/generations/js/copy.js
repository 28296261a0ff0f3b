// Copies the text of an element to the clipboard and says so.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
  document.dispatchEvent(new CustomEvent("say", { detail: { text: button.dataset.done } }));
});
