// SPDX-License-Identifier: Apache-2.0

// Programs one board by esptool-js, a client that was written elsewhere, over RFC 2217.
//
// Usage: node esptool_js.mjs PACKAGE-FOLDER rfc2217://HOST:PORT CHIP-NAME FILE ADDRESS BAUD
//
// esptool-js wants a serial port as browsers have it (Web Serial); class Rfc2217Port is one over TCP. Everything
// above it is the package, unchanged.

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const IAC = 255, DONT = 254, DO = 253, WONT = 252, WILL = 251, SB = 250, SE = 240;
const COM_PORT = 44, BINARY = 0, SGA = 3;
const SET_BAUDRATE = 1, SET_CONTROL = 5, ANSWER = 100;
const DTR_ON = 8, DTR_OFF = 9, RTS_ON = 11, RTS_OFF = 12;
const ANSWER_MS = 5000;

class Rfc2217Port {
  constructor(url) {
    ({ hostname: this.host, port: this.tcpPort } = new URL(url));
    this.readable = null;
    this.writable = null;
  }

  getInfo() {
    return {};
  }

  async open({ baudRate }) {
    this.waiting = []; // {code, resolve}, oldest first
    this.agreed = false;
    this.socket = await new Promise((resolve, reject) => {
      const socket = connect(Number(this.tcpPort), this.host, () => resolve(socket));
      socket.once("error", reject);
    });
    this.socket.setNoDelay(true);
    this.readable = new ReadableStream({
      start: (controller) => this.receive(controller),
      cancel: () => { this.cancelled = true; },
    });
    this.cancelled = false;
    this.writable = new WritableStream({ write: (bytes) => this.send(escape(bytes)) });
    await this.send(Uint8Array.of(IAC, WILL, COM_PORT, IAC, WILL, BINARY, IAC, DO, BINARY, IAC, DO, SGA));
    await this.request(SET_BAUDRATE, [baudRate >>> 24, (baudRate >>> 16) & 255, (baudRate >>> 8) & 255, baudRate & 255]);
    if (!this.agreed) throw new Error("the server did not agree to the COM port option");
  }

  async close() {
    this.readable = null;
    this.writable = null;
    await new Promise((resolve) => { this.socket.once("close", resolve); this.socket.end(); });
  }

  // As in browsers: what is not mentioned stays, and both change together, which here means in one packet.
  async setSignals({ dataTerminalReady: dtr, requestToSend: rts }) {
    const values = [];
    if (dtr !== undefined) values.push(dtr ? DTR_ON : DTR_OFF);
    if (rts !== undefined) values.push(rts ? RTS_ON : RTS_OFF);
    await this.request(SET_CONTROL, ...values.map((value) => [value]));
  }

  send(bytes) {
    return new Promise((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  // The server must answer every value with the same.
  async request(command, ...values) {
    const answers = values.map((value) => new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to COM port command ${command}`)), ANSWER_MS);
      this.waiting.push({ code: command + ANSWER, resolve: (bytes) => { clearTimeout(timer); resolve(bytes); } });
    }));
    await this.send(Uint8Array.from(values.flatMap((value) =>
      [IAC, SB, COM_PORT, command, ...escape(Uint8Array.from(value)), IAC, SE])));
    for (const [i, answer] of (await Promise.all(answers)).entries())
      if (String(answer) !== String(values[i]))
        throw new Error(`COM port command ${command}: set ${values[i]}, got ${answer}`);
  }

  receive(controller) {
    let state = "data", verb = 0, sub = [];
    this.socket.on("data", (chunk) => {
      const data = [];
      for (const byte of chunk) {
        if (state === "data") {
          if (byte === IAC) state = "iac";
          else data.push(byte);
        } else if (state === "iac") {
          state = "data";
          if (byte === IAC) data.push(byte);
          else if (byte === SB) { state = "sub"; sub = []; }
          else if (byte >= WILL) { state = "option"; verb = byte; }
        } else if (state === "option") {
          state = "data";
          this.option(verb, byte);
        } else if (state === "sub") {
          if (byte === IAC) state = "sub-iac";
          else sub.push(byte);
        } else if (byte === IAC) {
          state = "sub";
          sub.push(byte);
        } else {
          state = "data";
          this.answered(sub);
        }
      }
      if (data.length > 0 && !this.cancelled) controller.enqueue(Uint8Array.from(data));
    });
    this.socket.on("close", () => { if (!this.cancelled) controller.close(); });
    this.socket.on("error", () => {});
  }

  option(verb, option) {
    if (option === COM_PORT && verb === DO) this.agreed = true;
    else if (option !== BINARY && option !== SGA && (verb === DO || verb === WILL))
      this.socket.write(Uint8Array.of(IAC, verb === DO ? WONT : DONT, option));
  }

  answered([option, code, ...value]) {
    const at = this.waiting.findIndex((one) => option === COM_PORT && one.code === code);
    if (at >= 0) this.waiting.splice(at, 1)[0].resolve(value);
  }
}

function escape(bytes) {
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

function md5(bytes) {
  return createHash("md5").update(bytes).digest("hex");
}

function check(what, got, wanted) {
  if (got !== wanted) throw new Error(`${what}: got ${got}, wanted ${wanted}`);
  console.log(`${what}: ${got}`);
}

async function main([folder, url, chipName, file, address, baud]) {
  const { ESPLoader, Transport } = await import(pathToFileURL(join(folder, "lib", "index.js")));
  const image = new Uint8Array(await readFile(file));
  const at = Number(address);
  const log = [];
  const terminal = { clean() {}, write: (text) => log.push(text), writeLine: (text) => log.push(text) };
  const transport = new Transport(new Rfc2217Port(url));
  transport.trace = () => {};
  const loader = new ESPLoader({ transport, baudrate: Number(baud), terminal });

  try {
    await loader.main();
    check("chip", loader.chip.CHIP_NAME, chipName);
    check("stub", loader.IS_STUB, true);
    check("baud", transport.baudrate, Number(baud));
    await loader.writeFlash({
      fileArray: [{ data: image, address: at }],
      flashMode: "keep", flashFreq: "keep", flashSize: "keep",
      eraseAll: false, compress: true, calculateMD5Hash: md5,
    });
    check("md5", await loader.flashMd5sum(at, image.length), md5(image));
    check("read back", md5(await loader.readFlash(at, 10000)), md5(image.slice(0, 10000)));

    transport.flushInput();
    await transport.setRTS(true);
    await loader.after("hard_reset");
    await transport.setDTR(false);
    console.log("reset");
    for (const line of log.filter((text) => text.startsWith("MAC:"))) console.log(line);
  } catch (error) {
    console.error(log.slice(-20).join("\n"));
    throw error;
  }
  await transport.disconnect();
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(`FAILED: ${error.message}`);
  process.exit(1);
});
process.exit(0);
