// A log of any length: the page holds the rows that are seen and a few around them, and asks for others as they come into view.
// towpath.js says how far the log goes ("towpath:log" on the document).

const Piece = 200;      // Rows that are asked for at once.
const Around = 60;      // Rows beyond those that are seen, on both sides.
const Kept = 6000;      // Rows in memory.
const Tallest = 1.5e7;  // Pixels: browsers make nothing higher. A longer log moves faster than the bar.
const LogsKept = 40;    // Logs of which the browser remembers what was folded.
const FoldsKept = 500;  // Steps of each.

for (const log of document.querySelectorAll("[data-log]")) new Log(log);
document.addEventListener("towpath:part", event => {
  for (const log of event.target.querySelectorAll("[data-log]")) new Log(log);
});

function Log(box) {
  if (box.dataset.ready) return;
  box.dataset.ready = "1";
  const id = box.dataset.log;
  const rows = new Map();
  const asked = new Set();
  let count = 0, complete = false, following = false, scanned = 1;
  let steps = [], folded = new Set(foldedIn(id)), spans = [], shownRows = 0;
  let matches = [], match = -1, more = 0, target = 0, error = 0, firstOnStderr = 0;
  let whole = wantsWhole(), shown = -1;
  let drawn = "", planned = false, height = 20, lastTop = 0, outlining = false, outlined = 0, sought = 0;

  const all = document.createElement("div"), view = document.createElement("div");
  all.className = "log-all";
  view.className = "log-view";
  const panel = Object.assign(document.createElement("div"), { className: "log-line", tabIndex: 0 });
  panel.setAttribute("role", "region");
  panel.setAttribute("aria-label", "Whole line");
  panel.setAttribute("aria-live", "polite");
  const tools = toolbar();
  start();

  function start() {
    const first = Number(box.dataset.first), next = Number(box.dataset.next);
    [...box.querySelectorAll(".l")].forEach((row, at) => rows.set(first + at, row.outerHTML));
    count = Math.max(0, next - 1);
    complete = "complete" in box.dataset;
    const atEnd = "end" in box.dataset;
    box.replaceChildren(all);
    all.append(view);
    box.classList.add("whole");
    box.after(panel);
    box.parentElement.querySelector("[data-plain]")?.replaceWith(tools.bar);
    height = measure();
    layOut();
    showWhole();
    box.addEventListener("scroll", scrolled, { passive: true });
    box.addEventListener("click", clicked);
    addEventListener("resize", plan);
    addEventListener("hashchange", toHash);
    document.addEventListener("towpath:log", told);
    document.addEventListener("towpath:part", moved);
    if (toHash()) { /* the line that the address names */ }
    else if (atEnd) { following = !complete; toEnd(); }
    else toLine(first, "start");
    plan();
    if (atEnd) outline();
    else ask(Math.max(1, count)).then(() => { toHash(); outline(); });
  }

  // --- rows and lines: folds leave lines out, so that the two differ.

  function layOut() {
    spans = [];
    if (folded.size > 0) {
      const starts = steps.map(step => step.line);
      let line = 1, row = 0;
      const span = (from, to) => { if (to >= from) { spans.push({ row, from, to }); row += to - from + 1; } };
      starts.forEach((from, at) => {
        const end = (starts[at + 1] ?? count + 1) - 1;
        span(line, from - 1);
        span(from, folded.has(from) ? from : end);
        line = end + 1;
      });
      span(line, count);
      shownRows = row;
    } else shownRows = count;
    all.style.height = Math.min(shownRows * height, Tallest) + "px";
    tools.tell();
  }

  function lineOf(row) {
    if (spans.length === 0) return row + 1;
    let low = 0, high = spans.length - 1;
    while (low < high) { const middle = (low + high + 1) >> 1; if (spans[middle].row <= row) low = middle; else high = middle - 1; }
    return spans[low].from + row - spans[low].row;
  }

  function rowOf(line) {
    if (spans.length === 0) return line - 1;
    for (const span of spans) {
      if (line < span.from) return span.row;
      if (line <= span.to) return span.row + line - span.from;
    }
    return shownRows - 1;
  }

  // Lines come and go; what is seen stays where it is: the line that was chosen, else the first.
  function keepPlace(change, anchor = 0) {
    const top = box.scrollTop * stretch(), seen = rowOf(target);
    const line = anchor || target && seen * height >= top && seen * height < top + box.clientHeight ? target : lineOf(Math.floor(top / height));
    const below = rowOf(line) * height - top;
    change();
    layOut();
    if (following) toEnd();
    else {
      const place = Math.max(0, rowOf(line) * height - below) / stretch();
      // Where nothing moved nothing is moved: it would end the browser's own way to a place.
      if (Math.abs(place - box.scrollTop) > 1) { box.scrollTop = place; lastTop = box.scrollTop; }
    }
    drawn = "";
    plan();
  }

  function fold(change, pressed = 0) {
    keepPlace(change, pressed);
    keepFolds(id, folded);
    // A line that is folded away is not chosen any more: its address would open the step again.
    if (!target || !folded.has(steps.findLast(one => one.line < target)?.line)) return;
    target = 0;
    history.replaceState(null, "", location.pathname + location.search);
    showWhole();
  }

  // Of steps that are known, the one that a line is in must not be folded for the line to be seen.
  function unfold(line, among = steps) {
    const step = steps.findLast(one => one.line < line);
    if (step && among.includes(step) && folded.delete(step.line)) keepFolds(id, folded);
  }

  // --- what is seen

  function plan() { if (!planned) { planned = true; requestAnimationFrame(draw); } }

  // Where a log is too tall for the browser, the bar's place is stretched over all of it.
  function stretch() {
    const real = Math.max(1, shownRows * height - box.clientHeight), bar = Math.max(1, Math.min(shownRows * height, Tallest) - box.clientHeight);
    return real / bar;
  }

  function draw() {
    planned = false;
    if (!box.isConnected) { leave(); return; }
    const top = box.scrollTop * stretch();
    const seenFirst = Math.floor(top / height), seen = Math.ceil(box.clientHeight / height) + 1;
    const first = Math.max(0, seenFirst - Around), last = Math.min(shownRows - 1, seenFirst + seen + Around);
    let html = "", missing = 0;
    for (let row = first; row <= last; row++) {
      const line = lineOf(row), known = rows.get(line);
      if (known === undefined) { missing ||= line; html += `<div class="l away" id="L${line}"><a href="#L${line}">${line}</a></div>`; }
      else html += known;
    }
    if (html !== drawn) {
      drawn = html;
      const focused = view.contains(document.activeElement) ? document.activeElement : null;
      const [row, button] = [focused?.closest(".l")?.id, focused?.matches(".fold")];
      view.innerHTML = html || `<p class="log-empty">${complete ? "Nothing was printed." : "Waiting for the first line …"}</p>`;
      mark();
      // Whoever goes by keyboard stays where they are.
      if (row) view.querySelector(`#${row} > ${button ? ".fold" : "a"}`)?.focus({ preventScroll: true });
    }
    // The rows keep their place relative to what is seen, also where the bar is stretched.
    view.style.transform = `translateY(${box.scrollTop + first * height - top}px)`;
    if (missing) ask(missing);
    forget(seenFirst);
  }

  function mark() {
    const hits = new Set(matches);
    for (const row of view.children) {
      const line = Number(row.id.slice(1));
      if (hits.has(line)) row.classList.add("hit");
      if (line === target) row.classList.add("target");
    }
    for (const step of steps) {
      const row = view.querySelector(`#L${step.line}`);
      if (!row) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "fold";
      button.dataset.fold = step.line;
      button.setAttribute("aria-expanded", String(!folded.has(step.line)));
      button.setAttribute("aria-label", (folded.has(step.line) ? "Show the lines of " : "Hide the lines of ") + step.name);
      row.insertBefore(button, row.lastElementChild);
    }
  }

  async function ask(line) {
    const from = Math.max(1, Math.floor((line - 1) / Piece) * Piece + 1);
    if (asked.has(from)) return;
    asked.add(from);
    try {
      const answer = await fetch(`/-/lines/${id}?from=${from}&limit=${Piece}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.statusText);
      const part = await answer.json();
      take(part);
      // What is not there yet is asked for again, and what is gone is not.
      if (rows.has(line)) asked.delete(from); else if (!complete) setTimeout(() => { asked.delete(from); plan(); }, 300);
    } catch {
      setTimeout(() => { asked.delete(from); plan(); }, 1000);
    }
  }

  function take(part) {
    part.rows.forEach((row, at) => rows.set(part.first + at, row));
    complete ||= part.complete;
    if (part.count > count) { count = part.count; layOut(); if (following) toEnd(); }
    plan();
  }

  function forget(seen) {
    if (rows.size <= Kept) return;
    const middle = lineOf(Math.max(0, Math.min(seen, shownRows - 1)));
    for (const line of rows.keys()) if (Math.abs(line - middle) > Kept / 3) rows.delete(line);
  }

  function told(event) {
    if (!box.isConnected) { leave(); return; }
    if (event.detail.id !== id) return;
    const before = complete;
    const end = event.detail;
    // A row that is known says how long after the one before it came; the first of an end does not know that.
    end.rows = end.rows.map((row, at) => rows.get(end.first + at) ?? row);
    take(end);
    if (complete) { following = false; if (!before) outline(); }
    tools.tell();
  }

  function leave() {
    removeEventListener("resize", plan);
    removeEventListener("hashchange", toHash);
    document.removeEventListener("towpath:log", told);
    document.removeEventListener("towpath:part", moved);
  }

  // An element that was moved in the page begins at its top.
  function moved(event) {
    if (!event.target.contains(box)) return;
    if (following) toEnd(); else box.scrollTop = lastTop;
    plan();
  }

  // --- going somewhere

  function toEnd() { box.scrollTop = box.scrollHeight; lastTop = box.scrollTop; plan(); }

  function toLine(line, where = "center") {
    unfold(line);
    layOut();
    const row = rowOf(line), room = where === "center" ? (box.clientHeight - height) / 2 : 0;
    box.scrollTop = Math.max(0, row * height - room) / stretch();
    lastTop = box.scrollTop;
    drawn = "";
    plan();
  }

  function toHash() {
    const named = /^#L(\d+)$/.exec(location.hash);
    if (!named) return false;
    following = false;
    target = Number(named[1]);
    toLine(target);
    showWhole();
    tools.tell();
    return true;
  }

  function point(line) {
    following = false;
    choose(line);
    toLine(line);
    tools.tell();
  }

  function choose(line) {
    target = line;
    history.replaceState(null, "", `#L${line}`);
    drawn = "";
    plan();
    showWhole();
  }

  // Rows are of one height, and a long line goes on beyond the edge: beneath the log there is room for all of one.
  async function showWhole() {
    panel.hidden = !whole;
    if (!whole || shown === target) return;
    const line = shown = target;
    if (!line) { panel.innerHTML = "<p class=\"log-empty\">Choose a line to read all of it here.</p>"; return; }
    let html = rows.get(line);
    if (!html || html.includes("<em>")) {
      try {
        const answer = await fetch(`/-/lines/${id}?from=${line}&whole=true`, { cache: "no-store" });
        if (!answer.ok) throw new Error(answer.statusText);
        html = (await answer.json()).rows[0];
      } catch { html = undefined; }
      if (line !== shown) return;
    }
    if (!html) {
      shown = -1;
      panel.innerHTML = "<p class=\"log-empty\">The line cannot be read now: choose it again.</p>";
      return;
    }
    panel.innerHTML = html;
    panel.firstElementChild.removeAttribute("id");
    panel.scrollTop = 0;
  }

  function scrolled() {
    const top = box.scrollTop, atEnd = box.scrollHeight - top - box.clientHeight < 2 * height;
    if (top < lastTop - 1 && !atEnd && following) following = false;
    else if (atEnd && !complete && top > lastTop) following = true;
    lastTop = top;
    tools.tell();
    plan();
  }

  function clicked(event) {
    const button = event.target.closest("[data-fold]");
    if (button) {
      const line = Number(button.dataset.fold);
      fold(() => { if (!folded.delete(line)) folded.add(line); }, line);
      requestAnimationFrame(() => view.querySelector(`[data-fold="${line}"]`)?.focus({ preventScroll: true }));
      return;
    }
    const link = event.target.closest(".l > a"), row = event.target.closest(".l");
    // Whoever marks text to copy it chooses nothing.
    if (whole && row && !link && getSelection().isCollapsed) choose(Number(row.id.slice(1)));
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    point(Number(link.hash.slice(2)));
  }

  // --- looking for something

  // Goes through the log once, a part at a time: what was looked at does not change.
  async function outline() {
    if (outlining) return;
    outlining = true;
    clearTimeout(outlined);
    try {
      while (scanned <= count) {
        const answer = await fetch(`/-/outline/${id}?from=${scanned}`, { cache: "no-store" });
        if (!answer.ok) break;
        const found = await answer.json(), before = scanned;
        // What was folded when the reader was here before, but for a step with a line that the address names.
        keepPlace(() => { steps.push(...found.steps); if (target && target < found.next) unfold(target, found.steps); });
        error ||= found.error ?? 0;
        firstOnStderr ||= found.firstOnStderr ?? 0;
        scanned = Math.max(scanned, found.next);
        tools.tell();
        if (scanned === before) break;
      }
    } catch { /* Without it nothing folds, and all can be read. */ }
    outlining = false;
    if (box.isConnected && (!complete || scanned <= count)) outlined = setTimeout(() => document.hidden ? later() : outline(), 5000);
  }

  function later() { document.addEventListener("visibilitychange", outline, { once: true }); }

  // False when another search began meanwhile.
  async function search(text, from = 1) {
    const own = ++sought;
    if (from === 1) [matches, match, more] = [[], -1, 0];
    if (text) {
      const answer = await fetch(`/-/matches/${id}?text=${encodeURIComponent(text)}&from=${from}`, { cache: "no-store" });
      if (own !== sought) return false;
      if (!answer.ok) throw new Error(answer.statusText);
      const found = await answer.json();
      if (own !== sought) return false;
      matches.push(...found.lines);
      more = found.next <= count ? found.next : 0;
    }
    drawn = "";
    plan();
    return true;
  }

  function measure() {
    view.innerHTML = `<div class="l"><a>1</a><span>x</span></div>`;
    const found = view.firstElementChild.getBoundingClientRect().height || 20;
    view.textContent = "";
    return found;
  }

  function toolbar() {
    const bar = document.createElement("div");
    bar.className = "log-head tools";
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", "Log");
    const form = bar.appendChild(document.createElement("form"));
    form.setAttribute("role", "search");
    const field = form.appendChild(Object.assign(document.createElement("input"), { type: "search", placeholder: "Search the log", maxLength: 200, autocomplete: "off" }));
    field.setAttribute("aria-label", "Search the log");
    const says = form.appendChild(Object.assign(document.createElement("span"), { className: "soft num" }));
    says.setAttribute("role", "status");
    let searched = "";
    const go = async back => {
      const text = field.value;
      try {
        if (text !== searched) {
          says.textContent = "…";
          searched = text;
          if (!await search(text)) return;
          match = back ? matches.length : -1;
        } else if (!back && match === matches.length - 1 && more) {
          says.textContent = "…";
          if (!await search(text, more)) return;
        }
      } catch {
        searched = "";
        says.textContent = "the server does not answer";
        return;
      }
      if (matches.length > 0) {
        match = (match + (back ? -1 : 1) + matches.length) % matches.length;
        point(matches[match]);
      }
      says.textContent = text === "" ? "" : matches.length === 0 ? (more ? "not found so far: Enter goes on" : "not found") : `${match + 1} of ${matches.length}${more ? " or more" : ""}`;
    };
    form.onsubmit = event => { event.preventDefault(); go(false); };
    field.onkeydown = event => { if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); go(true); } };
    const first = button("First error", () => point(error || firstOnStderr));
    const end = button("Follow", () => { following = !complete; toEnd(); tell(); });
    toggle("Times", on => box.classList.toggle("times", on));
    toggle("Durations", on => box.classList.toggle("spent", on));
    toggle("Whole line", on => { whole = on; keepWhole(on); showWhole(); }, whole);
    const allSteps = button("Fold steps", () => fold(() => { if (folded.size > 0) folded.clear(); else folded = new Set(steps.map(step => step.line)); }));
    bar.appendChild(Object.assign(document.createElement("a"), { className: "end", href: `/-/text/${id}`, textContent: "As text" }));
    function button(text, act) {
      const one = bar.appendChild(Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: text }));
      one.onclick = act;
      return one;
    }
    function toggle(text, act, on = false) {
      const one = button(text, () => {
        on = !on;
        one.setAttribute("aria-pressed", String(on));
        act(on);
      });
      one.setAttribute("aria-pressed", String(on));
    }
    function tell() {
      end.textContent = complete ? "To the end" : following ? "Following" : "Follow";
      end.setAttribute("aria-pressed", complete ? "false" : String(following));
      first.hidden = !(error || firstOnStderr);
      first.textContent = error ? "First error" : "First on stderr";
      allSteps.hidden = steps.length < 2;
      allSteps.textContent = folded.size > 0 ? "Unfold steps" : "Fold steps";
    }
    return { bar, tell };
  }
}

// --- what the browser remembers, if it does: what is folded in the logs that were looked at last, until the tab is closed,
// and for good whether lines are shown whole.

function folds() {
  try {
    const kept = JSON.parse(sessionStorage.getItem("towpath.folds"));
    return Array.isArray(kept) ? kept.filter(one => Array.isArray(one?.lines)) : [];
  } catch { return []; }
}

function foldedIn(id) { return folds().find(one => one.id === id)?.lines ?? []; }

function keepFolds(id, folded) {
  const others = folds().filter(one => one.id !== id), own = folded.size > 0 ? [{ id, lines: [...folded].slice(0, FoldsKept) }] : [];
  try { sessionStorage.setItem("towpath.folds", JSON.stringify([...own, ...others].slice(0, LogsKept))); } catch { /* Then it is not remembered. */ }
}

function wantsWhole() { try { return localStorage.getItem("towpath.whole") === "1"; } catch { return false; } }

function keepWhole(on) { try { if (on) localStorage.setItem("towpath.whole", "1"); else localStorage.removeItem("towpath.whole"); } catch { /* as above */ } }
