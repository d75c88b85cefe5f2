// Looks at the dashboard of a line in Chromium while boards come and go, and says on standard output what an operator would
// find. Usage: node dashboard.mjs CHROMIUM URL FOLDER [AXE]; the folder gets the profile and pictures. When the line has ended,
// it says how the page was at the end. AXE is axe-core's script; with it the accessibility of each look is checked.
import { readFileSync } from "node:fs";
import { complaints, start } from "./chromium.mjs";

const [program, url, folder, axe] = process.argv.slice(2);
const { call, value, open, size, picture, heard, close } = await start(program, folder);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
async function until(expression, tries = 600) {
  for (let i = 0; i < tries; i++) {
    if (await value(expression)) return;
    await pause(100);
  }
  throw new Error(`it did not become so: ${expression}`);
}
const key = async (name, code) => {
  for (const type of ["keyDown", "keyUp"]) await call("Input.dispatchKeyEvent", { type, key: name, code: name, windowsVirtualKeyCode: code });
};

// Texts whose contrast with their ground is below WCAG AA: 4.5, or 3 for large ones.
const pale = `(() => {
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length < 4 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(node.tagName)) continue;
    const style = getComputedStyle(node), large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
    const [one, other] = [light(parts(style.color)), light(ground(node))].sort((a, b) => b - a);
    if ((one + .05) / (other + .05) < (large ? 3 : 4.5)) found.push(node.className + ": " + node.textContent.slice(0, 30));
  }
  return [...new Set(found)];
})()`;
const unnamed = `[...document.querySelectorAll("button, a, input, [role=img], [role=dialog]")].filter((one) => one.checkVisibility() &&
  !(one.textContent.trim() || one.ariaLabel || one.labels?.length || document.getElementById(one.getAttribute("aria-labelledby")))).map((one) => one.id || one.className)`;
const small = `[...document.querySelectorAll("button, a.link, input")].filter((one) => one.checkVisibility() && !one.closest(".skip"))
  .filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.id || one.className)`;

const violations = async (look) => axe ? (await value(`axe.run(document, { resultTypes: ["violations"] }).then((all) => all.violations.map((one) =>
  one.id + ": " + one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")))`)).map((one) => `${look}: ${one}`) : [];

const found = { axe: [], pale: [], unnamed: [], small: [], wide: [] };
await size(1280, 800);
await open(url);
await until("document.querySelectorAll('.tile.pass, .tile.fail, .tile.again').length > 0 && document.getElementById('good').textContent !== '–'");
if (axe) await call("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
for (const scheme of ["light", "dark"]) {
  await call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
  for (const [name, width, height, hash] of [["1920", 1920, 1080, ""], ["1280", 1280, 800, ""], ["phone", 390, 844, ""], ["wall", 1920, 1080, "#wall"]]) {
    await size(width, height);
    await value(`location.hash = "${hash}"`);
    await pause(300);
    await picture(`${folder}/${name}-${scheme}.png`);
    found.axe.push(...await violations(`${name} ${scheme}`));
    found.pale.push(...await value(pale));
    found.unnamed.push(...await value(unnamed));
    if (name !== "wall") found.small.push(...await value(small));
    if (await value("document.documentElement.scrollWidth") > width) found.wide.push(`${name} ${scheme}`);
  }
}

// By keyboard alone: the grid, a slot, back.
await size(1280, 800);
await value(`location.hash = ""; document.querySelector(".tile").focus()`);
await key("ArrowRight", 39);
found.second = await value("[...document.querySelectorAll('.tile')].indexOf(document.activeElement)");
await value("document.activeElement.click()");
await until("document.querySelector('#slot .log')");
found.opened = await value("document.getElementById('slot-name').textContent + (document.activeElement.id === 'slot-name')");
found.pale.push(...await value(pale));
found.axe.push(...await violations("slot"));
await picture(`${folder}/slot.png`);
await key("Escape", 27);
found.closed = await value("document.getElementById('slot').hidden && document.activeElement.className.includes('tile')");

console.error("looked");
await until("document.getElementById('live').textContent === 'Ended'", 36000);
await pause(300);
await picture(`${folder}/ended.png`);
found.end = await value(`({ good: at("good").textContent, bad: at("bad").textContent, yield: at("yield").textContent, batch: at("batch").textContent,
  tiles: Object.fromEntries(model.slots.map((slot) => [slot.slot, slot.state === "done" ? slot.outcome : slot.state])),
  coloured: [...document.querySelectorAll(".tile")].filter((one) => getComputedStyle(one).backgroundColor !== "rgba(0, 0, 0, 0)").length })`);
found.outside = heard.filter((one) => one.method === "Network.requestWillBeSent" && !one.params.request.url.startsWith(url)).map((one) => one.params.request.url);
found.complaints = complaints(heard).map((one) => JSON.stringify(one.params).slice(0, 300));
console.log(JSON.stringify(found));
await close();
