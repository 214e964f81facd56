// SPDX-License-Identifier: Apache-2.0
//
// Which calls meet trouble. A rule names calls (service, operation, door, kind of row), picks among them (nth, from, percent, times)
// and says what happens to those.
const pickers = ['service', 'operation', 'door', 'kind', 'nth', 'from', 'percent', 'seed', 'times'];
const actions = ['throttle', 'error', 'status', 'delay_ms', 'drop', 'hold', 'truncate', 'wrong_crc32', 'content_type', 'unprocessed', 'call', 'call_after'];

// The same numbers for the same seed, so that a failing run can be run again.
function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const isOneOf = (wanted, value) => wanted === undefined || [wanted].flat().includes(value);

export class FaultRule {
  seen = 0; // calls it names
  applied = 0; // calls it picked
  #waiting = [];
  #open = false;

  constructor(wanted) {
    const unknown = Object.keys(wanted).filter((name) => !pickers.includes(name) && !actions.includes(name));
    if (unknown.length) throw new Error(`a rule has no ${unknown.join(', ')}`);
    if (!actions.some((name) => wanted[name] !== undefined)) throw new Error(`a rule needs one of ${actions.join(', ')}`);
    Object.assign(this, wanted);
    this.random = randomOf(wanted.seed ?? 1);
  }

  picks(call) {
    const named = isOneOf(this.service, call.service) && isOneOf(this.operation, call.operation) && isOneOf(this.door, call.door) && (this.kind === undefined || (call.kinds ?? []).includes(this.kind));
    if (!named) return false;
    this.seen += 1;
    if (this.nth !== undefined && this.seen !== this.nth) return false;
    if (this.from !== undefined && this.seen < this.from) return false;
    if (this.times !== undefined && this.applied >= this.times) return false;
    if (this.percent !== undefined && this.random() * 100 >= this.percent) return false;
    this.applied += 1;
    return true;
  }

  // Resolves when `release` is called, at once if it has been.
  held() {
    return this.#open ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  get holding() {
    return this.#waiting.length;
  }

  release() {
    this.#open = true;
    this.#waiting.splice(0).forEach((resolve) => resolve());
  }
}
