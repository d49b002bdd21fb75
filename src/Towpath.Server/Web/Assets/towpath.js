// Everything works without this: it only keeps what is shown up to date, and saves a few clicks.

const seen = new Map();
for (const part of document.querySelectorAll("[data-part]")) seen.set(part.dataset.part, part.outerHTML);
// A page that only asks something has nothing to keep fresh, and a connection that stays open would be missing elsewhere.
if (document.querySelector("main [data-part]")) keepFresh(document.body.dataset.stream);
for (const log of document.querySelectorAll("[data-follow]")) follow(log);
tellTimes();
setInterval(tellTimes, 10_000);
offerCopies(document);
openTarget();
addEventListener("hashchange", openTarget);

// Asks for the page again when something on it changed, and exchanges the parts that are different.
function keepFresh(stream) {
  let asked = false, running = false;
  const source = new EventSource("/api/v1/events?prefix=" + encodeURIComponent(stream));
  const again = async () => {
    if (running) { asked = true; return; }
    running = true;
    do {
      asked = false;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
        if (answer.ok) exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
        else if (answer.status === 401) { source.close(); location.reload(); }
      } catch { /* the server is away: the event source comes back when it does */ }
      await new Promise(done => setTimeout(done, 250));
    } while (asked);
    running = false;
  };
  source.addEventListener("changed", again);
  // Also after a connection that was lost: something may have happened meanwhile.
  let connected = false;
  source.addEventListener("ready", () => { if (connected) again(); connected = true; });
}

function exchange(fresh) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!next || part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) continue;
    // A log that is followed goes on by itself; another one takes its place.
    if (next.dataset.key !== undefined && next.dataset.key === part.dataset.key) continue;
    if (next.outerHTML === seen.get(part.dataset.part)) continue;
    const focus = part.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    seen.set(part.dataset.part, next.outerHTML);
    part.replaceWith(next);
    offerCopies(next);
    if (focus) [...next.querySelectorAll("a, button")].find(one => keyOf(one) === focus)?.focus({ preventScroll: true });
    for (const log of next.querySelectorAll("[data-follow]")) follow(log);
  }
  document.title = fresh.title;
  const icon = document.querySelector("link[rel=icon]"), state = fresh.querySelector("link[rel=icon]");
  // Only another element makes every browser look again.
  if (state && state.getAttribute("href") !== icon.getAttribute("href")) icon.replaceWith(state);
  tellTimes();
}

function keyOf(element) { return element.tagName + (element.getAttribute("href") ?? element.textContent); }

// Appends the lines of a log as they come. The server made them harmless.
function follow(log) {
  const source = new EventSource(log.dataset.follow);
  let waiting = "", planned = false;
  const append = () => {
    planned = false;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    log.querySelector(".log-empty")?.remove();
    log.insertAdjacentHTML("beforeend", waiting);
    waiting = "";
    const tooMany = log.childElementCount - 5000;
    for (let i = 0; i < tooMany; i++) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  source.addEventListener("line", event => {
    if (!log.isConnected) { source.close(); return; }
    waiting += event.data;
    if (!planned) { planned = true; requestAnimationFrame(append); }
  });
  source.addEventListener("complete", () => { source.close(); log.removeAttribute("data-follow"); log.parentElement.querySelector("[data-following]")?.remove(); });
  if (!location.hash.startsWith("#L")) log.scrollTop = log.scrollHeight;
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
      await navigator.clipboard.writeText(box.querySelector(".shell").textContent.trim() + "\n");
      button.textContent = "Copied";
      setTimeout(() => button.textContent = "Copy", 2000);
    };
  }
}

function openTarget() {
  if (!/^#L\d+$/.test(location.hash)) return;
  const line = document.getElementById(location.hash.slice(1));
  if (line) { line.scrollIntoView({ block: "center" }); return; }
  // The line is not on this page of the log: ask for the page around it, once.
  const first = Math.max(1, Number(location.hash.slice(2)) - 100), address = new URL(location.href);
  if (!document.querySelector(".log") || address.searchParams.get("from") === String(first)) return;
  address.searchParams.set("from", first);
  location.replace(address);
}
