// SPDX-License-Identifier: Apache-2.0
//
// Gmail's search language, as far as tests use it: words, "phrases", field:value, OR, {any of}, (all of), -negation, dates and
// ages, sizes, and the in:/is:/has:/label: family. A dated query means midnight in California, as Google's does; whole epoch
// seconds mean themselves.
const fields = ['from', 'to', 'cc', 'bcc', 'subject', 'list', 'deliveredto'];
const places = { inbox: 'INBOX', sent: 'SENT', spam: 'SPAM', trash: 'TRASH', drafts: 'DRAFT', draft: 'DRAFT', starred: 'STARRED', important: 'IMPORTANT', unread: 'UNREAD', chats: 'CHAT' };

function tokenize(query) {
  const pattern = /\s*(?:([(){}])|(-?)((?:[^\s"(){}:]+:)?)(?:"([^"]*)"|([^\s"(){}]+)|(?=[({]))|("))/gy;
  const tokens = [];
  let match;
  while (pattern.lastIndex < query.length && (match = pattern.exec(query)) && match[0] !== '') {
    if (match[1]) tokens.push({ bracket: match[1] });
    else if (match[6]) continue;
    else {
      const value = match[4] ?? match[5];
      if (match[2]) tokens.push({ not: true });
      if (!match[2] && !match[3] && value === 'OR' && match[4] === undefined) tokens.push({ or: true });
      else if (value === undefined) tokens.push({ operator: match[3].slice(0, -1).toLowerCase(), group: true });
      else tokens.push({ operator: match[3].slice(0, -1).toLowerCase(), value });
    }
  }
  return tokens;
}

const wordsOf = (value) => value.normalize('NFKC').toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]/u;

function contains(text, phrase) {
  if (unspaced.test(phrase)) return text.normalize('NFKC').includes(phrase.normalize('NFKC'));
  const wanted = wordsOf(phrase);
  return wanted.length === 0 || ` ${wordsOf(text).join(' ')} `.includes(` ${wanted.join(' ')} `);
}

function pacificMidnight(year, month, day) {
  const utc = Date.UTC(year, month - 1, day);
  const hour = Number(new Intl.DateTimeFormat('en-US', { timeZone: 'America/Los_Angeles', hour: 'numeric', hourCycle: 'h23' }).format(utc));
  return utc + (24 - hour) * 3_600_000;
}

function instantOf(value) {
  if (/^\d{9,}$/.test(value)) return Number(value) * 1000;
  const date = /^(\d{4})[/-](\d{1,2})[/-](\d{1,2})$/.exec(value);
  return date ? pacificMidnight(Number(date[1]), Number(date[2]), Number(date[3])) : NaN;
}

function ageStart(value, now) {
  const match = /^(\d+)([dmy])$/.exec(value);
  return match ? now - Number(match[1]) * { d: 1, m: 30, y: 365 }[match[2]] * 86_400_000 : NaN;
}

function sizeOf(value) {
  const match = /^(\d+)([km]?)$/i.exec(value);
  return match ? Number(match[1]) * { '': 1, k: 1024, m: 1024 * 1024 }[match[2].toLowerCase()] : NaN;
}

function matchTerm(operator, value, message, context) {
  const { words, labelIds } = message;
  const has = (label) => labelIds.includes(label);
  const low = value.toLowerCase();
  if (operator === '') {
    return [words.from, words.to, words.cc, words.subject, words.text, ...words.filenames].some((text) => contains(text, value));
  }
  if (fields.includes(operator)) {
    const own = low === 'me' ? message.owner : value;
    return contains(words[operator], own);
  }
  switch (operator) {
    case 'rfc822msgid': return words.rfc822msgid === value.replace(/^<|>$/g, '');
    case 'filename': return words.filenames.some((name) => contains(name, value) || name.toLowerCase().endsWith(`.${low}`));
    case 'has': return low === 'attachment' ? words.filenames.length > 0 : low === 'userlabels' ? labelIds.some((id) => /^Label_/.test(id)) : false;
    case 'in': return low === 'anywhere' || (low === 'archive' ? !['INBOX', 'SENT', 'DRAFT', 'SPAM', 'TRASH'].some(has) : has(places[low] ?? value));
    case 'is': return low === 'read' ? !has('UNREAD') : has(places[low] ?? '');
    case 'label': return has(places[low] ?? context.labelId(low) ?? value);
    case 'category': return has(`CATEGORY_${value.toUpperCase()}`) || (low === 'primary' && has('INBOX') && !labelIds.some((id) => /^CATEGORY_/.test(id)));
    case 'after': case 'newer': return message.internalDate >= instantOf(value);
    case 'before': case 'older': return message.internalDate < instantOf(value);
    case 'newer_than': return message.internalDate >= ageStart(value, context.now);
    case 'older_than': return message.internalDate < ageStart(value, context.now);
    case 'larger': case 'size': return message.raw.length > sizeOf(value);
    case 'smaller': return message.raw.length < sizeOf(value);
    default: return contains(`${words.subject} ${words.text}`, `${operator} ${value}`);
  }
}

// Grammar: all = any*, any = unit (OR unit)*, unit = -unit | (all) | {any of} | operator:(group) | term.
function parse(query) {
  const tokens = tokenize(query);
  let at = 0;
  const peek = () => tokens[at];
  const all = (close, scope) => {
    const tests = [];
    while (at < tokens.length && !(close && peek().bracket === close)) tests.push(any(scope));
    at += 1;
    return tests;
  };
  const any = (scope) => {
    const tests = [unit(scope)];
    while (peek()?.or) (at += 1), tests.push(unit(scope));
    return tests.length === 1 ? tests[0] : (...args) => tests.some((test) => test(...args));
  };
  const unit = (scope) => {
    const token = tokens[at];
    at += 1;
    if (!token || token.or) return () => true;
    if (token.not) {
      const test = unit(scope);
      return (...args) => !test(...args);
    }
    if (token.bracket === '(' || token.bracket === '{') {
      const tests = all(token.bracket === '(' ? ')' : '}', scope);
      return token.bracket === '(' ? (...args) => tests.every((test) => test(...args)) : (...args) => tests.some((test) => test(...args));
    }
    if (token.bracket) return () => true;
    if (token.group) return unit(token.operator);
    return (message, context) => matchTerm(token.operator || scope, token.value, message, context);
  };
  const tests = all(null, '');
  return (message, context) => tests.every((test) => test(message, context));
}

// `labelId` turns a label's name into its id; `now` is the time that ages count from.
export function matcher(query, context) {
  const test = parse(query ?? '');
  return (message) => test(message, context);
}

// Spam and trash stay out of a search that does not name them.
export const namesHiddenPlaces = (query) => /\b(in|label|is):"?(anywhere|spam|trash)\b/i.test(query ?? '');
