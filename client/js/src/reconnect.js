// Close codes, see PROTOCOL section 6. Codes not listed are the network's (1006
// above all), and the device comes back after them.
const comeBack = {
  1001: 'drain',
  1012: 'drain',
  1013: 'overload',
  4000: 'too_slow',
  4001: 'no_pong',
};

const stayAway = {
  1000: 'closed',
  1007: 'bad_text',
  1009: 'too_large',
  4400: 'protocol',
  4401: 'token',
  4403: 'suspended',
  4408: 'no_hello',
  4409: 'too_many_devices',
  4410: 'replaced',
  4429: 'flooding',
};

export function afterClose(code) {
  if (code in stayAway) return { comeBack: false, reason: stayAway[code] };
  return { comeBack: true, reason: comeBack[code] ?? 'network' };
}

const FIRST = 250;
const LONGEST = 15_000;

/** Milliseconds before attempt 0, 1, 2 …: doubling, with half of it random so that a herd spreads. */
export function backoff(attempt, random) {
  const whole = Math.min(LONGEST, FIRST * 2 ** attempt);
  return Math.round(whole / 2 + (whole / 2) * random);
}
