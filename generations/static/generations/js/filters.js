// A filter takes effect when it is changed; without a script its form has a button.

document.addEventListener("change", (event) => {
  event.target.closest("[data-filters]")?.requestSubmit();
});
