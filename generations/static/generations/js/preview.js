// Plays a short preview while the pointer or the focus rests on a finished take.

const still = matchMedia("(prefers-reduced-motion: reduce)");

function play(media) {
  if (still.matches || navigator.connection?.saveData || media.querySelector("video")) return;
  const film = document.createElement("video");
  film.className = "preview";
  film.muted = film.loop = film.playsInline = true;
  film.tabIndex = -1;
  film.setAttribute("aria-hidden", "true");
  film.src = media.dataset.preview;
  film.addEventListener("playing", () => film.classList.add("on"));
  media.append(film);
  film.play().catch(() => film.remove());
}

function stop(media) {
  const film = media.querySelector("video.preview");
  if (!film) return;
  film.removeAttribute("src");
  film.remove();
}

const mediaOf = (event) => event.target.closest?.("[data-preview]");
document.addEventListener("pointerover", (event) => {
  const media = mediaOf(event);
  if (media && event.pointerType !== "touch") play(media);
});
document.addEventListener("pointerout", (event) => {
  const media = mediaOf(event);
  if (media && !media.contains(event.relatedTarget)) stop(media);
});
document.addEventListener("focusin", (event) => {
  const media = mediaOf(event);
  if (media?.matches(":focus-visible")) play(media);
});
document.addEventListener("focusout", (event) => {
  const media = mediaOf(event);
  if (media && !media.matches(":hover")) stop(media);
});
