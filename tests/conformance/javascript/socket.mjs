// A channel's socket that keeps what it hears.

const PATIENCE_MS = 10_000;

export class Socket {
  static async open({ WebSocket }, channel) {
    const socket = new Socket(new WebSocket(channel.connectUri));
    await socket.until("open", () => socket.isOpen);
    return socket;
  }

  constructor(inner) {
    this.inner = inner;
    this.frames = [];
    this.isOpen = false;
    this.closed = null;
    this.waiting = [];
    const wake = () => this.waiting.splice(0).forEach((resolve) => resolve());
    inner.on("open", () => { this.isOpen = true; wake(); });
    inner.on("message", (data) => { this.frames.push(JSON.parse(data.toString())); wake(); });
    inner.on("close", (code) => { this.closed = code; wake(); });
    // A close follows every error, and is what is looked at.
    inner.on("error", () => {});
  }

  say(message) {
    this.inner.send(JSON.stringify(message));
  }

  async until(what, isSo) {
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`${what} never came; heard ${JSON.stringify(this.frames)}, closed ${this.closed}`)),
        PATIENCE_MS,
      );
    });
    while (!isSo()) await Promise.race([new Promise((resolve) => this.waiting.push(resolve)), late]);
    clearTimeout(timer);
  }

  async frame(what, matches) {
    await this.until(what, () => this.frames.some(matches));
    return this.frames.find(matches);
  }

  // Everything that was on its way has come.
  async ping() {
    this.say({ message: "ping" });
    await this.frame("pong", (frame) => frame.eventBody?.message === "pong");
  }

  async end() {
    await this.until("the end", () => this.closed !== null);
    return this.closed;
  }

  async close() {
    this.inner.close();
    await this.end();
  }
}
