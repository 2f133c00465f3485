// The monitor's page: takes snapshots and plot points from /boards (see web.py) and draws them. uPlot draws the plots.
"use strict";

const BUCKETS = 500;
const PLOT_HEIGHT = 160;
const RETRY_MS = [250, 500, 1000, 2000, 4000];
const EVENTS = 200;
const COLOURS = 8;

const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const find = (selector, within = document) => within.querySelector(selector);
const copy = (template) => find(`#${template}`).content.firstElementChild.cloneNode(true);

function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

// Writes only what has changed: a page that is drawn ten times a second must not be laid out as often.
function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}
function dress(where, className) {
  if (where.className !== className) where.className = className;
}

const seconds = (span) => (span < 60 ? `${span} s` : span < 3600 ? `${span / 60} min` : `${span / 3600} h`);
const FRACTION = { minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1 };
const clock = (unix) => new Date(unix * 1000).toLocaleTimeString("en-GB", unix % 1 ? FRACTION : {});
const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;

// A range with some room; of a value that stands still, its near surroundings.
function around(least, most) {
  if (least === null) return [0, 1];
  const room = least === most ? Math.abs(least) * 1e-3 || 1 : (most - least) * 0.08;
  return [least - room, most + room];
}

// The recent past of one stream: buckets in order, and for each channel its least and greatest values.
class Past {
  constructor(channels) {
    this.bucket = [];
    this.low = Array.from({ length: channels }, () => []);
    this.high = Array.from({ length: channels }, () => []);
  }

  take(points, whole) {
    this.width = points.width;
    if (!points.bucket.length) return;
    let kept = whole ? 0 : this.bucket.length;
    while (kept && this.bucket[kept - 1] >= points.bucket[0]) kept--;
    const first = Math.max(0, kept + points.bucket.length - BUCKETS);
    const join = (old, added) => old.slice(0, kept).concat(added).slice(first);
    this.bucket = join(this.bucket, points.bucket);
    this.low = this.low.map((row, channel) => join(row, points.low[channel]));
    this.high = this.high.map((row, channel) => join(row, points.high[channel]));
  }

  // Columns for uPlot: a bucket with more than one value is two points, a stretch without samples is a null.
  columns(channels, breakAfter) {
    const gap = breakAfter === null ? Infinity : Math.max(breakAfter, 2.5 * this.width);
    const columns = [[], ...channels.map(() => [])];
    const push = (time, rows, at) => {
      columns[0].push(time);
      channels.forEach((channel, column) => columns[column + 1].push(rows === null ? null : rows[channel][at]));
    };
    for (let at = 0; at < this.bucket.length; at++) {
      const time = this.bucket[at] * this.width;
      if (at && (this.bucket[at] - this.bucket[at - 1]) * this.width > gap) push(time - this.width / 2, null, at);
      if (channels.every((channel) => this.low[channel][at] === this.high[channel][at])) {
        push(time + this.width / 2, this.low, at);
      } else {
        push(time + this.width / 4, this.low, at);
        push(time + (3 * this.width) / 4, this.high, at);
      }
    }
    return columns;
  }
}

// One plot: the channels of a stream that share a unit.
class Plot {
  constructor(unit, channels, where) {
    this.unit = unit;
    this.channels = channels; // of {index, name, limits, colour, shown}
    this.where = where;
    this.plot = null;
    this.newest = 0;
    this.span = 10;
  }

  build() {
    this.plot?.destroy();
    const line = { stroke: colour("grid"), width: 1 };
    const axis = { stroke: colour("faint"), grid: line, ticks: line };
    const range = { x: () => [this.newest - this.span, this.newest], y: (_, least, most) => around(least, most) };
    const options = {
      width: this.where.clientWidth || 600,
      height: PLOT_HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { x: { range: range.x }, y: { range: range.y } },
      axes: [
        { ...axis, size: 28, space: 80, values: (_, times) => times.map(clock) },
        { ...axis, size: 74, label: this.unit, labelSize: 18, labelFont: "12px system-ui, sans-serif" },
      ],
      series: [{}, ...this.channels.map((channel) => ({
        label: channel.name, stroke: colour(channel.colour), width: 1.25, show: channel.shown,
        points: { size: 4 },
      }))],
      hooks: { draw: [(plot) => this.limits(plot)] },
    };
    this.plot = new uPlot(options, [[], ...this.channels.map(() => [])], this.where);
  }

