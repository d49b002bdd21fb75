// Everything that has a page, a few keys away. Without this the button is a link to a page with the same answers.

const dialog = document.getElementById("palette"), opener = document.querySelector("[data-palette]");
if (dialog && opener) start();

function start() {
  const box = dialog.querySelector("input"), list = dialog.querySelector("[role=listbox]"), said = dialog.querySelector("[role=status]");
  let answers = [], chosen = -1, asked = null, planned = 0, hurry = false;

  opener.setAttribute("role", "button");
  opener.setAttribute("aria-haspopup", "dialog");
  opener.setAttribute("aria-keyshortcuts", "Control+K Meta+K");
  if (/mac|iphone|ipad/i.test(navigator.platform)) opener.querySelector("kbd").textContent = "⌘ K";
  opener.addEventListener("click", event => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  opener.addEventListener("keydown", event => { if (event.key === " ") { event.preventDefault(); open(); } });
  addEventListener("keydown", event => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    if (dialog.open) dialog.close(); else open();
  });
  dialog.addEventListener("click", event => { if (event.target === dialog) dialog.close(); });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", forget);
  box.addEventListener("input", () => { clearTimeout(planned); planned = setTimeout(ask, 60); });
  box.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (answers.length > 0) choose((chosen + (event.key === "ArrowDown" ? 1 : -1) + answers.length) % answers.length);
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      // What is shown may be the answer to what was typed before.
      if (planned || asked) hurry = true; else go(answers[chosen], event);
    }
  });

  function open() {
    dialog.showModal();
    box.select();
    ask();
  }

  function forget() {
    clearTimeout(planned);
    asked?.abort();
    planned = 0; asked = null; hurry = false;
  }

  async function ask() {
    clearTimeout(planned);
    planned = 0;
    asked?.abort();
    const own = asked = new AbortController();
    try {
      const query = new URLSearchParams({ q: box.value, near: document.body.dataset.stream.split("/")[0] });
      const answer = await fetch("/-/palette?" + query, { headers: { Accept: "application/json" }, signal: own.signal });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error();
      show((await answer.json()).answers);
    } catch {
      if (own.signal.aborted) return;
      show([]);
      said.textContent = "The server does not answer.";
    }
    asked = null;
    if (hurry && !planned) { hurry = false; go(answers[chosen]); }
  }

  function show(found) {
    answers = found;
    list.replaceChildren(...found.map(option));
    list.hidden = found.length === 0;
    box.setAttribute("aria-expanded", String(found.length > 0));
    said.textContent = found.length === 0 ? "Nothing is called that." : found.length === 1 ? "One answer." : `${found.length} answers.`;
    choose(found.length > 0 ? 0 : -1);
  }

  function option(finding, index) {
    const item = document.createElement("li");
    item.id = "palette-" + index;
    item.setAttribute("role", "option");
    item.append(
      dialog.querySelector(`template[data-kind="${CSS.escape(finding.kind)}"]`)?.content.cloneNode(true) ?? "",
      span("what", finding.text), span("soft detail", finding.detail), span("soft kind", finding.kind));
    item.addEventListener("pointermove", () => { if (index !== chosen) choose(index, false); });
    item.addEventListener("click", event => go(finding, event));
    return item;
  }

  function choose(index, scroll = true) {
    list.children[chosen]?.setAttribute("aria-selected", "false");
    chosen = index;
    const item = list.children[index];
    for (const other of list.children) other.setAttribute("aria-selected", String(other === item));
    if (!item) { box.removeAttribute("aria-activedescendant"); return; }
    box.setAttribute("aria-activedescendant", item.id);
    if (scroll) item.scrollIntoView({ block: "nearest" });
  }

  function go(finding, event) {
    if (!finding) return;
    if (event?.ctrlKey || event?.metaKey) { window.open(finding.href, "_blank", "noopener"); return; }
    dialog.close();
    location.assign(finding.href);
  }
}

function span(name, text) {
  return Object.assign(document.createElement("span"), { className: name, textContent: text });
}
