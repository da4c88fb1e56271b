// The real server, one for each test file.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FoyerClient } from 'foyer-client';
import { WebSocket } from 'ws';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

// Tests invite and withdraw more often than people do.
const generous = [
  '--invitations.per-minute=0',
  '--invitations.per-day=0',
  '--invitations.pair-gap=0s',
  '--invitations.pair-max=0',
  '--limits.searches-per-minute=0',
];

let building;

/** The binary under test: FOYER_BIN, else built from this checkout. */
function binary() {
  building ??= process.env.FOYER_BIN ? Promise.resolve(process.env.FOYER_BIN) : build();
  return building;
}

async function build() {
  const path = join(await mkdtemp(join(tmpdir(), 'foyer-e2e-')), 'foyer');
  await promisify(execFile)('go', ['build', '-o', path, './cmd/foyer'], { cwd: root });
  return path;
}

/** A port on which nobody listens, and none that an outgoing connection is given before the server has it. */
async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const free = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (free) {
      await new Promise((resolve) => server.close(resolve));
      return port;
    }
  }
}

export class Server {
  #process;
  #clients = [];

  /** Starts one. A store that is a file outlives a restart; the default doesn't. */
  static async start({ store = 'sqlite::memory:', args = generous } = {}) {
    const server = new Server();
    server.bin = await binary();
    server.port = await freePort();
    server.admin = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.args = ['serve', '--dev', `--listen=127.0.0.1:${server.port}`, `--admin-listen=127.0.0.1:${server.admin}`, `--store=${store}`, ...args];
    await server.run();
    return server;
  }

  async run() {
    const started = spawn(this.bin, this.args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = started;
    let said = '';
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (data) => (said = (said + data).slice(-4000)));
    this.ended = new Promise((resolve) => started.once('exit', resolve));
    let over = false;
    void this.ended.then(() => (over = true));
    while (!(await this.#ready())) {
      if (over) throw new Error(`the server ended: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async #ready() {
    try {
      return (await fetch(`http://127.0.0.1:${this.admin}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  /** Ends the process, at once (SIGKILL) or as an operator would (SIGTERM). */
  async halt(signal = 'SIGKILL') {
    this.#process.kill(signal);
    await this.ended;
  }

  async stop() {
    for (const client of this.#clients) client.close();
    await this.halt();
  }

  async token(name) {
    const response = await fetch(`${this.url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    if (!response.ok) throw new Error(`no token for ${name}: ${response.status}`);
    return response.json();
  }

  /** A device without a page: a headset, unless told otherwise. */
  async device(name, client = { kind: 'headset' }) {
    const device = new FoyerClient({
      url: `${this.url.replace('http', 'ws')}/v1/ws`,
      token: async () => (await this.token(name)).token,
      client,
      WebSocket,
    });
    this.#clients.push(device);
    await device.connect();
    return device;
  }
}

/** A folder for a store that outlives its server. */
export async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'foyer-e2e-store-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A name nobody else in this server has: tests of one file share it. */
export const someone = (first) => `${first} ${randomBytes(3).toString('hex')}`;

/** Resolves with the next event for which the test holds. */
export function next(device, event, test = () => true) {
  return new Promise((resolve) => {
    const off = device.on(event, (value) => {
      if (!test(value)) return;
      off();
      resolve(value);
    });
  });
}
