// Looks at a page in Chromium and says on standard output what a reader would find.
// Usage: node look.mjs CHROMIUM PAGE FOLDER [AXE]; the folder gets the profile and pictures WIDTH-COLOURS.png. AXE is axe-core's
// script; with it the accessibility of each look is checked.
import { readFileSync } from "node:fs";
import { complaints, start } from "./chromium.mjs";

const [program, page, folder, axe] = process.argv.slice(2);
const { call, value, open, size, picture, heard, close } = await start(program, folder);

await open(`file://${page}`);
const found = { widths: {}, axe: axe ? [] : null };
if (axe) await call("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
for (const width of [1920, 1280, 390]) for (const colours of ["light", "dark"]) {
  await size(width, 900);
  await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: colours }] });
  if (axe) found.axe.push(...(await call("Runtime.evaluate", { awaitPromise: true, returnByValue: true, expression:
    `axe.run(document, { resultTypes: ["violations"] }).then((all) => all.violations.map((one) => one.id + " at " + ${width} + " ${colours}: " +
      one.nodes.slice(0, 3).map((node) => node.target.join(" ") + " (" + node.any.concat(node.all).map((why) => why.message).join("; ") + ")").join(", ")))` })).result.value);
  found.widths[width] = await value(`({ page: document.documentElement.scrollWidth,
    figures: Math.ceil(Math.max(0, ...[...document.querySelectorAll("figure")].map((one) => one.getBoundingClientRect().right))) })`);
  await picture(`${folder}/${width}-${colours}.png`, { x: 0, y: 0, width,
    height: Math.min(4000, await value("document.documentElement.scrollHeight")), scale: 1 });
}
found.charts = await value("document.querySelectorAll('svg').length");
found.unnamed = await value(`[...document.querySelectorAll("svg")].filter((one) => one.getAttribute("aria-hidden") !== "true" &&
  !(one.getAttribute("role") === "img" && one.getAttribute("aria-label"))).length`);
// What the script of the page does: the filters, the search, the order by a number, and by a click again the other way round.
found.script = await value(`(() => {
  const rows = () => [...document.querySelectorAll("#units-table tbody tr:not([hidden])")], said = () => document.getElementById("nf")?.textContent;
  if (!document.getElementById("units-table")) return null;
  const field = document.getElementById("q"), exceptions = rows().length, type = (text) => { field.value = text; field.dispatchEvent(new Event("input")); };
  document.querySelector("[data-f=all]")?.click();
  const all = rows().length, mac = rows()[rows().length - 1].cells[2].textContent;
  type(mac);
  const one = rows().length, count = said();
  type("");
  const heads = [...document.querySelectorAll("#units-table thead th")], at = heads.findIndex((head) => head.textContent.startsWith("Run s"));
  const numbers = () => rows().map((row) => parseFloat(row.cells[at].textContent)).filter((number) => !isNaN(number));
  const inOrder = (list, sign) => list.every((number, i) => i === 0 || (list[i - 1] - number) * sign <= 0);
  heads[at].querySelector("button").click();
  const up = inOrder(numbers(), 1);
  heads[at].querySelector("button").click();
  return { exceptions, all, one, count, up, down: inOrder(numbers(), -1) };
})()`);
found.twice = await value(`[...document.querySelectorAll("[id]")].map((one) => one.id).filter((id, at, all) =>
  all.indexOf(id) !== at)`);
found.requests = heard.filter((one) => one.method === "Network.requestWillBeSent").length - 1;
found.complaints = complaints(heard).length;
console.log(JSON.stringify(found));
await close();
