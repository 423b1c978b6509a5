// What the browser adds to pages that work without it: live figures, commands without a reload,
// keys. The server renders everything; nothing is computed or formatted here.

const byId = (id) => document.getElementById(id);
const live = byId("live");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
function say(text) {
  byId("say").textContent = text;
}

/* Changes: the page is fetched again, and what differs in it is changed in place. */

const page = document.body.dataset.livePage;
const INTERVAL_MS = { account: 1000, accounts: 2000 }[page] ?? 5000;
let fetchedAt = Date.now();
let due = null;

function concerns(id) {
  if (page !== "account" && page !== "accounts") return true;
  return document.querySelector(`[data-account="${CSS.escape(id)}"]`) !== null;
}

function refreshSoon() {
  if (due !== null || page === "") return;
  due = setTimeout(refresh, Math.max(0, fetchedAt + INTERVAL_MS - Date.now()));
}

async function refresh() {
  due = null;
  fetchedAt = Date.now();
  if (document.hidden) return;
  if (isChoosing()) {
    refreshSoon();
    return;
  }
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    if (!answer.ok) return;
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = next.querySelector(`[data-live="${part.dataset.live}"]`);
      if (other !== null) become(part, other);
    }
  } catch {
    lineIs("off");
  }
}

// Somebody chooses in the menu of a row: the row must neither move nor become another one meanwhile.
function isChoosing() {
  return document.querySelector("tr :popover-open, .item :popover-open") !== null;
}

// What names a child among its siblings, so that a row that moved is moved and not rewritten.
function keyOf(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  return node.dataset.key ?? node.dataset.account ?? (node.id || null);
}

// What people type; hidden fields say what a button is about, and change with it.
const TYPED = "input:not([type=hidden]), textarea, select, [aria-busy=true]";

// Focus, open details and popovers, and what somebody typed stay as they are.
function become(old, next) {
  if (old.isEqualNode(next)) return;
  if (old.nodeType === Node.TEXT_NODE) {
    old.data = next.data;
    highlight(old.parentElement);
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE || old.matches(TYPED)) return;
  for (const { name, value } of next.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  becomeChildren(old, next);
}

function becomeChildren(old, next) {
  const keyed = new Map();
  for (const child of old.childNodes) if (keyOf(child) !== null) keyed.set(keyOf(child), child);
  let place = old.firstChild;
  for (const wanted of [...next.childNodes]) {
    while (place?.dataset?.local !== undefined) place = place.nextSibling;
    const key = keyOf(wanted);
    let found = key === null ? place : keyed.get(key);
    keyed.delete(key);
    if (key === null && found && (keyOf(found) !== null || found.nodeName !== wanted.nodeName)) found = undefined;
    if (!found) {
      old.insertBefore(document.importNode(wanted, true), place);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else move(old, found, place);
    become(found, wanted);
  }
  while (place !== null) {
    const gone = place;
    place = place.nextSibling;
    if (gone.dataset?.local === undefined) remove(gone);
  }
}

// Who was in a row that goes is put into the next one, at the same place.
function remove(gone) {
  const focused = gone.contains(document.activeElement) ? document.activeElement : null;
  const row = gone.nextElementSibling ?? gone.previousElementSibling;
  gone.remove();
  if (focused === null) return;
  const heirs = [...(row?.querySelectorAll("a[href], button") ?? [])];
  const heir = heirs.find((it) => it.textContent === focused.textContent) ?? heirs[0];
  (heir ?? document.querySelector("h1"))?.focus({ preventScroll: true });
}

function move(parent, node, before) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, before);
  focused?.focus({ preventScroll: true });
}

function highlight(element) {
  const figure = element?.closest("dd, td, .score, .band");
  if (!figure || figure.closest("time")) return;
  figure.classList.remove("fresh");
  requestAnimationFrame(() => figure.classList.add("fresh"));
}

