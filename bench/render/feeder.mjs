// Stands between a page and the proxy. It passes everything on, and when told to, it feeds the page's socket with what it has
// heard there before, again and again, as fast as the page takes it.
import { once } from "node:events";
import { createServer, request } from "node:http";
import { WebSocket, WebSocketServer } from "ws";
import { fail } from "./demo.mjs";

// The page's socket is asked whether it has taken what was sent after each so many frames: the most that wait in this program.
const IN_HAND = 64;

const DATE = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"/g;
const SEQ = /"seq":\d+/;
const HEARTBEAT = `{"topicName":"channel.metadata"`;

export class Feeder {
  #server;
  #base;
  #socket;
  /** What came over the socket, with when. */
  #tape = [];
  #at = 0;
  #seq = 0;
  #renumbers = false;
  /** Called with each frame that the page is given, in order, those of its first answer too. */
  #sent;

  static async start(base, sent) {
    const feeder = new Feeder();
    feeder.#base = new URL(base);
    feeder.#sent = sent;
    feeder.#server = createServer((asked, answer) => feeder.#pass(asked, answer));
    const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
    feeder.#server.on("upgrade", (asked, stream, head) =>
      sockets.handleUpgrade(asked, stream, head, (socket) => feeder.#connect(asked, socket)),
    );
    feeder.#server.listen(0, "127.0.0.1");
    await once(feeder.#server, "listening");
    return feeder;
  }

  get base() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Frames heard from the proxy that can be fed. */
  get heard() {
    return this.#tape.length;
  }

  stop() {
    this.#socket?.removeAllListeners("close");
    this.#socket?.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Feeds so many frames. Resolves when the page's machine has taken the last. */
  async feed(count) {
    if (this.#tape.length === 0) fail("there is nothing to feed: the proxy has said nothing");
    // From here on the numbers are ours: what the proxy says takes its place among them.
    this.#renumbers = true;
    for (let fed = 1; fed <= count; fed++) {
      const { text, heardAt } = this.#tape[this.#at];
      this.#at = (this.#at + 1) % this.#tape.length;
      // What happened then happens now.
      const shift = Date.now() - heardAt;
      const now = text.replace(DATE, (_, date) => `"${new Date(Date.parse(date) + shift).toISOString()}"`);
      const taken = this.#say(now);
      if (fed % IN_HAND === 0 || fed === count) await taken;
    }
  }

  // ---- passing on ----

  #pass(asked, answer) {
    const { hostname, port, host, origin } = this.#base;
    const headers = { ...asked.headers, host };
    if (headers.origin) headers.origin = origin;
    delete headers.referer;
    const isChannel = asked.method === "POST" && asked.url.endsWith("/channel");
    if (isChannel) delete headers["accept-encoding"];
    const onward = request({ hostname, port, path: asked.url, method: asked.method, headers }, (answered) => {
      answer.writeHead(answered.statusCode, answered.headers);
      answered.pipe(answer);
      if (isChannel) this.#keepSnapshot(answered);
    });
    onward.on("error", (error) => fail(`passing on ${asked.url}: ${error}`));
    asked.pipe(onward);
  }

  async #keepSnapshot(answered) {
    const chunks = [];
    answered.on("data", (chunk) => chunks.push(chunk));
    await once(answered, "end");
    if (this.#seq > 0) fail("the page has asked for a second channel");
    const { seq, frames } = JSON.parse(Buffer.concat(chunks));
    this.#seq = seq;
    frames.forEach(this.#sent);
  }

  #connect(asked, socket) {
    const { host, origin } = this.#base;
    // The channel is the page's session's.
    const headers = { cookie: asked.headers.cookie ?? "" };
    const onward = new WebSocket(`ws://${host}${asked.url}`, { origin, headers, perMessageDeflate: false });
    onward.on("error", (error) => fail(`the proxy's socket ${asked.url}: ${error}`));
    this.#socket = socket;
    socket.on("close", (code) => fail(`the page has closed its socket with ${code}`));
    socket.on("message", (text) => onward.send(String(text)));
    onward.on("message", (data) => this.#hear(String(data)));
  }

  #hear(text) {
    if (text.startsWith(HEARTBEAT)) {
      this.#socket.send(text);
    } else if (this.#renumbers) {
      this.#say(text);
    } else {
      this.#tape.push({ text, heardAt: Date.now() });
      this.#sent(JSON.parse(text));
      this.#socket.send(text);
      this.#seq = Math.max(this.#seq, Number(text.match(SEQ)?.[0].slice('"seq":'.length) ?? fail(`no number: ${text}`)));
    }
  }

  /** Sends a frame under the next number; resolves when it is written. */
  #say(text) {
    this.#seq += 1;
    const numbered = text.replace(SEQ, `"seq":${this.#seq}`);
    this.#sent(JSON.parse(numbered));
    return new Promise((resolve) => this.#socket.send(numbered, resolve));
  }
}
