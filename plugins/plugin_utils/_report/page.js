// Copyright (c) 2026, The proftpd.fxp contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Without this script only the table of very many legs is missing, and what pointing at a large matrix shows.
// It writes text only as text (textContent), never as markup.

// biome-ignore lint/suspicious/noRedundantUseStrict: in a page it is a script, not a module
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  // Opens whatever a link leads into.
  function reveal(id) {
    const target = id && byId(id);
    if (!target) return;
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    for (const node of document.querySelectorAll(".now")) node.classList.remove("now");
    target.classList.add("now");
    target.setAttribute("tabindex", "-1");
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }
  const wanted = () => decodeURIComponent(location.hash.slice(1));
  addEventListener("hashchange", () => reveal(wanted()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash) reveal(wanted());
  });
  reveal(wanted());
  // Paper cannot be clicked on. Of each cause one dialogue is enough for it.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll(".group, .leg:first-of-type")].filter((node) => !node.open);
    for (const node of closed) node.open = true;
  });
  addEventListener("afterprint", () => {
    for (const node of closed) node.open = false;
  });

  const block = byId("data");
  if (!block) return;
  const data = JSON.parse(block.textContent),
    n = data.names.length,
    width = 7,
    count = data.legs.length / width;
  const cells = new Map();
  for (let leg = 0; leg < count; leg += 1) {
    const key = data.legs[leg * width] * n + data.legs[leg * width + 1];
    if (cells.has(key)) cells.get(key).push(leg);
    else cells.set(key, [leg]);
  }
  const field = (leg, index) => data.legs[leg * width + index];
  function rate(value) {
    if (value < 0) return "-";
    for (const [unit, size] of [
      ["GiB/s", 1048576],
      ["MiB/s", 1024],
      ["KiB/s", 1],
    ])
      if (value >= size) return `${(value / size).toFixed(2)} ${unit}`;
    return `${Math.round(value * 1024)} B/s`;
  }
  function parts(leg) {
    const role = field(leg, 2) % 3,
      over = data.over[Math.floor(field(leg, 2) / 3)],
      state = data.states[field(leg, 3)];
    return {
      source: data.names[field(leg, 0)],
      destination: data.names[field(leg, 1)],
      listens: role === 2 ? "-" : data.names[field(leg, role)] + over,
      state,
      words: data.words[field(leg, 4)],
      rate: rate(field(leg, 5)),
      group: field(leg, 6),
      number: leg,
    };
  }
  const line = (part) =>
    `${part.state[1]} ${part.listens} listens: ${part.state[2]}` +
    (part.rate === "-" ? "" : `, ${part.rate}`) +
    (part.words ? `; ${part.words}` : "");
  // Without a dialogue of its own a leg leads to the group of its cause.
  const place = (part) => (byId(`leg-${part.number}`) ? `leg-${part.number}` : part.group >= 0 ? `group-${part.group}` : "");
  function element(tag, text, name) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (name) node.className = name;
    return node;
  }
  function linked(part) {
    const node = element("p"),
      id = place(part);
    if (id && byId(id)) {
      const link = element("a", line(part));
      link.href = `#${id}`;
      node.append(link);
    } else node.textContent = line(part);
    return node;
  }

  // The large matrix.
  const tip = element("div", "", "tip"),
    panel = byId("panel");
  tip.hidden = true;
  document.body.append(tip);
  document.querySelectorAll(".cells").forEach((svg) => {
    const size = Number(svg.dataset.cell),
      cursor = svg.querySelector(".cursor");
    let row = -1,
      column = -1;
    const pair = () => `${data.names[row]} \u2192 ${data.names[column]}`;
    const found = () => cells.get(row * n + column) || [];
    function words() {
      if (row === column) return data.names[row];
      const legs = found();
      return `${pair()}\n${legs.length ? legs.map((leg) => line(parts(leg))).join("\n") : "not tried"}`;
    }
    function mark(y, x) {
      row = Math.max(0, Math.min(n - 1, y));
      column = Math.max(0, Math.min(n - 1, x));
      cursor.setAttribute("x", column * size - 0.5);
      cursor.setAttribute("y", row * size - 0.5);
      cursor.setAttribute("visibility", "visible");
    }
    function at(event) {
      const box = svg.getBoundingClientRect();
      mark(Math.floor(((event.clientY - box.top) / box.height) * n), Math.floor(((event.clientX - box.left) / box.width) * n));
    }
    function show(x, y) {
      tip.textContent = words();
      tip.hidden = false;
      tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
      tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(4, y - tip.offsetHeight - 12) : y + 18}px`;
    }
    function open() {
      tip.hidden = true;
      panel.replaceChildren(element("p", pair(), "badge"), ...found().map((leg) => linked(parts(leg))));
      if (!found().length) panel.append(element("p", row === column ? "A server sends nothing to itself." : "Not tried."));
      panel.hidden = false;
      panel.scrollIntoView({ block: "nearest" });
    }
    svg.addEventListener("mousemove", (event) => {
      at(event);
      show(event.clientX, event.clientY);
    });
    svg.addEventListener("mouseleave", () => {
      tip.hidden = true;
    });
    svg.addEventListener("click", (event) => {
      at(event);
      open();
    });
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (step) {
        mark(row + step[0], column + step[1]);
        const box = cursor.getBoundingClientRect();
        show(box.right, box.bottom);
        byId("spoken").textContent = words();
      } else if (event.key === "Enter" || event.key === " ") {
        if (row >= 0) open();
      } else if (event.key === "Escape") tip.hidden = true;
      else return;
      event.preventDefault();
    });
    svg.addEventListener("blur", () => {
      tip.hidden = true;
    });
  });

  // The table of all legs, a page at a time.
  const body = byId("rows"),
    page = 100;
  let shown = [],
    first = 0;
  function draw() {
    body.replaceChildren(
      ...shown.slice(first, first + page).map((leg) => {
        const part = parts(leg),
          tr = element("tr"),
          state = element("td"),
          why = element("td"),
          id = place(part);
        state.append(element("span", `${part.state[1]} ${part.state[2]}`, `badge ${part.state[0]}`));
        if (id) {
          const link = element("a", part.words);
          link.href = `#${id}`;
          why.append(link);
        } else why.textContent = part.words;
        tr.append(
          element("td", part.source),
          element("td", part.destination),
          element("td", part.listens),
          state,
          element("td", part.rate, "number"),
          why,
        );
        return tr;
      }),
    );
    const last = Math.min(first + page, shown.length);
    byId("where").textContent = shown.length ? `${first + 1}\u2013${last} of ${shown.length}` : "none";
    byId("back").disabled = first === 0;
    byId("next").disabled = first + page >= shown.length;
  }
  function select() {
    const text = byId("find").value.trim().toLowerCase(),
      state = byId("state").value;
    const named = data.names.map((name) => name.toLowerCase().includes(text));
    const caused = data.words.map((word) => word.toLowerCase().includes(text));
    shown = [];
    for (let leg = 0; leg < count; leg += 1)
      if (
        (state === "" || data.states[field(leg, 3)][0] === state) &&
        (!text || named[field(leg, 0)] || named[field(leg, 1)] || caused[field(leg, 4)])
      )
        shown.push(leg);
    first = 0;
    draw();
  }
  byId("find").addEventListener("input", select);
  byId("state").addEventListener("change", select);
  byId("back").addEventListener("click", () => {
    first -= page;
    draw();
  });
  byId("next").addEventListener("click", () => {
    first += page;
    draw();
  });
  byId("controls").hidden = false;
  select();
})();