  // Limits that are within what is shown; the scale follows the data, not them.
  limits(plot) {
    const { left, top, width, height } = plot.bbox;
    plot.ctx.save();
    plot.ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    plot.ctx.lineWidth = devicePixelRatio;
    for (const channel of this.channels.filter((each) => each.shown)) {
      for (const [level, ...ends] of channel.limits) {
        plot.ctx.strokeStyle = colour(level);
        for (const end of ends) {
          const y = Math.round(plot.valToPos(end, "y", true)) + 0.5 * (devicePixelRatio % 2);
          if (!(y >= top && y <= top + height)) continue;
          plot.ctx.beginPath();
          plot.ctx.moveTo(left, y);
          plot.ctx.lineTo(left + width, y);
          plot.ctx.stroke();
        }
      }
    }
    plot.ctx.restore();
  }

  draw(past, breakAfter, newest, span) {
    if (!this.plot) this.build();
    Object.assign(this, { newest, span });
    this.plot.setData(past.columns(this.channels.map((channel) => channel.index), breakAfter));
  }

  show(channel) {
    this.plot?.setSeries(this.channels.indexOf(channel) + 1, { show: channel.shown });
  }

  resize() {
    this.plot?.setSize({ width: this.where.clientWidth, height: PLOT_HEIGHT });
  }
}

function since(stream) {
  if (stream.age_s === null) return "no packet yet";
  const age = `${stream.age_s.toFixed(1)} s`;
  return stream.quiet ? `quiet for ${age}` : `packet ${age} ago`;
}

class StreamCard {
  constructor(seen) {
    this.root = copy("stream");
    this.past = new Past(seen.channels.length);
    say(find(".name", this.root), seen.name);
    find(".channels", this.root).setAttribute("aria-label", `Channels of ${seen.name}`);
    this.channels = seen.channels.map((channel, index) => this.channel(channel, index));
    const units = [...new Set(seen.channels.map((channel) => channel.unit))];
    this.plots = units.map((unit) => {
      const where = element("div", "plot");
      where.setAttribute("role", "img");
      where.setAttribute("aria-label", `Plot of ${seen.name} in ${unit}`);
      find(".plots", this.root).append(where);
      return new Plot(unit, this.channels.filter((channel) => channel.unit === unit), where);
    });
  }

  channel(seen, index) {
    const button = element("button", "channel");
    button.type = "button";
    const swatch = element("span", "swatch");
    const value = element("output");
    const level = element("span", "badge level");
    const { name, unit, limits } = seen;
    const own = { index, name, unit, limits, colour: `c${index % COLOURS}`, shown: true, value, level };
    swatch.style.borderColor = swatch.style.background = `var(--${own.colour})`;
    button.append(swatch, element("span", "", seen.name), value, element("span", "unit", seen.unit), level);
    button.title = seen.limits.map(([name, low, high]) => `${name} ${low} .. ${high}`).join("\n") || "no limits";
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      own.shown = !own.shown;
      button.setAttribute("aria-pressed", String(own.shown));
      this.plots.find((plot) => plot.unit === own.unit).show(own);
    });
    find(".channels", this.root).append(button);
    return own;
  }

  update(seen, live) {
    const rate = seen.rate_hz === null ? "–" : seen.rate_hz.toFixed(seen.rate_hz < 10 ? 2 : 1);
    say(find(".rate", this.root), seen.nominal_hz ? `${rate} of ${seen.nominal_hz} Hz` : "switched off");
    const counts = find(".counts", this.root);
    say(counts, `${count(seen.samples, "sample")}, ${seen.missing} missing` + (seen.invalid ? `, ${seen.invalid} invalid` : ""));
    dress(counts, seen.missing || seen.invalid ? "counts bad" : "counts");
    const age = find(".age", this.root);
    say(age, live ? since(seen) : "");
    dress(age, seen.quiet && live ? "age quiet" : "age");
    this.breakAfter = seen.break_s;
    seen.channels.forEach((channel, index) => {
      const own = this.channels[index];
      say(own.value, channel.text);
      say(own.level, channel.level ?? "");
      dress(own.level, channel.level ? `badge level ${channel.level}` : "level");
    });
  }

  draw(newest, span) {
    if (this.past.width) for (const plot of this.plots) plot.draw(this.past, this.breakAfter, newest, span);
  }
}

