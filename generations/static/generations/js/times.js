// Puts every moment into the reader's own time zone and keeps "8 min ago" true.

// The reader's own regional habits, as long as they are those of the page's language.
const page = document.documentElement.lang || "en";
const language = navigator.languages.find((one) => one.split("-")[0] === page.split("-")[0]) ?? page;
const styles = {
  date: { dateStyle: "medium" },
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  datetime: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
};
const steps = [
  [60, "minute", 60],
  [24 * 60, "hour", 3600],
  [Infinity, "day", 86400],
];
const relative = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });

function ago(moment) {
  const seconds = (Date.now() - moment) / 1000;
  if (seconds < 60) return null;
  const [, unit, size] = steps.find(([minutes]) => seconds / 60 < minutes);
  return relative.format(-Math.floor(seconds / size), unit).replace(". ", " ");
}

function put(element) {
  const moment = new Date(element.dateTime);
  const kind = element.dataset.show;
  element.title = moment.toLocaleString(language, { dateStyle: "full", timeStyle: "long" });
  const text = kind === "ago" ? ago(moment) : moment.toLocaleString(language, styles[kind]);
  if (text && element.textContent !== text) element.textContent = text;
}

function putAll(within = document) {
  for (const element of within.querySelectorAll("time[data-show]")) put(element);
}

putAll();
setInterval(() => putAll(), 30_000);
document.addEventListener("htmx:afterSettle", (event) => putAll(event.target));
document.addEventListener("htmx:oobAfterSwap", (event) => putAll(event.target.parentElement ?? document));
