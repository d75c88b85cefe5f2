// Looks at a page in Chromium, through its debugging pipe, and says on standard output what a reader would find.
// Usage: node look.mjs CHROMIUM PAGE FOLDER; the folder gets the profile and pictures WIDTH.png.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

const [program, page, folder] = process.argv.slice(2);
const root = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = spawn(program, [
  "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
  "--disable-background-networking", "--disable-component-update", `--user-data-dir=${folder}/profile`, ...root, "about:blank",
], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, HOME: folder } });
const [, , , to, from] = browser.stdio;

const waiting = new Map();
const heard = [];
let number = 0, session, rest = "";
from.setEncoding("utf8");
from.on("data", (text) => {
  const messages = (rest + text).split("\0");
  rest = messages.pop();
  for (const message of messages.map((one) => JSON.parse(one))) {
    heard.push(message);
    waiting.get(message.id)?.(message);
    waiting.get(message.method)?.(message);
  }
});
browser.on("exit", (status) => process.exit(status ?? 1));

function call(method, params = {}) {
  const id = ++number;
  to.write(JSON.stringify({ id, method, params, sessionId: session }) + "\0");
  return new Promise((done, failed) => waiting.set(id, (answer) =>
    answer.error ? failed(new Error(`${method}: ${answer.error.message}`)) : done(answer.result)));
}

const value = async (expression) =>
  (await call("Runtime.evaluate", { expression, returnByValue: true })).result.value;

const { targetInfos } = await call("Target.getTargets");
const { targetId } = targetInfos.find((target) => target.type === "page");
session = (await call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
for (const domain of ["Page", "Network", "Log", "Runtime"]) await call(`${domain}.enable`);
const loaded = new Promise((done) => waiting.set("Page.loadEventFired", done));
await call("Page.navigate", { url: `file://${page}` });
await loaded;

const found = { widths: {} };
for (const width of [1280, 390]) {
  await call("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
  found.widths[width] = await value(`({ page: document.documentElement.scrollWidth,
    figures: Math.max(0, ...[...document.querySelectorAll("figure")].map((one) => one.getBoundingClientRect().right)) })`);
  const { data } = await call("Page.captureScreenshot", { captureBeyondViewport: true, clip: { x: 0, y: 0, width,
    height: Math.min(4000, await value("document.documentElement.scrollHeight")), scale: 1 } });
  writeFileSync(`${folder}/${width}.png`, Buffer.from(data, "base64"));
}
found.charts = await value("document.querySelectorAll('svg').length");
found.unnamed = await value(`[...document.querySelectorAll("svg")].filter((one) => one.getAttribute("role") !== "img" ||
  !one.querySelector("title")?.textContent || !one.querySelector("desc")?.textContent ||
  !one.getAttribute("aria-labelledby").split(" ").every((id) => document.getElementById(id))).length`);
found.outside = await value(`[...document.querySelectorAll("svg text")].filter((one) => {
  const box = one.getBBox(), view = one.closest("svg").viewBox.baseVal;
  return box.x < -1 || box.y < -1 || box.x + box.width > view.width + 1 || box.y + box.height > view.height + 1;
}).map((one) => one.closest("svg").id + ": " + one.textContent)`);
found.twice = await value(`[...document.querySelectorAll("[id]")].map((one) => one.id).filter((id, at, all) =>
  all.indexOf(id) !== at)`);
found.requests = heard.filter((one) => one.method === "Network.requestWillBeSent").length - 1;
found.complaints = heard.filter((one) => one.method === "Log.entryAdded" || one.method === "Runtime.exceptionThrown").length;
console.log(JSON.stringify(found));
await call("Browser.close").catch(() => {});
