// SPDX-License-Identifier: Apache-2.0
//
// Google's `fields` parameter: a,b/c,d(e,f). Returns a selector, or undefined when the mask is not well formed.
export function parseMask(mask) {
  let at = 0;
  const name = () => /^[A-Za-z0-9_*.-]+/.exec(mask.slice(at))?.[0];
  const list = () => {
    const selector = new Map();
    for (;;) {
      const key = name();
      if (!key) throw new SyntaxError(mask);
      at += key.length;
      selector.set(key, below());
      if (mask[at] !== ',') return selector;
      at += 1;
    }
  };
  const below = () => {
    if (mask[at] === '/') {
      at += 1;
      const key = name();
      if (!key) throw new SyntaxError(mask);
      at += key.length;
      return new Map([[key, below()]]);
    }
    if (mask[at] !== '(') return null;
    at += 1;
    const selector = list();
    if (mask[at] !== ')') throw new SyntaxError(mask);
    at += 1;
    return selector;
  };
  try {
    const selector = list();
    return at === mask.length ? selector : undefined;
  } catch {
    return undefined;
  }
}

export function select(value, selector) {
  if (!selector || selector.has('*')) return value;
  if (Array.isArray(value)) return value.map((item) => select(item, selector));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => selector.has(key)).map(([key, item]) => [key, select(item, selector.get(key))]));
}

export function namesIn(selector, found = new Set()) {
  for (const [name, below] of selector ?? []) found.add(name), namesIn(below, found);
  return found;
}
