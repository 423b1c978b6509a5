// What people do, in a real browser on a real Kafka: node pages.mjs BASE_URL, the key in PULSE_KEY.
//
// The data is a generated world in which one account has a name that would run (tests/kafka).

import assert from "node:assert/strict";
import { accessible, fits, open, SIZES, start, VIEWS } from "./browser.mjs";

const base = process.argv[2];
const key = process.env.PULSE_KEY;
const LIMIT_MS = 30_000;
const HOSTILE = "/accounts/hostile";

const browser = await start();
const session = await logIn();
const tests = { views, looks, hostile, filters, live, rows, acknowledge, override, keys, withoutScripts, refused };
for (const [name, test] of Object.entries(tests)) {
  const began = Date.now();
  await test();
  console.log(`browser: ${name} ok (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}
await browser.close();

/** Exchanges the key for a session, which the other pages use. */
async function logIn() {
  const page = await open(browser, SIZES.light);
  await page.goto(`${base}/accounts?band=red`);
  assert.equal(new URL(page.url()).pathname, "/login");
  await accessible(page);
  await page.getByLabel("Access key").fill("pulse_wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("alert").getByText("not known").waitFor();
  await page.getByLabel("Access key").fill(key);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(`${base}/accounts?band=red`);
  const session = await page.context().storageState();
  assert.ok(session.cookies.every((cookie) => cookie.httpOnly && cookie.sameSite === "Lax"));
  await page.context().close();
  return session;
}

function see(size = SIZES.light, options = {}) {
  return open(browser, size, { storageState: session, ...options });
}

async function done(page) {
  assert.deepEqual(page.complaints, []);
  await page.context().close();
}

/** Each view renders, with figures, and axe finds nothing; light and dark. */
async function views() {
  for (const size of [SIZES.light, SIZES.dark]) {
    const page = await see(size);
    await page.goto(`${base}/accounts`);
    const account = await page.getAttribute("[data-rows] tbody th a", "href");
    for (const [name, path] of [...VIEWS, ["account", account]]) {
      await page.goto(base + path);
      assert.equal(await page.locator("h1").count(), 1, name);
      assert.ok((await page.locator("main").innerText()).match(/\d/), `${name} has figures`);
      await accessible(page);
    }
    await done(page);
  }
}

/** No page is wider than its window, from 360 px to 1440 px. */
async function looks() {
  for (const size of Object.values(SIZES)) {
    const page = await see(size);
    for (const path of [...VIEWS.map(([, path]) => path), HOSTILE]) {
      await page.goto(base + path);
      await fits(page);
    }
    if (size.width < 400) await accessible(page);
    await done(page);
  }
}

/** A name that would run is text wherever it stands. */
async function hostile() {
  const page = await see();
  page.on("dialog", () => page.complaints.push("a script of a name ran"));
  for (const path of ["/accounts?q=hostile", HOSTILE, "/?csm="]) {
    await page.goto(base + path);
    assert.equal(await page.locator("img").count(), 0, path);
  }
  await page.goto(base + HOSTILE);
  assert.match(await page.locator("h1").innerText(), /<script>alert\(1\)<\/script>/);
  await done(page);
}

/** Filters live in the address and say so when nothing matches. */
async function filters() {
  const page = await see();
  await page.goto(`${base}/accounts`);
  await page.getByLabel("Segment").selectOption("smb");
  await page.waitForURL(/segment=smb/);
  assert.ok((await page.locator("[data-rows] tbody tr").count()) > 0);
  await page.getByRole("link", { name: "ARR", exact: true }).click();
  await page.waitForURL(/segment=smb.*sort=-arr/);
  assert.equal(await page.locator("th[aria-sort=descending]").innerText(), "ARR ↓");
  await page.goto(`${base}/accounts?q=nobody-is-called-this`);
  await page.getByText("No account matches.").waitFor();
  await done(page);
}

/** What changes on Kafka is seen without a reload: here by a command of somebody else. */
async function live() {
  const page = await see();
  await page.goto(base + HOSTILE);
  await page.locator("#live[data-state=on]").waitFor({ timeout: LIMIT_MS });
  await page.evaluate(() => { window.sameDocument = true; });
  const answer = await fetch(`${base}/api/v1${HOSTILE}/commands`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({
      type: "override_health", value: 12.5, note: "known better",
      expires_at: new Date(Date.now() + 5 * 86_400_000).toISOString(),
    }),
  });
  assert.equal(answer.status, 202, await answer.text());
  await page.locator(".score", { hasText: "12.5" }).waitFor({ timeout: LIMIT_MS });
  await page.getByText("known better").waitFor();
  assert.ok(await page.evaluate(() => window.sameDocument), "the page was loaded again");
  await done(page);
}

/** Buttons act on what a row shows now, and who was in a row that goes is not lost. */
async function rows() {
  const page = await see();
  await page.goto(`${base}/`);
  const button = page.locator("[data-rows] tbody tr").first().getByRole("button", { name: /^Acknowledge/ });
  await button.focus();
  const gone = await page.locator("[data-rows] tbody tr").first().getAttribute("data-account");
  const other = "00000000-0000-4000-8000-000000000001";
  await page.route(`${base}/`, async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    const row = text.match(/<tr data-account="[^"]*">[\s\S]*?<\/tr>/g).find((it) => it.includes(`"${gone}"`));
    const body = text.replace(row, "").replace(/(name="alert_id" value=")[^"]*/g, `$1${other}`);
    await route.fulfill({ response: answer, body });
  });
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  const table = page.locator("[data-rows]").first();
  await table.locator(`tr[data-account="${gone}"]`).waitFor({ state: "detached", timeout: LIMIT_MS });
  const ids = await table.locator("input[name=alert_id]").evaluateAll((inputs) => inputs.map((it) => it.value));
  assert.ok(ids.length > 0 && ids.every((id) => id === other), `${ids}`);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^Acknowledge/);
  await done(page);
}

/** An acknowledgement goes to Kafka and comes back. */
async function acknowledge() {
  const page = await see();
  await page.goto(`${base}/`);
  const row = page.locator("[data-rows] tbody tr").filter({ has: page.getByRole("button", { name: /^Acknowledge/ }) }).first();
  const href = await row.locator("th a").getAttribute("href");
  await page.goto(base + href);
  const alert = page.locator("[data-live=alerts] article").filter({ has: page.getByRole("button", { name: /^Acknowledge/ }) }).first();
  const id = await alert.locator("input[name=alert_id]").first().getAttribute("value");
  await alert.getByRole("button", { name: /^Acknowledge/ }).click();
  await alert.getByText("pending…").or(alert.getByText("done")).waitFor({ timeout: LIMIT_MS });
  const mine = page.locator("[data-live=alerts] article").filter({ has: page.locator(`input[value="${id}"]`) });
  await mine.getByText("acknowledged ·").waitFor({ timeout: LIMIT_MS });
  await done(page);
}

/** A form with an error keeps what was typed and says what is wrong. */
async function override() {
  const page = await see();
  await page.goto(base + HOSTILE);
  await page.getByText("Start a playbook").click();
  const form = page.locator("form").filter({ has: page.locator("input[name=playbook]") });
  await form.getByLabel("Playbook").fill("nobody_knows_it");
  await form.getByRole("button", { name: "Start" }).click();
  await form.locator(".said.bad").waitFor({ timeout: LIMIT_MS });
  assert.equal(await form.getByLabel("Playbook").inputValue(), "nobody_knows_it");
  await done(page);
}

/** The keyboard finds its way: search, rows, skip link. */
async function keys() {
  const page = await see();
  await page.goto(`${base}/accounts`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to content");
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "search");
  await page.locator("h1").click();
  await page.keyboard.press("j");
  const href = await page.evaluate(() => document.activeElement.getAttribute("href"));
  await page.keyboard.press("Enter");
  await page.waitForURL(base + href);
  await done(page);
}

/** Without scripts forms still work: the way back is the account's page. */
async function withoutScripts() {
  const page = await see(SIZES.light, { javaScriptEnabled: false });
  await page.goto(base + HOSTILE);
  await page.getByText("Log a touchpoint").click();
  await page.getByRole("button", { name: "Log it" }).click();
  await page.waitForURL(base + HOSTILE);
  await done(page);
}

/** Another site's page cannot act here, though the browser has a session. */
async function refused() {
  const page = await see();
  await page.route("http://evil.example/", (route) => route.fulfill({
    contentType: "text/html",
    body: `<form method="post" action="${base}/commands"><input name="account_id" value="hostile"><input name="type" value="log_touchpoint"><button>Win</button></form>`,
  }));
  await page.goto("http://evil.example/");
  const answer = page.waitForResponse(`${base}/commands`);
  await page.getByRole("button", { name: "Win" }).click();
  assert.ok([401, 403, 303].includes((await answer).status()));
  await page.context().close();
}
