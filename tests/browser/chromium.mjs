// Chromium through its debugging pipe, without any package of npm.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";

// Starts it; the folder gets the profile. What it says is in `heard`.
export async function start(program, folder) {
  const root = process.getuid() === 0 ? ["--no-sandbox"] : [];
  const browser = spawn(program, [
    "--headless", "--remote-debugging-pipe", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", `--user-data-dir=${folder}/profile`, ...root, "about:blank",
  ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, HOME: folder } });
  const [, , , to, from] = browser.stdio;
  const waiting = new Map(), heard = [];
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
  // The value of an expression in the page; of a promise what it comes to.
  async function value(expression) {
    const answer = await call("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (answer.exceptionDetails) throw new Error(`${expression}: ${answer.exceptionDetails.exception?.description}`);
    return answer.result.value;
  }
  async function open(url) {
    const loaded = new Promise((done) => waiting.set("Page.loadEventFired", done));
    await call("Page.navigate", { url });
    await loaded;
  }
  async function size(width, height) {
    await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: width < 600 });
  }
  async function picture(path, clip) {
    const { data } = await call("Page.captureScreenshot", clip ? { captureBeyondViewport: true, clip } : {});
    writeFileSync(path, Buffer.from(data, "base64"));
  }

  const { targetInfos } = await call("Target.getTargets");
  const { targetId } = targetInfos.find((target) => target.type === "page");
  session = (await call("Target.attachToTarget", { targetId, flatten: true })).sessionId;
  for (const domain of ["Page", "Network", "Log", "Runtime"]) await call(`${domain}.enable`);
  return { call, value, open, size, picture, heard, close: () => call("Browser.close").catch(() => {}) };
}

// What the page complained of.
export const complaints = (heard) =>
  heard.filter((one) => one.method === "Log.entryAdded" || one.method === "Runtime.exceptionThrown");
