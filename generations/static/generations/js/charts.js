// Draws the charts of a page. Each canvas names the JSON block with its figures; the same figures follow as a table.
// Colours come from the tokens, so a chart is drawn anew when the theme changes, and in light ones before printing.

const { Chart } = window;
const language = document.documentElement.lang || "en";
const printed = matchMedia("print");
const PAPER = { width: 680, height: 260 };
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 2]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];
let onPaper = false;
let drawn = [];

// A probe says what a token is at this moment: `light-dark()` is only resolved where a colour is used.
function readColours() {
  const probe = document.createElement("span");
  if (onPaper) probe.style.colorScheme = "light";
  document.body.append(probe);
  const colour = (token) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const colours = {
    series: [1, 2, 3, 4, 5, 6].map((number) => colour(`data-${number}`)),
    text: colour(onPaper ? "text" : "text-3"),
    strong: colour("text"),
    line: colour(onPaper ? "line-strong" : "line"),
    surface: colour("surface"),
  };
  probe.remove();
  return colours;
}

function writer(unit) {
  const styles = { percent: { style: "unit", unit: "percent" }, money: { style: "currency", currency: "USD" } };
  return new Intl.NumberFormat(language, { maximumFractionDigits: 3, ...styles[unit] });
}

function dataset(series, index, figures, colours) {
  const colour = colours.series[index % 6];
  const common = { label: series.label, data: series.values, backgroundColor: colour };
  if (figures.kind === "line") {
    return {
      ...common,
      borderColor: colour,
      borderDash: DASHES[index % 6],
      borderWidth: 2.25,
      pointStyle: POINTS[index % 6],
      pointRadius: figures.labels.length > 40 ? 0 : 3,
      pointHoverRadius: 5,
      spanGaps: false,
      tension: 0,
    };
  }
  const gap = figures.stacked ? { borderColor: colours.surface, borderWidth: { top: 1 } } : {};
  return { ...common, ...gap, borderRadius: 1.5, maxBarThickness: figures.kind === "rows" ? 18 : 48 };
}

function scale(colours, more) {
  return {
    border: { display: false },
    ...more,
    grid: { color: colours.line, ...more.grid },
    ticks: { color: colours.text, ...more.ticks },
  };
}

// A long name would push the bars aside, and be cut at its beginning; the tooltip and the table have it whole.
const LONGEST = 24;
function short(name) {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1).trimEnd()}…` : name;
}

function configuration(figures, colours) {
  const numbers = writer(figures.unit);
  const sideways = figures.kind === "rows";
  const stacked = Boolean(figures.stacked);
  const values = scale(colours, {
    stacked,
    beginAtZero: true,
    ticks: { callback: (value) => numbers.format(value), maxTicksLimit: 6, maxRotation: 0 },
  });
  const names = scale(colours, {
    stacked,
    grid: { display: false },
    ticks: sideways ? { autoSkip: false, callback: (at) => short(figures.labels[at]) } : { maxRotation: 0, autoSkipPadding: 12 },
  });
  return {
    type: figures.kind === "line" ? "line" : "bar",
    data: {
      labels: figures.labels,
      datasets: figures.series.map((series, index) => dataset(series, index, figures, colours)),
    },
    options: {
      animation: false,
      responsive: !onPaper,
      maintainAspectRatio: false,
      devicePixelRatio: onPaper ? 3 : undefined,
      indexAxis: sideways ? "y" : "x",
      interaction: { mode: "index", axis: sideways ? "y" : "x", intersect: false },
      scales: sideways ? { x: values, y: names } : { x: names, y: values },
      plugins: {
        legend: { display: false },
        tooltip: {
          backgroundColor: colours.surface,
          titleColor: colours.strong,
          bodyColor: colours.strong,
          borderColor: colours.text,
          borderWidth: 1,
          callbacks: {
            label: (at) => ` ${at.dataset.label}: ${at.raw === null ? "–" : numbers.format(at.raw)}`,
          },
        },
      },
    },
  };
}

// Bars on their side need as much room as they are many.
function rowsHeight({ labels, series, stacked }) {
  return 40 + labels.length * (stacked ? 34 : 14 + 20 * series.length);
}

function draw() {
  for (const chart of drawn) chart.destroy();
  const colours = readColours();
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 11;
  drawn = [...document.querySelectorAll("canvas[data-figures]")].map((canvas) => {
    const figures = JSON.parse(document.getElementById(canvas.dataset.figures).textContent);
    const height = figures.kind === "rows" ? rowsHeight(figures) : PAPER.height;
    if (onPaper) Object.assign(canvas, { ...PAPER, height });
    else if (figures.kind === "rows") canvas.parentElement.style.blockSize = `${height}px`;
    return new Chart(canvas, configuration(figures, colours));
  });
}

function turn(toPaper) {
  if (toPaper === onPaper) return;
  onPaper = toPaper;
  // On paper nothing can be opened.
  for (const folded of document.querySelectorAll("details.beneath")) folded.open = toPaper;
  draw();
}

if (Chart) {
  draw();
  // Text is measured once: the drawing waits for the font of the page, and is put right when it comes.
  document.fonts.ready.then(draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  printed.addEventListener("change", () => turn(printed.matches));
  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
}
