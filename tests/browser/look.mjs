// Looks at a page in Chromium and says on standard output what a reader would find.
// Usage: node look.mjs CHROMIUM PAGE FOLDER; the folder gets the profile and pictures WIDTH.png.
import { complaints, start } from "./chromium.mjs";

const [program, page, folder] = process.argv.slice(2);
const { value, open, size, picture, heard, close } = await start(program, folder);

await open(`file://${page}`);
const found = { widths: {} };
for (const width of [1280, 390]) {
  await size(width, 900);
  found.widths[width] = await value(`({ page: document.documentElement.scrollWidth,
    figures: Math.max(0, ...[...document.querySelectorAll("figure")].map((one) => one.getBoundingClientRect().right)) })`);
  await picture(`${folder}/${width}.png`, { x: 0, y: 0, width,
    height: Math.min(4000, await value("document.documentElement.scrollHeight")), scale: 1 });
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
found.complaints = complaints(heard).length;
console.log(JSON.stringify(found));
await close();
