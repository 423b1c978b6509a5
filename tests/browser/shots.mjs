// Pictures of all views, light, dark and on a phone: node shots.mjs BASE_URL FOLDER
//
// They are for people to look at; what can be asserted is in pages.mjs. The narrow window is only measured.

import { mkdir } from "node:fs/promises";
import { fits, open, SIZES, start, VIEWS } from "./browser.mjs";

const [base, folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node shots.mjs BASE_URL FOLDER");
await mkdir(folder, { recursive: true });
const browser = await start();
for (const [size, look] of Object.entries(SIZES)) {
  const page = await open(browser, look);
  await page.goto(`${base}/accounts`);
  const account = await page.getAttribute("[data-rows] tbody th a", "href");
  for (const [name, path] of [...VIEWS, ["account", account]]) {
    const answer = await page.goto(base + path);
    if (!answer.ok()) throw new Error(`${path} answered ${answer.status()}`);
    if (look !== SIZES.narrow) await page.screenshot({ path: `${folder}/${name}-${size}.png`, fullPage: true });
    await fits(page);
  }
  await page.context().close();
}
await browser.close();
