// The composer: counting characters, ⌘↵, ideas, and keeping what somebody typed over a lost page.

const form = document.getElementById("composer");

if (form) {
  const areas = [...form.querySelectorAll("[data-draft]")];

  const count = (area) => {
    const output = form.querySelector(`[data-counts="${area.id}"]`);
    if (!output) return;
    const used = [...area.value].length;
    const over = used - Number(output.dataset.max);
    const words = over > 0 ? output.dataset.over : output.dataset.text;
    output.textContent = words.replace("{n}", used.toLocaleString()).replace("{over}", over.toLocaleString());
    output.classList.toggle("bad", over > 0);
    area.toggleAttribute("data-over", over > 0);
  };

  const draftOf = (area) => `draft:${area.name}`;
  for (const area of areas) {
    const kept = sessionStorage.getItem(draftOf(area));
    if (kept && !area.value) {
      area.value = kept;
      area.closest("details")?.setAttribute("open", "");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }
    count(area);
    area.addEventListener("input", () => {
      sessionStorage.setItem(draftOf(area), area.value);
      count(area);
    });
  }

  // An order ends what was asked about the price before it: a late answer would bring back the key that it has used.
  const body = form.querySelector(".composer-body");
  let ordering = false;
  let missed = false;
  // What stood in the composer when it was last sent. As long as it stands there, a new price must not take away the
  // small form beneath a refusal: typing ends with a change, which asks for the price a moment after the press.
  const wish = () => [...body.querySelectorAll("[name]")].filter((field) => field.type !== "file")
    .map((field) => `${field.name}=${field.matches("[type=radio], [type=checkbox]") ? field.checked : field.value}`).join("\n");
  let sent = "";
  const isAsking = () => form.querySelector("[data-ask]") && wish() === sent;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt === form) {
      ordering = true;
      sent = wish();
      window.htmx.trigger(body, "htmx:abort");
    } else if (event.detail.elt === body && ordering) {
      event.preventDefault();
      missed = true;
    } else if (event.detail.elt === body && isAsking()) {
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form) return;
    ordering = false;
    if (missed) window.htmx.trigger(body, "change");
    missed = false;
  });

  // Takes that end change what is left to order with: the price is asked for anew, but never under an open choice.
  const isStale = () => {
    const [now, shown] = ["purse", "quote"].map((id) => document.getElementById(id)?.dataset.available);
    return now !== undefined && now !== shown;
  };
  const renew = () => {
    if (isStale() && !ordering && !form.contains(document.activeElement?.closest("select, [type='range']"))) {
      window.htmx.trigger(body, "change");
    }
  };
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target?.id === "purse") setTimeout(renew, 0);
  });
  form.addEventListener("focusout", () => setTimeout(renew, 0));

  // Enter in a line of the small form beneath a refusal sends that one, not the whole composer.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.metaKey || event.ctrlKey || !event.target.matches("[data-ask] input")) return;
    event.preventDefault();
    form.querySelector("[data-ask-send]")?.click();
  });

  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    const button = document.getElementById("generate");
    if (!event.repeat) button.click();
  });

  document.addEventListener("click", (event) => {
    const idea = event.target.closest("[data-idea]");
    if (!idea || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const prompt = form.elements.prompt;
    prompt.value = idea.dataset.idea;
    document.getElementById("cap-text")?.click();
    prompt.dispatchEvent(new Event("input", { bubbles: true }));
    prompt.focus();
  });

  // The words beside a field change out of band; the field itself must say that it is wrong.
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target?.id !== "words") return;
    for (const problem of document.querySelectorAll("#words [data-field]")) {
      const field = document.getElementById(problem.dataset.field);
      if (problem.textContent.trim()) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  });
}