const LEDGER = [
  ["seen", "seen"], ["received", "samples"], ["missing", "missing"], ["lost", "lost"],
  ["bus errors", "bus_errors"], ["overruns", "overruns"], ["dropped", "dropped"], ["invalid", "invalid"],
  ["duplicates", "duplicates"],
];
const GOOD = new Set(["seen", "samples", "duplicates"]);
const BALANCE = { closed: ["closes", "ok"], open: ["open", "watch"], wrong: ["does not close", "critical"] };
const STATE = { live: "ok", gone: "critical", refused: "critical", failed: "critical" };

class BoardSection {
  constructor(seen, number) {
    this.key = BoardSection.key(seen);
    this.root = copy("board");
    this.root.id = `board-${number}`;
    this.root.tabIndex = -1;
    this.link = element("a");
    this.link.href = `#${this.root.id}`;
    this.link.append(element("span", "light"), ` ${seen.payload}`);
    say(find(".payload", this.root), seen.payload);
    say(find(".source", this.root), seen.source);
    this.streams = seen.streams.map((stream) => new StreamCard(stream));
    find(".streams", this.root).append(...this.streams.map((stream) => stream.root));
    find("thead", this.root).append(this.row("", "th", seen.streams.map((stream) => stream.name)));
    this.cells = LEDGER.map(([label]) => {
      const row = this.row(label, "td", seen.streams.map(() => ""));
      find("tbody", this.root).append(row);
      return [...row.querySelectorAll("td")];
    });
    this.events = new Map();
  }

  // The same board goes on in the same section, whatever happened to the connection.
  static key(seen) {
    return [seen.source, seen.payload, seen.definition_id].join("\n");
  }

  row(label, tag, texts) {
    const row = element("tr");
    const head = element("th", "", label);
    head.scope = tag === "th" ? "col" : "row";
    row.append(head, ...texts.map((text) => {
      const cell = element(tag, "", text);
      if (tag === "th") cell.scope = "col";
      return cell;
    }));
    return row;
  }

  update(seen) {
    const live = seen.state === "live" || seen.state === "gone";
    for (const light of [find(".light", this.root), find(".light", this.link)]) {
      dress(light, `light ${seen.octets ? seen.worst : ""}`);
      light.title = seen.worst;
    }
    const state = seen.state === "gone" ? "port gone" : seen.state;
    say(find(".state", this.root), seen.why ? `${state}: ${seen.why}` : state);
    dress(find(".state", this.root), `state badge ${STATE[seen.state] ?? ""}`);
    const refused = seen.state === "refused" && !seen.metrics.samples;
    say(find(".verdict", this.root), refused ? "" : seen.octets ? seen.verdict : "nothing came yet");
    dress(find(".verdict", this.root), seen.octets && seen.verdict !== "OK" ? "verdict bad" : "verdict");
    const speed = seen.link_octets_per_s === null ? "–" : Math.round(seen.link_octets_per_s);
    const boot = seen.boot_count === null ? "" : ` (boot count ${seen.boot_count})`;
    say(find(".facts", this.root), [
      `${speed} octets/s`, `${seen.seconds.toFixed(1)} s of board time`, count(seen.boots, "boot") + boot,
      seen.firmware ? `firmware ${seen.firmware}` : "", `definition ${seen.definition_id}`,
    ].filter(Boolean).join(" · "));
    const [balance, level] = seen.octets ? BALANCE[seen.balance] : ["nothing yet", "info"];
    say(find(".balance", this.root), balance);
    dress(find(".balance", this.root), `balance badge ${level}`);
    const more = seen.unclosed > 1 ? ` (and ${seen.unclosed - 1} more)` : "";
    say(find(".reason", this.root), seen.octets && seen.reason ? seen.reason + more : "");
    this.cells.forEach((cells, row) => cells.forEach((cell, stream) => {
      const number = seen.streams[stream][LEDGER[row][1]];
      say(cell, number === null ? "–" : String(number));
      dress(cell, number && !GOOD.has(LEDGER[row][1]) ? "bad" : "");
    }));
    const reasons = Object.entries(seen.rejected).map(([reason, number]) => `${number} ${reason}`).join(", ");
    say(find(".link", this.root), `Link: ${seen.octets} octets, ${seen.metrics.rejected} rejected${reasons && ` (${reasons})`}, `
      + count(seen.metrics.duplicates, "duplicate"));
    this.take(seen.events);
    seen.streams.forEach((stream, index) => this.streams[index].update(stream, live));
  }

