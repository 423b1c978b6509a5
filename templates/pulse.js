// What the browser adds to pages that work without it: live figures, commands without a reload,
// keys. The server renders everything; nothing is computed or formatted here.

const live = document.getElementById("live");
const say = (text) => { document.getElementById("say").textContent = text; };
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

/* Changes: the page is fetched again and what differs in it is exchanged. */

const page = document.body.dataset.livePage;
const INTERVAL_MS = page === "account" ? 1000 : page === "accounts" ? 2000 : 5000;
let fetchedAt = Date.now();
let due = null;

function concerns(id) {
  if (page === "portfolio" || page === "renewals" || page === "executive") return true;
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
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") location.reload();
    if (!answer.ok) return;
    exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    state("off");
  }
}

// Parts in which somebody types, or has opened something, are left alone until they are done.
function isBusy(part) {
  return part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, button")
    || part.querySelector("details[open], [aria-busy=true], .said, :popover-open") !== null;
}

function exchange(next) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = next.querySelector(`[data-live="${CSS.escape(part.dataset.live)}"]`);
    if (other === null || other.isEqualNode(part) || isBusy(part)) continue;
    part.replaceChildren(...other.childNodes);
    for (const { name, value } of other.attributes) part.setAttribute(name, value);
    if (part.matches(".figure, [data-live=health], [data-live=attention]")) {
      part.classList.remove("fresh");
      requestAnimationFrame(() => part.classList.add("fresh"));
    }
  }
  document.dispatchEvent(new CustomEvent("pulse:exchanged"));
}

function state(name) {
  if (live !== null) live.dataset.state = name;
}

function follow() {
  const source = new EventSource("/api/v1/changes");
  source.addEventListener("open", () => state("on"));
  source.addEventListener("error", () => state("off"));
  source.addEventListener("reset", refreshSoon);
  source.addEventListener("portfolio", () => { if (page !== "account") refreshSoon(); });
  for (const kind of ["account", "alert", "erased"]) {
    source.addEventListener(kind, (event) => {
      if (concerns(JSON.parse(event.data).account_id)) refreshSoon();
    });
  }
  addEventListener("pagehide", () => source.close());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refreshSoon(); });
}

/* Commands: sent in the background, then their result is waited for. */

function tell(form, text, kind) {
  let said = form.querySelector(".said");
  if (said === null) {
    said = document.createElement("span");
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

async function send(form) {
  const button = form.querySelector("button");
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  tell(form, "sending…", "");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
    });
    const said = await answer.json();
    if (answer.status !== 202) throw new Error(said.detail ?? said.title);
    tell(form, "pending…", "");
    const { status, error } = await result(said.status_url);
    if (status === "applied") tell(form, "done", "good");
    else if (status === "refused") tell(form, error?.message ?? "refused", "bad");
    else tell(form, "still pending: the page will show it", "");
  } catch (error) {
    tell(form, error.message, "bad");
  }
  button.removeAttribute("aria-busy");
  await wait(1200);
  if (!form.querySelector(".said.bad")) {
    form.querySelector(".said")?.remove();
    if (document.activeElement === button) button.blur();
  }
  refresh();
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-command]")) return;
  event.preventDefault();
  send(event.target);
});

/* Keys: / searches, j and k go through rows, Enter opens. */

function step(by) {
  const links = [...document.querySelectorAll("[data-rows] tbody th a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
  next?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
});

for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

follow();
