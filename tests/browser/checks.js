// What a person would mind on the page that is open, as a list of sentences. Run in the page by checks.py.
() => {
  const found = [];
  const visible = (element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return style.visibility !== "hidden" && style.display !== "none" && Number(style.opacity) > 0.05 && box.width > 0 && box.height > 0;
  };
  const short = (text) => `"${text.trim().replace(/\s+/g, " ").slice(0, 60)}"`;

  // 1. The page does not scroll sideways.
  for (const name of ["stApp", "stMain", "stMainBlockContainer", "stSidebarContent"]) {
    const element = document.querySelector(`[data-testid='${name}']`);
    if (element && element.scrollWidth > element.clientWidth + 1)
      found.push(`${name} scrolls sideways: ${element.scrollWidth} px in ${element.clientWidth} px`);
  }
  if (document.documentElement.scrollWidth > innerWidth + 1) found.push("the document scrolls sideways");

  // 2. No exception box.
  for (const box of document.querySelectorAll("[data-testid='stException']")) found.push(`exception box ${short(box.innerText)}`);

  // 3. No words that only a program says. Tables keep their cells in a hidden table inside the canvas.
  const words = /(^|[^\w.])(nan|NaN|None|undefined|null|trace \d+|Infinity)(?![\w-])/;
  const walker = document.createTreeWalker(document.querySelector("[data-testid='stApp']"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent;
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, style, code, pre")) continue;
    if (words.test(text) && (visible(parent) || parent.closest("canvas"))) found.push(`the text ${short(text)}`);
  }

  // 4. Every chart has a text for those who cannot see it.
  for (const chart of document.querySelectorAll("[data-testid='stPlotlyChart']")) {
    const label = chart.getAttribute("aria-label") || "";
    if (label.trim().split(/\s+/).length < 4) found.push(`a chart's alt is ${short(label)}`);
  }
  for (const image of document.querySelectorAll("[data-testid='stMain'] img"))
    if (!image.getAttribute("alt")) found.push(`an image without alt: ${image.src.slice(0, 60)}`);

  // 5. In figures no text is cut off and no two texts lie on each other. Boxes are taken in the text's own frame and turned,
  //    so that slanted labels are judged by what is inked; the empty top and bottom of a line do not count.
  const corners = (text) => {
    const box = text.getBBox();
    const matrix = text.getScreenCTM();
    const rows = text.querySelectorAll("tspan.line").length || 1;
    const pad = (0.18 * box.height) / rows;
    const at = (x, y) => ({ x: matrix.a * x + matrix.c * y + matrix.e, y: matrix.b * x + matrix.d * y + matrix.f });
    const [left, right, top, bottom] = [box.x, box.x + box.width, box.y + pad, box.y + box.height - pad];
    return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)];
  };
  const overlap = (a, b) => {
    let least = Infinity; // depth of the overlap in pixels, along the axis where it is smallest
    for (const polygon of [a, b])
      for (let i = 0; i < 4; i++) {
        const p = polygon[i];
        const q = polygon[(i + 1) % 4];
        const length = Math.hypot(q.x - p.x, q.y - p.y) || 1;
        const normal = { x: (p.y - q.y) / length, y: (q.x - p.x) / length };
        const along = (points) => points.map((c) => c.x * normal.x + c.y * normal.y);
        const [one, two] = [along(a), along(b)];
        least = Math.min(least, Math.min(Math.max(...one), Math.max(...two)) - Math.max(Math.min(...one), Math.min(...two)));
      }
    return least;
  };
  for (const plot of document.querySelectorAll(".js-plotly-plot")) {
    const frame = plot.getBoundingClientRect();
    const name = short(plot.closest("[aria-label]")?.getAttribute("aria-label") || "a chart");
    const texts = [...plot.querySelectorAll(".main-svg text")].filter(
      (t) => t.textContent.trim() && visible(t) && !t.closest(".hoverlayer, .modebar, .notifier")
    );
    const shapes = texts.map(corners);
    texts.forEach((text, i) => {
      const [xs, ys] = [shapes[i].map((c) => c.x), shapes[i].map((c) => c.y)];
      const out = Math.max(frame.left - Math.min(...xs), Math.max(...xs) - frame.right, frame.top - Math.min(...ys), Math.max(...ys) - frame.bottom);
      if (out > 1.5) found.push(`${name}: ${short(text.textContent)} is cut off by ${out.toFixed(0)} px`);
      if (parseFloat(getComputedStyle(text).fontSize) < 9.9) found.push(`${name}: ${short(text.textContent)} is smaller than 10 px`);
      for (let j = 0; j < i; j++) {
        const depth = overlap(shapes[i], shapes[j]);
        if (depth > 1.5) found.push(`${name}: ${short(text.textContent)} lies on ${short(texts[j].textContent)} by ${depth.toFixed(0)} px`);
      }
    });
  }
  return [...new Set(found)];
};
