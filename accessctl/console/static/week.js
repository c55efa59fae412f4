// A week that is painted: with mouse, finger or keys, into the fields that are there without it.
"use strict";

(() => {
  const DAY = 1440, CELL = 30, CELLS = DAY / CELL, MOST_SPANS = 30;
  const WEEKDAYS = 7;
  const row = document.getElementById("span-row");
  const clock = (at) => `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

  function minutes(text) {
    const found = /^\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
    const at = found ? 60 * Number(found[1]) + Number(found[2]) : NaN;
    return found && Number(found[2]) < 60 && at <= DAY ? at : NaN;
  }

  // A day's own times: pairs of minutes from its midnight; what lasts into the next day ends later
  // than DAY. As in accessctl.console.people_view, nothing lasts beyond a holiday in the drawing.
  function joined(spans) {
    const found = [];
    for (const [begin, end] of [...spans].sort((one, other) => one[0] - other[0])) {
      const last = found[found.length - 1];
      // No time lasts longer than a day: its end would be read as one before its beginning.
      if (last && begin <= last[1] && Math.max(last[1], end) - last[0] <= DAY) {
        last[1] = Math.max(last[1], end);
      } else {
        found.push([begin, end]);
      }
    }
    return found;
  }

  const without = (spans, from, to) => spans.flatMap(([begin, end]) => [
    [begin, Math.min(end, from)], [Math.max(begin, to), end],
  ].filter(([first, last]) => first < last));

  const before = (day) => (day < WEEKDAYS ? (day + WEEKDAYS - 1) % WEEKDAYS : null);

  class Week {
    constructor(days, rows) {
      this.days = days;
      this.own = days.map(() => []);
      this.unread = [];
      for (const one of rows) {
        const opens = minutes(one.opens), closes = minutes(one.closes);
        if (!(opens < DAY) || Number.isNaN(closes) || !one.days.length) {
          this.unread.push(one);
          continue;
        }
        const end = closes <= opens ? closes + DAY : closes;
        days.forEach((day, at) => {
          if (one.days.includes(day)) {
            this.own[at].push([opens, end]);
          }
        });
      }
    }

    seen(day) {
      const own = this.own[day].map(([begin, end]) => [begin, Math.min(end, DAY)]);
      const earlier = before(day) === null ? [] : this.own[before(day)];
      const lasting = earlier.filter(([, end]) => end > DAY).map(([, end]) => [0, end - DAY]);
      return joined([...own, ...lasting]);
    }

    covered(day, cell) {
      const from = CELL * cell, to = from + CELL;
      const left = this.seen(day).map(([begin, end]) => Math.max(0, Math.min(end, to) - Math.max(begin, from)));
      return left.reduce((sum, one) => sum + one, 0);
    }

    paint(day, from, to, on) {
      if (on) {
        const rest = this.seen(day).reduce((gaps, [begin, end]) => without(gaps, begin, end), [[from, to]]);
        this.own[day] = joined([...this.own[day], ...rest]);
        return;
      }
      this.own[day] = without(this.own[day], from, to);
      const earlier = before(day);
      if (earlier !== null) {
        const parts = without(this.own[earlier], from + DAY, to + DAY);
        this.own[earlier] = parts.filter(([begin]) => begin < DAY);
        const later = parts.filter(([begin]) => begin >= DAY).map(([begin, end]) => [begin - DAY, end - DAY]);
        this.own[day] = joined([...this.own[day], ...later]);
      }
    }

    rows() {
      const found = new Map();
      this.own.forEach((spans, day) => spans.forEach(([begin, end]) => {
        const key = `${begin} ${end}`;
        found.set(key, [...(found.get(key) || []), this.days[day]]);
      }));
      const read = [...found].map(([key, days]) => {
        const [begin, end] = key.split(" ").map(Number);
        return { days, opens: clock(begin), closes: clock(end > DAY ? end - DAY : end) };
      });
      return [...this.unread, ...read];
    }
  }

  // The fields of one schedule, in the order in which they are sent.
  const groupsOf = (card) => [...card.querySelectorAll("fieldset[data-span]")];

  function rowsOf(card) {
    return groupsOf(card).map((group) => ({
      days: [...group.querySelectorAll("input[type=checkbox]:checked")].map((one) => one.value),
      opens: group.querySelector("[name$='.opens']").value,
      closes: group.querySelector("[name$='.closes']").value,
    }));
  }

  function named(node, values) {
    for (const one of node.querySelectorAll("*")) {
      for (const attribute of [...one.attributes]) {
        attribute.value = fill(attribute.value, values);
      }
    }
    const texts = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      texts.currentNode.data = fill(texts.currentNode.data, values);
    }
  }

  function putRows(card, rows) {
    groupsOf(card).forEach((one) => one.remove());
    const end = card.querySelector("[data-spans-end]");
    rows.forEach((one, at) => {
      const part = row.content.cloneNode(true);
      named(part, { s: card.dataset.schedule, n: at, number: at + 1, called: card.dataset.called });
      for (const box of part.querySelectorAll("input[type=checkbox]")) {
        box.checked = one.days.includes(box.value);
      }
      part.querySelector("[name$='.opens']").value = one.opens;
      part.querySelector("[name$='.closes']").value = one.closes;
      end.before(part);
    });
  }

  function made(tag, attributes, text = "") {
    const node = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
    node.textContent = text;
    return node;
  }

  function grid(card, days, words) {
    const table = made("table", { role: "grid", class: "painted", "aria-label": words.label, "aria-describedby": `${card.id}-how` });
    const head = made("tr", { role: "row" });
    head.append(made("th", { role: "columnheader", scope: "col" }, words.day));
    [0, 6, 12, 18].forEach((hour) => head.append(made("th", { role: "columnheader", scope: "col", colspan: 12 }, `${hour}:00`)));
    head.append(made("th", { role: "columnheader", scope: "col" }, words.hours));
    table.append(made("thead", { role: "rowgroup" }));
    table.tHead.append(head);
    const body = made("tbody", { role: "rowgroup" });
    days.forEach(({ short, long }, day) => {
      const line = made("tr", { role: "row" });
      const header = made("th", { role: "rowheader", scope: "row", "aria-label": long }, short);
      line.append(header);
      for (let cell = 0; cell < CELLS; cell += 1) {
        line.append(made("td", { role: "gridcell", tabindex: day || cell ? -1 : 0, "data-day": day, "data-cell": cell }));
      }
      line.append(made("td", { role: "gridcell", class: "said" }));
      body.append(line);
    });
    table.append(body);
    return table;
  }

  function begin(card) {
    const drawn = card.querySelector(".drawn"), words = drawn.dataset;
    const days = JSON.parse(words.days);
    const table = grid(card, days, words);
    const how = made("p", { class: "detail", id: `${card.id}-how` }, words.how);
    const told = made("p", { class: "detail", role: "status" });
    const cells = days.map((_, day) => [...table.querySelectorAll(`[data-day="${day}"]`)]);
    drawn.querySelector("table").hidden = true;
    drawn.prepend(table, how, told);
    let drag = null;
    let week = null;

    const read = () => new Week(days.map((one) => one.key), rowsOf(card));

    function show() {
      week = read();
      days.forEach(({ long }, day) => {
        const spans = week.seen(day);
        cells[day].forEach((node, cell) => {
          const share = week.covered(day, cell), from = CELL * cell;
          node.className = share === CELL ? "open" : share ? "part" : "";
          node.setAttribute("aria-selected", String(share > 0));
          const label = fill(words.cell, { day: long, from: clock(from), to: clock(from + CELL) });
          node.setAttribute("aria-label", share && share < CELL ? `${label}, ${words.partly}` : label);
        });
        const said = spans.map(([first, last]) => `${clock(first)}–${clock(last)}`).join(", ");
        table.tBodies[0].rows[day].lastElementChild.textContent = said === "00:00–24:00" ? words.allDay : said || words.never;
      });
    }

    // Of the rectangle between two cells.
    const between = (one, other) => ({
      days: [Math.min(one.day, other.day), Math.max(one.day, other.day)],
      cells: [Math.min(one.cell, other.cell), Math.max(one.cell, other.cell) + 1],
    });

    function tell({ days: [first, last], cells: [from, to] }, on) {
      const day = first === last ? days[first].long : `${days[first].long} – ${days[last].long}`;
      told.textContent = `${fill(words.cell, { day, from: clock(CELL * from), to: clock(CELL * to) })}: ${on ? words.on : words.off}`;
    }

    function apply(area, on) {
      const changed = read();
      for (let day = area.days[0]; day <= area.days[1]; day += 1) {
        changed.paint(day, CELL * area.cells[0], CELL * area.cells[1], on);
      }
      const rows = changed.rows();
      if (rows.length > MOST_SPANS) {
        told.textContent = words.many;
        return;
      }
      const top = table.getBoundingClientRect().top;
      putRows(card, rows);
      show();
      // On a narrow screen the fields are above: what is painted stays under the finger.
      scrollBy({ top: table.getBoundingClientRect().top - top, behavior: "instant" });
      tell(area, on);
    }

    const placed = (node) => {
      const cell = node instanceof Element ? node.closest("[data-cell]") : null;
      return cell && table.contains(cell) ? { day: Number(cell.dataset.day), cell: Number(cell.dataset.cell) } : null;
    };
    const isOpen = ({ day, cell }) => week.covered(day, cell) === CELL;

    function focus({ day, cell }) {
      table.querySelectorAll("[tabindex='0']").forEach((one) => { one.tabIndex = -1; });
      cells[day][cell].tabIndex = 0;
      cells[day][cell].focus();
    }

    function mark(area) {
      cells.forEach((line, day) => line.forEach((node, cell) => {
        const within = area && day >= area.days[0] && day <= area.days[1] && cell >= area.cells[0] && cell < area.cells[1];
        node.classList.toggle("meant", Boolean(within));
      }));
    }

    function stop() {
      drag = null;
      mark(null);
    }

    table.addEventListener("pointerdown", (event) => {
      const place = placed(event.target);
      if (!place || event.button !== 0) {
        return;
      }
      event.preventDefault();
      focus(place);
      drag = { from: place, to: place, on: !isOpen(place) };
      table.setPointerCapture(event.pointerId);
      mark(between(place, place));
    });
    table.addEventListener("pointermove", (event) => {
      const place = drag && placed(document.elementFromPoint(event.clientX, event.clientY));
      if (place) {
        drag.to = place;
        mark(between(drag.from, place));
        tell(between(drag.from, place), drag.on);
      }
    });
    table.addEventListener("pointerup", () => {
      if (drag) {
        const { from, to, on } = drag;
        stop();
        apply(between(from, to), on);
      }
    });
    table.addEventListener("pointercancel", stop);

    const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    table.addEventListener("keydown", (event) => {
      const place = placed(event.target);
      if (event.key === "Escape") {
        stop();
      }
      if (!place || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      if (event.key === " " || event.key === "Enter") {
        event.preventDefault();
        apply(between(place, place), !isOpen(place));
        return;
      }
      const ends = { Home: { ...place, cell: 0 }, End: { ...place, cell: CELLS - 1 } };
      const [down, right] = STEPS[event.key] || [0, 0];
      const next = ends[event.key] || { day: place.day + down, cell: place.cell + right };
      if ((!down && !right && !ends[event.key]) || !cells[next.day]?.[next.cell]) {
        return;
      }
      event.preventDefault();
      if (event.shiftKey) {
        apply(between(place, next), isOpen(place));
      }
      focus(next);
    });
    card.querySelector(".fields").addEventListener("change", show);
    show();
  }

  if (row) {
    document.querySelectorAll("section[data-schedule]").forEach(begin);
  }
})();