  take(events) {
    const list = find(".events ol", this.root);
    for (const event of events) {
      const item = element("li");
      const time = element("time", "", clock(Math.floor(event.host_ns / 1e9)));
      time.dateTime = event.time;
      item.append(time, element("span", `badge ${event.level}`, event.level), element("span", "text", event.text));
      const before = this.events.get(event.number);
      if (before) before.replaceWith(item);
      else list.prepend(item);
      this.events.set(event.number, item);
      if (this.events.size > EVENTS) {
        const [oldest, gone] = this.events.entries().next().value;
        gone.remove();
        this.events.delete(oldest);
      }
    }
  }

  plots(seen, whole) {
    seen.points.forEach((points, stream) => this.streams[stream].past.take(points, whole));
    this.newest = seen.time_ns === null ? 0 : seen.time_ns / 1e9;
  }

  draw(span) {
    for (const stream of this.streams) stream.draw(this.newest, span);
  }
}

class Page {
  constructor() {
    this.boards = [];
    this.spans = [];
    this.span = 1;
    this.paused = false;
    this.attempts = 0;
    this.current = 0;
    find("#pause").addEventListener("click", () => this.pause());
    find("#help").addEventListener("click", () => find("#keys").showModal());
    document.addEventListener("keydown", (event) => this.key(event));
    dark.addEventListener("change", () => this.plots((plot) => plot.build()));
    addEventListener("resize", () => this.plots((plot) => plot.resize()));
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/boards`);
    this.socket.onopen = () => {
      this.attempts = 0;
      this.choose(this.span);
    };
    this.socket.onmessage = (message) => this.take(JSON.parse(message.data));
    this.socket.onclose = () => {
      this.state("no connection, trying again", "critical");
      find("#main").classList.add("stale");
      setTimeout(() => this.connect(), RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)]);
    };
  }

  take(message) {
    this.state("connected", "ok");
    find("#main").classList.remove("stale");
    this.choices(message.spans);
    const keys = message.boards.map(BoardSection.key);
    if (keys.join() !== this.boards.map((board) => board.key).join()) this.build(message.boards);
    message.boards.forEach((seen, number) => {
      this.boards[number].update(seen);
      if (message.span === this.span) this.boards[number].plots(seen, message.whole);
    });
    const worst = ["critical", "warning"].find((level) => message.boards.some((seen) => seen.worst === level && seen.octets));
    document.title = (worst ? `${worst}: ` : "") + "Freefall monitor";
    this.draw();
  }

  // One drawing a frame at most, and none that nobody sees.
  draw() {
    if (this.paused || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      for (const board of this.boards) board.draw(this.spans[this.span]);
    });
  }

  build(boards) {
    this.boards = boards.map((seen, number) => new BoardSection(seen, number));
    find("#main").replaceChildren(...this.boards.map((board) => board.root));
    find("#boards").replaceChildren(...(boards.length > 1 ? this.boards.map((board) => board.link) : []));
  }

  choices(spans) {
    if (this.spans.length) return;
    this.spans = spans;
    find("#spans").append(...spans.map((span, number) => {
      const button = element("button", "", seconds(span));
      button.type = "button";
      button.title = `key ${number + 1}`;
      button.addEventListener("click", () => this.choose(number));
      return button;
    }));
    this.mark();
  }

  choose(span) {
    if (this.spans.length) span = Math.max(0, Math.min(span, this.spans.length - 1));
    this.span = span;
    this.mark();
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ span }));
  }

  mark() {
    [...find("#spans").children].forEach((button, number) => button.setAttribute("aria-pressed", String(number === this.span)));
  }

  pause() {
    this.paused = !this.paused;
    find("#pause").setAttribute("aria-pressed", String(this.paused));
    say(find("#pause"), this.paused ? "Paused" : "Pause");
    this.draw();
  }

  plots(change) {
    for (const board of this.boards) for (const stream of board.streams) stream.plots.forEach(change);
    this.draw();
  }

  state(text, level) {
    say(find("#connection"), text);
    dress(find("#connection"), `badge ${level}`);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || find("#keys").open) return;
    const pressable = event.target.closest("button, a");
    if (event.key >= "1" && event.key <= String(this.spans.length)) this.choose(Number(event.key) - 1);
    else if (event.key === "+") this.choose(this.span - 1);
    else if (event.key === "-") this.choose(this.span + 1);
    else if (event.key === "?") find("#keys").showModal();
    else if (event.key === " " && !pressable) this.pause();
    else if (event.key === "b" && this.boards.length) {
      this.current = (this.current + 1) % this.boards.length;
      this.boards[this.current].root.scrollIntoView();
      this.boards[this.current].root.focus({ preventScroll: true });
    } else return;
    event.preventDefault();
  }
}

new Page();
