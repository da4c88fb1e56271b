// A socket in memory: the test is the server.
export class FakeSocket {
  static opened = [];
  static waiting = [];

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    this.sent = [];
    this.frames = [];
    FakeSocket.opened.push(this);
    FakeSocket.waiting.shift()?.(this);
    queueMicrotask(() => this.onopen?.());
  }

  /** The next socket that the client opens. */
  static next() {
    return new Promise((resolve) => FakeSocket.waiting.push(resolve));
  }

  send(data) {
    if (typeof data !== 'string') {
      this.frames.push(data);
      return;
    }
    const message = JSON.parse(data);
    const waiter = this.reader;
    this.reader = undefined;
    if (waiter) waiter(message);
    else this.sent.push(message);
  }

  /** The next request that the client writes. */
  read() {
    if (this.sent.length) return Promise.resolve(this.sent.shift());
    return new Promise((resolve) => (this.reader = resolve));
  }

  answer(id, result) {
    this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', id, result }) });
  }

  refuse(id, error) {
    this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', id, error }) });
  }

  notify(method, params) {
    this.onmessage({ data: JSON.stringify({ jsonrpc: '2.0', method, params }) });
  }

  /** The server, or the network, ends it. */
  end(code) {
    this.onclose?.({ code });
  }

  close(code) {
    this.closedWith = code;
  }
}
