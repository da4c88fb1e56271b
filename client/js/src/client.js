import { Emitter } from './emitter.js';
import { FoyerError, localError } from './errors.js';
import { newOpId, repeatable, takesOpId } from './methods.js';
import { afterClose, backoff } from './reconnect.js';
import { Revisions } from './revisions.js';
import { decodeStates, encodeState } from './state.js';

const SUBPROTOCOL = 'foyer.v1';
// What a client says of itself is all or nothing on the wire.
const UNNAMED = { name: 'foyer-client', version: '0.1.0', kind: 'web' };
const TIMEOUT = 15_000;
// How often a call is repeated whose outcome the server itself could not tell.
const UNKNOWN_RETRIES = 4;
// After an overload nobody should be back within the blink of an eye.
const OVERLOAD_WAIT = 2_000;

/**
 * One device: a socket that comes back. Calls made while there is no socket fail
 * at once (`offline`); calls in flight when it drops are sent again if that is
 * safe, with the same op_id, and fail with `disconnected` if it isn't.
 */
export class FoyerClient {
  status = 'idle';
  hello = undefined;

  #options;
  #emitter = new Emitter();
  #socket;
  #revisions;
  #epoch;
  #deviceId;
  #pending = new Map();
  #nextId = 1;
  #attempt = 0;
  #timer;
  #token;
  #tokenRefused = false;
  #drainUntil = 0;
  #waitAtLeast = 0;
  #first;
  #lastRefusal;

  constructor(options) {
    this.#options = options;
    this.#epoch = options.resume?.epoch;
    this.#deviceId = options.resume?.device_id;
    this.#revisions = new Revisions(options.resume?.rev ?? 0);
  }

  get rev() {
    return this.#revisions.rev;
  }

