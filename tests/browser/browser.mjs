// A page in Debian's Chromium, and what every page must be: without overflow, without violations.
//
// What is asked of single pages is in pages.mjs; pictures are taken by shots.mjs.

import AxeBuilder from "@axe-core/playwright";
import { chromium } from "playwright-core";

export const VIEWS = [
  ["portfolio", "/"],
  ["executive", "/executive"],
  ["accounts", "/accounts"],
  ["renewals", "/renewals"],
  ["definitions", "/definitions"],
];

export const SIZES = {
  light: { width: 1440, height: 1000, dark: false },
  dark: { width: 1440, height: 1000, dark: true },
  phone: { width: 390, height: 844, dark: false },
  narrow: { width: 360, height: 740, dark: true },
};

/** Starts the browser; its pages share nothing with each other. */
export async function start() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

/** A page of this size; what its console complains of is collected in `page.complaints`. */
export async function open(browser, { width, height, dark }, options = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    ...options,
  });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  return page;
}

/** Throws when the page is wider than its window. */
export async function fits(page) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (wide > window) throw new Error(`${page.url()} is ${wide} px wide in a window of ${window} px`);
}

/** Throws with all that axe finds. */
export async function accessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target}: ${help}\n    ${failureSummary.replaceAll("\n", "\n    ")}`));
  if (found.length > 0) throw new Error(`${page.url()}\n  ${found.join("\n  ")}`);
}
