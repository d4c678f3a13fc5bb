// <salus-chart>: draws the series of its JSON block as lines over time, in the page's colours.
// ECharts is loaded when the first chart is there; it draws on a canvas and styles nothing inline.

const COLOURS = ["--salus-spruce", "--salus-apricot-ink", "--salus-info", "--salus-bad"];
const SYMBOLS = ["circle", "rect", "triangle", "diamond"];
const LINES = ["solid", "dashed", "dotted", [8, 3, 2, 3]];
const MONTH = 30.44 * 24 * 3600 * 1000;

const paper = matchMedia("print");

let library;
const echarts = (url) =>
  (library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  }));

// A custom property may hold light-dark(): only an element's computed colour is a plain one.
const colour = (element, property) => {
  element.style.color = `var(${property})`;
  const plain = getComputedStyle(element).color;
  element.style.color = "";
  return plain;
};

class SalusChart extends HTMLElement {
  #chart;
  #resize;
  #months = 0;

  async connectedCallback() {
    this.series = JSON.parse(document.getElementById(this.getAttribute("data")).textContent);
    this.unit = this.getAttribute("unit");
    this.canvas = this.querySelector(".chart-canvas");
    const { init } = await echarts(this.getAttribute("library"));
    if (!this.isConnected) return;
    this.#chart = init(this.canvas, null, { renderer: "canvas" });
    this.#resize = new ResizeObserver(() => this.#chart.resize());
    this.#resize.observe(this.canvas);
    document.addEventListener("salus:theme", this.draw);
    paper.addEventListener("change", this.#print);
    this.addEventListener("click", this.#choose);
    this.draw();
    this.dataset.ready = "yes";
  }

  disconnectedCallback() {
    document.removeEventListener("salus:theme", this.draw);
    paper.removeEventListener("change", this.#print);
    this.#resize?.disconnect();
    this.#chart?.dispose();
  }

  #choose = (event) => {
    const button = event.target.closest("[data-months]");
    if (!button) return;
    this.#months = Number(button.dataset.months);
    for (const other of this.querySelectorAll("[data-months]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    this.draw();
  };

  // Paper is always light, and does not wait for the next frame.
  #print = () => {
    this.#chart.resize();
    this.draw();
    this.#chart.getZr().flush();
  };

  draw = () => {
    const ink = colour(this, "--salus-ink");
    const soft = colour(this, "--salus-ink-soft");
    const line = colour(this, "--salus-line");
    const surface = colour(this, "--salus-surface");
    const band = colour(this, "--salus-spruce-tint");
    const text = { color: soft, fontFamily: getComputedStyle(this).fontFamily.replaceAll('"', ""), fontSize: 14 };
    const page = document.documentElement.lang;
    const language = page === "en" ? "en-GB" : page; // dates as the pages write them: 3 March 2026
    const day = new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" });
    const number = new Intl.NumberFormat(language);
    const amount = (value) => `${number.format(value)}${this.unit ? ` ${this.unit}` : ""}`;
    const moments = this.series.flatMap(({ points }) => points.map(([at]) => Date.parse(at)));
    const from = this.#months ? Math.max(...moments) - this.#months * MONTH : undefined;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

    this.#chart.setOption(
      {
        animation: !still && !paper.matches,
        animationDuration: 400,
        textStyle: text,
        useUTC: true,
        grid: { left: 4, right: 16, top: this.series.length > 1 ? 44 : 24, bottom: 4, containLabel: true },
        legend: { show: this.series.length > 1, left: 0, top: 4, itemWidth: 36, textStyle: { ...text, color: ink } },
        tooltip: {
          trigger: "axis",
          renderMode: "richText",
          confine: true,
          backgroundColor: surface,
          borderColor: line,
          borderWidth: 1,
          textStyle: { ...text, color: ink },
          axisPointer: { lineStyle: { color: soft } },
          formatter: (items) =>
            [
              day.format(items[0].value[0]),
              ...items.map(({ seriesName, value }) => `${seriesName}: ${amount(value[1])}`),
            ].join("\n"),
        },
        xAxis: {
          type: "time",
          min: from,
          axisLine: { lineStyle: { color: line } },
          axisTick: { show: false },
          axisLabel: { ...text, hideOverlap: true },
          splitLine: { show: false },
        },
        yAxis: {
          type: "value",
          scale: true,
          axisLabel: { ...text, formatter: (value) => number.format(value) },
          splitLine: { lineStyle: { color: line } },
        },
        series: this.series.map(({ name, points, band: usual }, index) => {
          const own = colour(this, COLOURS[index % COLOURS.length]);
          return {
            name,
            type: "line",
            data: points.map(([at, value]) => [Date.parse(at), Number(value)]),
            symbol: SYMBOLS[index % SYMBOLS.length],
            symbolSize: 8,
            showAllSymbol: points.length < 80,
            color: own,
            lineStyle: { width: 2.5, type: LINES[index % LINES.length] },
            emphasis: { disabled: true },
            markArea: usual && {
              silent: true,
              itemStyle: { color: band },
              label: { show: true, position: "insideTopLeft", color: soft, fontSize: 13 },
              data: [[{ name: usual.label ?? "", yAxis: Number(usual.low) }, { yAxis: Number(usual.high) }]],
            },
          };
        }),
      },
      { notMerge: true },
    );
  };
}

customElements.define("salus-chart", SalusChart);
