// The state lane: unsigned, little-endian integers, see PROTOCOL "The state lane".

const WRITE = 0x01;
const CHANGED = 0x02;
const KEY = 0x03;

/** One frame to the server: my state. */
export function encodeState(state) {
  const frame = new Uint8Array(state.length + 1);
  frame[0] = WRITE;
  frame.set(state, 1);
  return frame;
}

/** A frame from the server. Throws a RangeError on a frame that is cut short or has bytes left over. */
export function decodeStates(frame) {
  const bytes = frame instanceof Uint8Array ? frame : new Uint8Array(frame);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint8(0);
  if (type !== CHANGED && type !== KEY) throw new RangeError(`unknown frame type ${type}`);
  const tick = view.getUint32(1, true);
  const count = view.getUint16(5, true);
  const states = new Map();
  let at = 7;
  for (let i = 0; i < count; i++) {
    const number = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    at += 4;
    if (at + length > bytes.length) throw new RangeError('state frame is cut short');
    // The frame is not reused by the socket, so a view on it is enough.
    states.set(number, bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) throw new RangeError('state frame has bytes left over');
  return { key: type === KEY, tick, states };
}