  get resume() {
    if (this.#epoch === undefined) return undefined;
    return { epoch: this.#epoch, rev: this.rev, device_id: this.#deviceId };
  }

  on(event, listener) {
    return this.#emitter.on(event, listener);
  }

  connect() {
    if (!this.#first) {
      this.#first = deferred();
      this.#open();
    }
    return this.#first.promise;
  }

  close() {
    this.#end({ status: 'closed', code: 1000, reason: 'closed' });
    this.#socket?.close(1000);
  }

  retryNow() {
    if (this.status !== 'offline' || !this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#open();
  }

  async refreshToken() {
    const token = await this.#options.token({ rejected: false });
    await this.call('token.refresh', { token });
    this.#token = token;
  }

  async call(method, params = {}, options = {}) {
    if (takesOpId(method)) params = { ...params, op_id: options.opId ?? newOpId() };
    for (let round = 0; ; round++) {
      try {
        return await this.#request(method, params, options.timeoutMs);
      } catch (error) {
        const again = error.data?.unknown === true && params.op_id !== undefined && round < UNKNOWN_RETRIES;
        if (!again) throw error;
        await new Promise((resolve) => setTimeout(resolve, error.data.retry_after_ms ?? 500));
      }
    }
  }

  sendState(state) {
    if (this.status !== 'online') return false;
    this.#socket.send(encodeState(state));
    return true;
  }

  // --- the socket ---

  async #open() {
    this.#timer = undefined;
    this.#setStatus({ status: 'connecting' });
    let token;
    try {
      token = await this.#options.token({ rejected: this.#tokenRefused });
    } catch (error) {
      this.#tokenFailed(error);
      return;
    }
    if (this.status === 'closed') return;
    if (this.#tokenRefused && token === this.#token) {
      this.#end({ status: 'closed', code: 4401, reason: 'token' });
      return;
    }
    this.#token = token;
    const Socket = this.#options.WebSocket ?? globalThis.WebSocket;
    const socket = new Socket(this.#options.url, [SUBPROTOCOL]);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#sayHello(socket);
    socket.onmessage = (event) => this.#receive(socket, event.data);
    socket.onclose = (event) => this.#closed(socket, event.code);
    // What went wrong is told by onclose; `ws` throws without a listener.
    socket.onerror = () => {};
    this.#socket = socket;
  }

  /** A provider out of reach is like a server out of reach; one that says no ends it. */
  #tokenFailed(error) {
    if (error instanceof FoyerError && error.reason !== 'unavailable') {
      // Why there has to be another token says more than that there is none.
      this.#end({ status: 'closed', reason: 'token', error: this.#lastRefusal ?? error });
      return;
    }
    this.#comeBack(0, 'network');
  }

  #sayHello(socket) {
    const params = { token: this.#token };
    if (this.#options.client) params.client = { ...UNNAMED, ...this.#options.client };
    if (this.resume) params.resume = this.resume;
    const entry = {
      resolve: (result) => this.#welcomed(result),
      reject: (error) => this.#turnedAway(socket, error),
    };
    this.#write(this.#enter(entry, this.#options.timeoutMs), 'hello', params);
  }

  #welcomed(hello) {
    const before = this.resume;
    this.hello = hello;
    this.#epoch = hello.epoch;
    this.#deviceId = hello.device_id;
    this.#attempt = 0;
    this.#waitAtLeast = 0;
    this.#tokenRefused = false;
    this.#lastRefusal = undefined;
    if (!hello.resumed) this.#revisions.reset(hello.rev);
    // In the order in which they were asked, before anything newer.
    for (const [id, entry] of this.#pending) this.#write(id, entry.method, entry.params);
    this.#setStatus({ status: 'online' });
    this.#emitter.emit('hello', hello);
    if (!hello.resumed) this.#emitter.emit('sync', { cause: before ? 'not_resumed' : 'start' });
    this.#first.resolve(hello);
  }

  #turnedAway(socket, error) {
    if (error.code === -32001) {
      // The server closes with 4401; what comes next is decided there.
      this.#lastRefusal = error;
      return;
    }
    if (error.reason === 'rate_limited') return;
    if (error.reason === 'unavailable' || error.code === 0) {
      this.#waitAtLeast = error.data.retry_after_ms ?? 0;
      this.#drop(socket, 1006);
      return;
    }
    this.#end({ status: 'closed', reason: error.reason, error });
    socket.close(1000);
  }

  #receive(socket, data) {
    if (socket !== this.#socket) return;
    if (typeof data !== 'string') {
      // Up to 60 frames a second: not worth decoding for nobody.
      if (this.#emitter.has('states')) this.#emitter.emit('states', decodeStates(data));
      return;
    }
    const message = JSON.parse(data);
    for (const one of Array.isArray(message) ? message : [message]) {
      if (one.method === undefined) this.#answered(one);
      else this.#notified(one.method, one.params ?? {});
    }
  }

  #answered({ id, result, error }) {
    const entry = this.#pending.get(id);
    if (!entry) return;
    this.#pending.delete(id);
    clearTimeout(entry.timer);
    if (error) entry.reject(new FoyerError(error.code, error.message, error.data));
    else entry.resolve(result);
  }

  #notified(method, params) {
    if (typeof params.rev === 'number') {
      const verdict = this.#revisions.take(params.rev);
      if (verdict === 'drop') return;
      if (verdict === 'gap') this.#emitter.emit('sync', { cause: 'gap' });
    }
    if (method === 'server.draining') this.#drainUntil = Date.now() + (params.reconnect_after_ms ?? 0);
    // A token that could not be had now is asked for again when the server closes.
    if (method === 'token.expiring') this.refreshToken().catch(() => {});
    this.#emitter.emit(method, params);
    this.#emitter.emit('notification', { method, params });
  }

  #closed(socket, code) {
    if (socket !== this.#socket || this.status === 'closed') return;
    this.#socket = undefined;
    this.#sortPending();
    const { comeBack, reason } = afterClose(code);
    if (code === 4401 && !this.#tokenRefused) {
      // The one change that a client can make by itself: a newer token.
      this.#tokenRefused = true;
      this.#comeBack(code, reason);
      return;
    }
    if (!comeBack) {
      this.#end({ status: 'closed', code, reason, error: this.#lastRefusal });
      return;
    }
    if (code === 1013) this.#waitAtLeast = Math.max(this.#waitAtLeast, OVERLOAD_WAIT);
    this.#comeBack(code, reason);
  }

  #comeBack(code, reason) {
    const random = (this.#options.random ?? Math.random)();
    const drain = Math.max(0, this.#drainUntil - Date.now());
    const retryInMs = Math.max(backoff(this.#attempt++, random), drain, this.#waitAtLeast);
    this.#timer = setTimeout(() => this.#open(), retryInMs);
    this.#setStatus({ status: 'offline', code, reason, retryInMs });
  }

  /** Gives up on a socket without waiting for its closing handshake. */
  #drop(socket, code) {
    if (socket !== this.#socket) return;
    socket.close(4000);
    this.#closed(socket, code);
  }

  #end(event) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#setStatus(event);
    const error = event.error ?? localError('closed', 'This device is closed.');
    for (const entry of this.#pending.values()) {
      clearTimeout(entry.timer);
      entry.reject(error);
    }
    this.#pending.clear();
    this.#first?.promise.catch(() => {});
    this.#first?.reject(error);
  }

  #setStatus(event) {
    this.status = event.status;
    this.#emitter.emit('status', event);
  }

  // --- requests ---

  #request(method, params, timeoutMs) {
    if (this.status !== 'online') {
      return Promise.reject(localError('offline', 'There is no connection to the server right now.'));
    }
    return new Promise((resolve, reject) => {
      const id = this.#enter({ method, params, resolve, reject }, timeoutMs);
      this.#write(id, method, params);
    });
  }

  #enter(entry, timeoutMs = this.#options.timeoutMs ?? TIMEOUT) {
    const id = this.#nextId++;
    this.#pending.set(id, entry);
    entry.timer = setTimeout(() => {
      this.#pending.delete(id);
      entry.reject(localError('timeout', 'The server did not answer in time.'));
      // A socket that swallows requests is of no use, though it looks open.
      if (this.#socket) this.#drop(this.#socket, 4001);
    }, timeoutMs);
    return id;
  }

  #write(id, method, params) {
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  }

  /** Keeps what may be sent again; the outcome of the rest is unknown. */
  #sortPending() {
    for (const [id, entry] of this.#pending) {
      if (entry.method && repeatable(entry.method, entry.params)) continue;
      this.#pending.delete(id);
      clearTimeout(entry.timer);
      if (entry.method) entry.reject(localError('disconnected', 'The connection broke before the answer came.'));
    }
  }
}

function deferred() {
  let resolve;
  let reject;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