function lineIs(state) {
  if (live === null || live.dataset.state === state) return;
  live.dataset.state = state;
  byId("live-word").textContent = state === "on" ? "live, " : "not live, ";
  const banner = document.createElement("p");
  banner.className = "banner";
  banner.textContent = "The live connection is down: figures are those of the last load. Trying again.";
  byId("line").replaceChildren(...(state === "off" ? [banner] : []));
}

function follow() {
  const source = new EventSource("/api/v1/changes");
  let downSince = null;
  source.addEventListener("open", () => {
    clearTimeout(downSince);
    downSince = null;
    lineIs("on");
  });
  // A line that is back within seconds is nothing to tell.
  source.addEventListener("error", () => {
    downSince ??= setTimeout(() => lineIs("off"), 4000);
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 10000);
  });
  source.addEventListener("reset", refreshSoon);
  source.addEventListener("portfolio", () => {
    if (page !== "account") refreshSoon();
  });
  for (const kind of ["account", "alert", "erased"]) {
    source.addEventListener(kind, (event) => {
      if (concerns(JSON.parse(event.data).account_id)) refreshSoon();
    });
  }
  addEventListener("pagehide", () => source.close(), { once: true });
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refreshSoon();
});

/* Commands: sent in the background, then their result is waited for. */

function tell(form, text, kind) {
  let said = form.querySelector(".said");
  if (said === null) {
    said = document.createElement("span");
    said.dataset.local = "";
    form.append(said);
  }
  said.className = `said ${kind}`;
  said.textContent = text;
  say(text);
}

async function result(url) {
  for (let n = 0; n < 60; n += 1) {
    const answer = await (await fetch(url)).json();
    if (answer.status !== "pending") return answer;
    await wait(500);
  }
  return { status: "pending" };
}

async function send(form, button) {
  if (form.querySelector("[aria-busy=true]") !== null) return;
  const body = new URLSearchParams(new FormData(form, button));
  button.setAttribute("aria-busy", "true");
  tell(form, "Sending…", "");
  try {
    const headers = { accept: "application/json" };
    const answer = await fetch(form.action, { method: "POST", headers, body });
    if (answer.status >= 500) throw new Error("Not confirmed. Try again in a moment.");
    const said = await answer.json();
    if (answer.status !== 202) throw new Error(said.detail ?? said.title);
    tell(form, "Pending…", "");
    const { status, error } = await result(said.status_url);
    if (status === "applied") tell(form, "Done", "good");
    else if (status === "refused") tell(form, error?.message ?? "Refused", "bad");
    else tell(form, "Still pending: the page will show it", "");
  } catch (error) {
    // What the browser says of a line that is down is no help.
    tell(form, error instanceof TypeError ? "Not sent. Try again in a moment." : error.message, "bad");
  }
  button.removeAttribute("aria-busy");
  await wait(1200);
  if (form.querySelector(".said.bad") === null) {
    form.querySelector(".said")?.remove();
    form.closest("[popover]")?.hidePopover();
  }
  refresh();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-command]")) return;
  event.preventDefault();
  send(event.target, event.submitter ?? event.target.querySelector("button"));
});

/* Keys, and filters that need no button. */

const VIEWS = { p: "/", e: "/executive", a: "/accounts", r: "/renewals" };
let goes = false;

function step(by) {
  const links = [...document.querySelectorAll("[data-rows] tbody th > a")];
  const row = document.activeElement?.closest("[data-rows] tr");
  const at = links.findIndex((link) => link.closest("tr") === row);
  links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.metaKey || event.ctrlKey || event.altKey) return;
  const view = goes ? VIEWS[event.key] : undefined;
  goes = event.key === "g";
  if (view !== undefined) location.assign(view);
  else if (event.key === "/") byId("search")?.focus();
  else if (event.key === "?") byId("keys")?.showModal();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else return;
  event.preventDefault();
});

for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
for (const form of document.querySelectorAll(".filters")) {
  form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });
  // Who comes back sees the filters of the address.
  addEventListener("pageshow", () => form.reset());
}
document.body.classList.add("scripted");

if (live !== null) follow();
