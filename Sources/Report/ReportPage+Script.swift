extension ReportPage {
  /// Draws losses and the gradient over depth, moves them and the table of layers to a step, and sorts the table. All text goes into the page
  /// as text, never as markup.
  static let script = #"""
    "use strict";
    (() => {
      const data = JSON.parse(document.getElementById("data").textContent);
      const byId = id => document.getElementById(id), svgName = "http://www.w3.org/2000/svg";
      const make = (name, attributes = {}, text) => {
        const element = document.createElementNS(svgName, name);
        for (const key in attributes) element.setAttribute(key, attributes[key]);
        if (text !== undefined) element.textContent = text;
        return element;
      };
      const number = value => value === "NaN" ? NaN : value === "inf" ? Infinity : value === "-inf" ? -Infinity : value;
      const words = value => value === null ? "not recorded" : Number.isNaN(value) ? "NaN" : !Number.isFinite(value) ? "infinite"
        : value === 0 ? "0" : Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toPrecision(3);
      const colour = index => `var(--series-${index})`;
      const dash = index => ["", "7 3", "2 3", "9 3 2 3", "5 2 1 2 1 2"][index % 5];

      for (const run of data.runs) run.losses = run.losses.map(number);
      for (const layers of data.layers) {
        for (const quantity of layers.quantities) {
          const bytes = atob(quantity.codes), count = layers.steps.length;
          quantity.at = (layer, step) => {
            const place = 2 * (layer * count + step), code = bytes.charCodeAt(place) + 256 * bytes.charCodeAt(place + 1);
            return code === 0 ? null : code === 1 ? 0 : code === 2 ? NaN : code === 3 ? Infinity : 2 ** ((code - 32768) / 200);
          };
        }
      }

      const shown = data.variants.map(() => true);
      let isLog = true, order = { column: 2, isDescending: false };
      const allSteps = [...new Set(data.layers.flatMap(layers => layers.steps).concat(data.layers.length ? [] : data.runs.flatMap(run => run.steps)))].sort((a, b) => a - b);
      const slider = byId("step");
      slider.max = Math.max(allSteps.length - 1, 0);
      slider.value = slider.max;
      const step = () => allSteps[slider.value] ?? 0;
      const nearest = (steps, step) => steps.reduce((best, value, index) => Math.abs(value - step) < Math.abs(steps[best] - step) ? index : best, 0);

      // A plot of lines, each of points [x, y]; returns what turns a position in it into x.
      function plot(host, caption, lines, xTitle, yTitle, log, cursor) {
        const width = 560, height = 330, left = 84, right = 14, top = 12, bottom = 44;
        const usable = y => Number.isFinite(y) && (!log || y > 0);
        const points = lines.flatMap(line => line.points.filter(point => usable(point[1])));
        const svg = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: 0, "aria-labelledby": caption });
        host.replaceChildren(svg);
        if (!points.length) { svg.append(make("text", { x: left, y: 60 }, "no number to draw")); return null; }
        const scale = y => log ? Math.log10(y) : y;
        let x0 = Math.min(...points.map(p => p[0])), x1 = Math.max(...points.map(p => p[0]));
        let y0 = Math.min(...points.map(p => scale(p[1]))), y1 = Math.max(...points.map(p => scale(p[1])));
        if (x0 === x1) { x0 -= 0.5; x1 += 0.5; }
        if (y1 - y0 < 1e-12) { y0 -= 0.5; y1 += 0.5; }
        const x = value => left + (value - x0) / (x1 - x0) * (width - left - right);
        const y = value => height - bottom - (scale(value) - y0) / (y1 - y0) * (height - top - bottom);
        const ticks = (low, high) => {
          const raw = (high - low) / 5, unit = 10 ** Math.floor(Math.log10(raw));
          const size = [1, 2, 5, 10].map(k => k * unit).find(k => k >= raw);
          return Array.from({ length: 12 }, (_, i) => Math.ceil(low / size) * size + i * size).filter(t => t <= high + 1e-9 * size);
        };
        for (const t of ticks(y0, y1)) {
          const at = height - bottom - (t - y0) / (y1 - y0) * (height - top - bottom);
          svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }));
          svg.append(make("text", { x: left - 6, y: at + 4, "text-anchor": "end" }, words(log ? 10 ** t : t)));
        }
        for (const t of ticks(x0, x1)) svg.append(make("text", { x: x(t), y: height - bottom + 16, "text-anchor": "middle" }, String(+t.toPrecision(6))));
        svg.append(make("path", { class: "axis", d: `M${left},${top}V${height - bottom}H${width - right}` }));
        svg.append(make("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, xTitle));
        svg.append(make("text", { x: 14, y: (top + height - bottom) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(top + height - bottom) / 2})` }, yTitle));
        for (const line of lines) {
          let path = "", isOpen = false, isMarked = false;
          for (const [px, py] of line.points) {
            if (usable(py)) { path += `${isOpen ? "L" : "M"}${x(px).toFixed(1)},${y(py).toFixed(1)}`; isOpen = true; } else {
              isOpen = false;
              if (!isMarked && py !== null) { isMarked = true; svg.append(make("text", { x: x(px), y: top + 12, "text-anchor": "middle", style: `fill:${colour(line.variant)}` }, "×")); }
            }
          }
          svg.append(make("path", { d: path, fill: "none", style: `stroke:${colour(line.variant)}`, "stroke-width": 1.6, "stroke-dasharray": dash(line.variant) }));
        }
        if (cursor >= x0 && cursor <= x1) svg.append(make("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: top, y2: height - bottom }));
        return event => {
          const box = svg.getBoundingClientRect();
          return x0 + ((event.clientX - box.left) / box.width * width - left) / (width - left - right) * (x1 - x0);
        };
      }

      function drawPlots() {
        const runs = data.runs.filter(run => shown[run.variant]);
        byId("loss-caption").textContent = `Loss of each run over steps, ${isLog ? "logarithmic" : "linear"} axis`;
        const toStep = plot(byId("loss-plot"), "loss-caption", runs.map(run => ({ variant: run.variant, points: run.steps.map((s, i) => [s, run.losses[i]]) })), "step", "loss", isLog, step());
        const svg = byId("loss-plot").firstChild;
        const move = event => { if (!toStep) return; slider.value = nearest(allSteps, toStep(event)); update(false); };
        svg.addEventListener("pointermove", event => { if (event.buttons || event.pointerType === "mouse") move(event); });
        svg.addEventListener("keydown", event => {
          const by = { ArrowLeft: -1, ArrowRight: 1, PageDown: -10, PageUp: 10 }[event.key];
          if (by) { slider.value = +slider.value + by; event.preventDefault(); update(true); byId("loss-plot").firstChild.focus(); }
        });
        const layered = data.layers.filter(layers => shown[layers.variant]);
        const lines = layered.map(layers => {
          const quantity = layers.quantities.find(quantity => quantity.name === "gradient_rms"), at = nearest(layers.steps, step());
          return { variant: layers.variant, points: quantity ? layers.depths.map((depth, i) => [depth, quantity.at(i, at) ?? NaN]).sort((a, b) => a[0] - b[0]) : [] };
        });
        byId("profile-caption").textContent = `RMS of the gradient over depth at step ${step()}, layer 1 at the input`;
        plot(byId("profile-plot"), "profile-caption", lines, "depth", "gradient RMS", true, NaN);
      }

      function drawTable() {
        const table = byId("layers"), layers = data.layers.find(layers => shown[layers.variant]) ?? data.layers[0];
        if (!table || !layers) return;
        const at = nearest(layers.steps, step());
        const rows = layers.paths.map((path, i) => [path, layers.kinds[i], layers.depths[i], ...layers.quantities.map(quantity => quantity.at(i, at))]);
        const key = value => value === null || Number.isNaN(value) ? -Infinity : value;
        rows.sort((a, b) => {
          const [p, q] = [key(a[order.column]), key(b[order.column])];
          return (p < q ? -1 : p > q ? 1 : 0) * (order.isDescending ? -1 : 1);
        });
        table.caption.textContent = `${layers.name}, layers at step ${layers.steps[at]}`;
        const titles = ["layer", "kind", "depth", ...layers.quantities.map(quantity => quantity.title)];
        const head = document.createElement("tr");
        titles.forEach((title, column) => {
          const cell = document.createElement("th"), button = document.createElement("button");
          cell.scope = "col";
          if (column === order.column) cell.setAttribute("aria-sort", order.isDescending ? "descending" : "ascending");
          button.type = "button";
          button.textContent = title;
          button.addEventListener("click", () => {
            order = { column, isDescending: order.column === column && !order.isDescending };
            drawTable();
            table.tHead.rows[0].cells[column].firstChild.focus();
          });
          cell.append(button);
          head.append(cell);
        });
        table.tHead.replaceChildren(head);
        table.tBodies[0].replaceChildren(...rows.map(row => {
          const line = document.createElement("tr");
          row.forEach((value, column) => {
            const cell = document.createElement(column ? "td" : "th");
            if (!column) cell.scope = "row";
            cell.textContent = column < 3 ? value : words(value);
            line.append(cell);
          });
          return line;
        }));
      }

      function update(withPlots = true) {
        byId("step-value").textContent = step();
        slider.setAttribute("aria-valuetext", `step ${step()}`);
        const values = data.runs.filter(run => shown[run.variant]).map(run => `${run.name}: ${words(run.losses[nearest(run.steps, step())])}`);
        byId("values").textContent = `Loss at step ${step()}: ${values.join("; ")}`;
        for (const cursor of document.querySelectorAll("#loss-plot .cursor")) cursor.remove();
        drawPlots();
        drawTable();
      }

      const controls = byId("controls");
      const addBox = (label, isOn, change, index) => {
        const box = document.createElement("input"), element = document.createElement("label");
        box.type = "checkbox";
        box.checked = isOn;
        box.addEventListener("change", () => { change(box.checked); update(); });
        element.append(box, ` ${label}`);
        if (index !== undefined) element.style.color = colour(index);
        controls.append(element);
      };
      data.variants.forEach((name, index) => addBox(name, true, isOn => { shown[index] = isOn; }, index));
      addBox("logarithmic loss", true, isOn => { isLog = isOn; });
      slider.addEventListener("input", () => update());
      byId("live").hidden = false;
      update();
    })();
    """#
}
