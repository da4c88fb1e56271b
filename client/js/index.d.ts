import type { DeviceKind, ErrorData, HelloResult, Methods, Notifications, Relation } from './protocol.js';
export * from './protocol.js';

/** Where a client is: `online` means that hello was answered. */
export type ClientStatus = 'idle' | 'connecting' | 'online' | 'offline' | 'closed';

export interface StatusEvent {
  status: ClientStatus;
  /** Close code of the socket, where one was closed. */
  code?: number;
  /** Why: `drain`, `network`, `overload`, `token`, `suspended`, `too_many_devices`, `replaced`, … */
  reason?: string;
  /** Until the next attempt. */
  retryInMs?: number;
  error?: FoyerError;
}

export interface SyncEvent {
  /** `start`: first hello; `not_resumed`: the server could not replay; `gap`: a revision was missing. */
  cause: 'start' | 'not_resumed' | 'gap';
}

export interface ClientEvents extends Notifications {
  status: StatusEvent;
  hello: HelloResult;
  /** Whatever was fetched is out of date: fetch it again. */
  sync: SyncEvent;
  /** Every notification, after revisions were checked. */
  notification: { method: string; params: unknown };
  /** A 0x02 or 0x03 frame. */
  states: StateFrame;
}

export interface Resume {
  epoch: string;
  rev: number;
  device_id?: string;
}

export interface FoyerClientOptions {
  /** wss://host/v1/ws */
  url: string;
  /** Asked before each hello and whenever the token is about to end. */
  token: (why: { rejected: boolean }) => string | Promise<string>;
  client?: { name?: string; version?: string; kind?: DeviceKind; companion?: boolean; states?: boolean };
  resume?: Resume;
  /** Where there is no global WebSocket (node before 22): the class of the `ws` package. */
  WebSocket?: unknown;
  /** Milliseconds until a request without an answer fails; 15,000 unless told. */
  timeoutMs?: number;
  /** For tests: a number in [0, 1). */
  random?: () => number;
}

export interface CallOptions {
  timeoutMs?: number;
  /** Give your own to repeat a call across page loads; otherwise one is made for every durable method. */
  opId?: string;
}

export class FoyerClient {
  constructor(options: FoyerClientOptions);
  readonly status: ClientStatus;
  readonly hello: HelloResult | undefined;
  /** Highest revision applied. */
  readonly rev: number;
  /** What to keep, so that a later client can resume this device. */
  readonly resume: Resume | undefined;
  /** Opens the socket and says hello; rejects only when coming back is pointless. */
  connect(): Promise<HelloResult>;
  /** Ends the device for good. */
  close(): void;
  /** Tries at once instead of waiting for the next attempt. */
  retryNow(): void;
  /** Replaces the token in place, now. */
  refreshToken(): Promise<void>;
  call<M extends keyof Methods>(method: M, params?: Methods[M][0], options?: CallOptions): Promise<Methods[M][1]>;
  call(method: string, params?: object, options?: CallOptions): Promise<any>;
  /** Writes this device's state; false while there is no socket. */
  sendState(state: Uint8Array): boolean;
  on<E extends keyof ClientEvents>(event: E, listener: (value: ClientEvents[E]) => void): () => void;
}

export class FoyerError extends Error {
  constructor(code: number, message: string, data?: ErrorData);
  /** The class: -32001 … -32006, JSON-RPC's own, or 0 for this side (`offline`, `timeout`, `closed`). */
  readonly code: number;
  /** The exact cause: `invitation_not_pending`, `rate_limited`, … */
  readonly reason: string;
  readonly data: ErrorData;
  readonly relation: Relation | undefined;
}

export interface StateFrame {
  key: boolean;
  tick: number;
  states: Map<number, Uint8Array>;
}
export function encodeState(state: Uint8Array): Uint8Array;
export function decodeStates(frame: ArrayBuffer | Uint8Array): StateFrame;

/** What to do after a close: come back or not, and why. */
export function afterClose(code: number): { comeBack: boolean; reason: string };
export function backoff(attempt: number, random: number): number;

/** Drops revisions already applied and notices a hole. */
export class Revisions {
  constructor(rev?: number);
  readonly rev: number;
  reset(rev: number): void;
  take(rev: number): 'apply' | 'drop' | 'gap';
}
