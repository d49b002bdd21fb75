// Everything works without this: it only keeps what is shown up to date, and saves a few clicks.

const seen = new Map();
for (const part of document.querySelectorAll("[data-part]")) seen.set(part.dataset.part, shapeOf(part));
// A page that only asks something has nothing to keep fresh, and a connection that stays open would be missing elsewhere.
if (document.querySelector("main [data-part]")) keepFresh(document.body.dataset.stream);
if (document.body.dataset.figures) keepCounting(document.body.dataset.figures);
tellTimes();
setInterval(tellTimes, 10_000);
offerCopies(document);

// Asks for the page again when something on it changed, and exchanges the parts that are different. One stream says what changed,
// and how far a log goes that is shown.
function keepFresh(stream) {
  let asked = false, running = false, source = null, log = null;
  const again = async () => {
    if (running) { asked = true; return; }
    running = true;
    do {
      asked = false;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
        if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
        else if (answer.status === 401) { source?.close(); location.reload(); }
      } catch { /* the server is away: the event source comes back when it does */ }
      if (source && followed() !== log) connect();
      await new Promise(done => setTimeout(done, 250));
    } while (asked);
    running = false;
  };
  const followed = () => [...document.querySelectorAll("[data-log]")].find(one => !("complete" in one.dataset))?.dataset.log ?? "";
  const connect = () => {
    source?.close();
    log = followed();
    source = new EventSource(`/-/live?prefix=${encodeURIComponent(stream)}${log ? `&log=${encodeURIComponent(log)}` : ""}`);
    source.addEventListener("changed", again);
    // Something may have happened since the page was made, or while nobody listened.
    source.addEventListener("ready", again);
    source.addEventListener("log", event => {
      const end = JSON.parse(event.data);
      document.dispatchEvent(new CustomEvent("towpath:log", { detail: { id: log, ...end } }));
      if (end.complete) for (const one of document.querySelectorAll("[data-log]")) if (one.dataset.log === log) one.dataset.complete = "";
    });
    // An answer that is none, such as a proxy's own, ends a source for good.
    source.onerror = ({ target }) => {
      // Asking for the page says why, and signs in anew where that is it.
      if (target.readyState === EventSource.CLOSED) setTimeout(() => { if (target === source) { again(); connect(); } }, 2000);
    };
  };
  // A page that nobody looks at holds no connection: a browser has few for one server.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source?.close(); source = null; }
    else if (!source) connect();
  });
  if (!document.hidden) connect();
}

// Figures change without anything happening: they are asked for every few seconds, while somebody looks.
function keepCounting(address) {
  let running = false;
  const again = async () => {
    if (document.hidden || running) return;
    running = true;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the server is away: the next time, perhaps */ }
    running = false;
  };
  setInterval(again, 10_000);
  document.addEventListener("visibilitychange", again);
}

function exchange(fresh) {
  const parts = new Map();
  for (const part of fresh.querySelectorAll("[data-part]")) parts.set(part.dataset.part, part);
  for (const part of document.querySelectorAll("[data-part]")) {
    // One that lay in another is there already, with that one.
    if (!part.isConnected) continue;
    const next = parts.get(part.dataset.part);
    if (!next || part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) continue;
    // What somebody typed stays until it is sent.
    if ([...part.querySelectorAll("form[method=post] input")].some(field => field.value !== field.defaultValue)) continue;
    // A log that is followed goes on by itself; another one takes its place.
    if (next.dataset.key !== undefined && next.dataset.key === part.dataset.key) continue;
    const shape = shapeOf(next);
    if (shape === seen.get(part.dataset.part)) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null, focus = focused && keyOf(focused);
    seen.set(part.dataset.part, shape);
    for (const inner of next.querySelectorAll("[data-part]")) seen.set(inner.dataset.part, shapeOf(inner));
    // What somebody opened stays open.
    const open = [...part.querySelectorAll("details")].map(one => one.open);
    [...next.querySelectorAll("details")].forEach((one, at) => { one.open ||= open[at] ?? false; });
    // A log inside goes on where it is.
    for (const kept of part.querySelectorAll("[data-key]")) next.querySelector(`[data-key="${CSS.escape(kept.dataset.key)}"]`)?.replaceWith(kept);
    part.replaceWith(next);
    offerCopies(next);
    if (focused) (focused.isConnected ? focused : [...next.querySelectorAll("a, button")].find(one => keyOf(one) === focus))?.focus({ preventScroll: true });
    next.dispatchEvent(new CustomEvent("towpath:part", { bubbles: true }));
  }
  if (fresh.title) document.title = fresh.title;
  const icon = document.querySelector("link[rel=icon]"), state = fresh.querySelector("link[rel=icon]");
  // Only another element makes every browser look again.
  if (state && state.getAttribute("href") !== icon.getAttribute("href")) icon.replaceWith(state);
  tellTimes();
}

// The same deed on the same thing: many forms have a button with the same words.
function keyOf(element) {
  const form = element.form ? element.form.getAttribute("action") + [...element.form.querySelectorAll("[type=hidden]")].map(field => field.value) : "";
  return element.tagName + form + (element.getAttribute("href") ?? element.getAttribute("aria-label") ?? element.textContent);
}

// A log inside has a life of its own: that it grew is no reason to exchange what is around it.
function shapeOf(part) {
  const shape = part.cloneNode(true);
  for (const log of shape.querySelectorAll("[data-key]")) log.replaceChildren();
  return shape.outerHTML;
}

function tellTimes() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago(now - Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
    if (!time.dataset.local) { time.dataset.local = "1"; time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }); }
  }
  for (const span of document.querySelectorAll("[data-since]")) {
    const text = took((now - Date.parse(span.dataset.since)) / 1000);
    if (span.textContent !== text) span.textContent = text;
  }
}

function ago(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  const days = Math.floor(minutes / 1440);
  return days === 1 ? "yesterday" : `${days} days ago`;
}

function took(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

function offerCopies(root) {
  if (!navigator.clipboard) return;
  for (const box of root.querySelectorAll(".shell-box")) {
    const button = box.querySelector(".copy") ?? box.appendChild(Object.assign(document.createElement("button"), { className: "copy", type: "button", textContent: "Copy" }));
    button.onclick = async () => {
      // A command is run as it is pasted; what is no command comes without a line's end.
      await navigator.clipboard.writeText(box.querySelector(".shell").textContent.trim() + ("text" in box.dataset ? "" : "\n"));
      button.textContent = "Copied";
      setTimeout(() => button.textContent = "Copy", 2000);
    };
  }
}
