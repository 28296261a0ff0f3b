// A folded menu closes when one presses elsewhere or Escape; without a script its summary still does both.

const openOnes = () => document.querySelectorAll("details.drop[open]");

document.addEventListener("click", (event) => {
  for (const menu of openOnes()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openOnes()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
