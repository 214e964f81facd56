// SPDX-License-Identifier: Apache-2.0
//
// Texts that a JSON parser has to judge, made from RFC 8259's grammar: `accepted` and `refused` leave no choice, `either` is up to the
// parser as long as it survives. Two choices are ours and stand among the refused: a name twice in one object, and half a surrogate pair.
const bytesOf = (text) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text); // one character is one byte
const utf8 = (text) => Buffer.from(text);
const shown = (bytes) => JSON.stringify(bytes.toString('latin1').length > 40 ? `${bytes.toString('latin1').slice(0, 36)}... (${bytes.length} bytes)` : bytes.toString('latin1'));
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const characters = (first, last) => range(first, last).map((code) => String.fromCharCode(code));
const join = (...parts) => Buffer.concat(parts.map(bytesOf));

// A value stands alone, in a list, in an object: each ends it by other means.
const places = [['alone', '', ''], ['in a list', '[', ']'], ['in an object', '{"a":', '}']];

function* inPlaces(is, family, texts) {
  for (const text of texts) for (const [place, before, after] of places) yield { is, family: `${family} ${place}`, bytes: join(before, text, after) };
}

function* plain(is, family, texts) {
  for (const text of texts) yield { is, family, bytes: bytesOf(text) };
}

const quoted = (inner) => join('"', inner, '"');

// ---- numbers ----

function* numbers() {
  yield* inPlaces('accepted', 'number', [
    '0', '-0', '0.0', '-0.0', '0e0', '0E0', '0e+0', '0e-0', '1', '-1', '9', '10', '123456789', '1.5', '-1.5', '0.1', '-0.1', '0.00000001', '1e1', '1E1', '1e+1', '1e-1', '1E+01', '1e-007', '1e00', '123.456e78', '20e1', '-9.876E-5',
    '1.7976931348623157e308', '-1.7976931348623157e308', '5e-324', '2.2250738585072014e-308', '2.2250738585072011e-308', '9007199254740991', '9007199254740993', '2147483648', '-2147483649', '4294967296', '9223372036854775807', '-9223372036854775808', '18446744073709551615',
    `0.${'0'.repeat(100)}1`, `0.${'1234567890'.repeat(20)}`, `1${'0'.repeat(18)}`, '1e22', '1e23', '123e65', '1e308', '8.41e21', '9.5e-3', '1.0000000000000002', '0.30000000000000004',
  ]);
  yield* inPlaces('refused', 'number', [
    '+1', '+0', '-', '--1', '- 1', '+', '-+1', '01', '-01', '00', '-00', '007', '1.', '-1.', '.1', '-.1', '.', '1.e1', '1.e', '.e1', '1e', '1e+', '1e-', '1E', '1E+', '0e', '0.e1', '1.5e', '1e1.5', '1e1e1', '1ee1', '1e++1', '1e+-1', '1e 1', '1 e1', '1.1.1', '1..1', '1.-1', '1-1', '1+2', '2*3',
    '0x1', '0X1', '0x', '0b1', '0o7', '1_000', '1 000', "1'000", '1f', '1L', '1n', '1d', '1a', '1e1a', 'e1', 'E1', '1\x00', '1\x0b', '$1', '#1', '1%', '1/2', '1;',
    'NaN', '-NaN', '+NaN', 'nan', 'Nan', 'NAN', 'Infinity', '-Infinity', '+Infinity', 'infinity', 'inf', '-inf', 'INF', '1.#INF', '1.#QNAN', utf8('\uff11'), utf8('\u0661'), utf8('\u00bd'), utf8('\u221e'), utf8('\u22121'), utf8('1\u00a0000'), '\xb9', '1\x80', '1.\xff',
  ]);
  yield* plain('refused', 'number', ['1,000', '1 2', '1,', '1]', '1}', '1:1', '1"a"', '-1 -1', '1,2,3']);
  yield* inPlaces('either', 'number out of range', [
    '1e309', '-1e309', '1e400', '-1e400', '1e99999', '1e-400', '-1e-400', '1e-99999', '18446744073709551616', '-9223372036854775809', '99999999999999999999', '-99999999999999999999', '9'.repeat(100), `-${'9'.repeat(100)}`, '9'.repeat(5000), `0.${'0'.repeat(5000)}1`, `1${'0'.repeat(400)}`, `1e${'9'.repeat(100)}`, `1e-${'9'.repeat(100)}`, `0e${'9'.repeat(100)}`, `123123e${'1'.repeat(30)}`,
  ]);
}

// ---- strings ----

const pairs = ['\\ud83d\\ude00', '\\uD83D\\uDE00', '\\ud800\\udc00', '\\udbff\\udfff', '\\uD834\\udd1e', '\\ud83d\\ude00\\ud83d\\ude00'];
const halves = ['\\ud800', '\\udbff', '\\udc00', '\\udfff', '\\uDEAD', '\\ud800x', '\\ud800\\n', '\\ud800\\u0041', '\\ud800\\ud800', '\\udc00\\ud800', '\\udc00\\udc00', '\\ud83d\\ude00\\ude00', 'a\\ud800', '\\ud800\\\\udc00', '\\ud800\\ud83d\\ude00', '\\u0041\\udc00', '\\ud800 \\udc00', '\\ud800\\"'];
const notUtf8 = [
  ...['\x80', '\xbf', '\x80\x80', 'a\x80', '\xa0'], ...characters(0xc0, 0xff), // alone, and leaders without what they lead
  '\xc0\x80', '\xc0\xaf', '\xc0\xae', '\xc1\xbf', '\xe0\x80\x80', '\xe0\x80\xaf', '\xe0\x9f\xbf', '\xf0\x80\x80\x80', '\xf0\x80\x80\xaf', '\xf0\x8f\xbf\xbf', '\xf8\x80\x80\x80\x80', '\xfc\x80\x80\x80\x80\x80', // overlong
  '\xed\xa0\x80', '\xed\xad\xbf', '\xed\xae\x80', '\xed\xaf\xbf', '\xed\xb0\x80', '\xed\xbe\x80', '\xed\xbf\xbf', '\xed\xa0\x80\xed\xb0\x80', // surrogates
  '\xf4\x90\x80\x80', '\xf5\x80\x80\x80', '\xf7\xbf\xbf\xbf', '\xf8\x88\x80\x80\x80', '\xfc\x84\x80\x80\x80\x80', // beyond the last character
  '\xc2', '\xc3x', '\xe2\x82', '\xe2\x82x', '\xe2x\x80', '\xf0\x9f\x98', '\xf0\x9f\x98x', '\xf0\x9f', '\xf0\x9fx', '\xc3\xa4\x80', '\xe2\x82\xac\x80', '\xf0\x9f\x98\x80\x80', '\xc3\xc3\xa4', '\xfe\xff', '\xff\xfe', '\xe4', '\xfcber', // cut, too long, other codes
];

function* strings() {
  yield* inPlaces('accepted', 'string', [
    '', 'a', ' ', '\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t', '\\"\\\\\\/\\b\\f\\n\\r\\t', '/', '\\\\\\\\', '\\\\\\"', '\\\\u0041', '\\\\ud800', '\\u0000', 'a\\u0000b', '\\u0001', '\\u001f', '\\u0020', '\\u0022', '\\u005c', '\\u005C\\u0022', '\\u002f', '\\u007f', '\\u0080', '\\u00e9', '\\u07ff', '\\u0800', '\\u2028', '\\u2029', '\\ud7ff', '\\ue000', '\\ufdd0', '\\ufeff', '\\ufffd', '\\ufffe', '\\uffff',
    '\\uabcd', '\\uABCD', '\\uaBcD', '\\u0061\\u30af\\u30EA', ...pairs, '\x7f', "'", '`', '{}[]:,', '// a', '/* a */', '# a', 'null', '<script>', '%00', '$', 'a'.repeat(10_000),
  ].map(quoted));
  yield* inPlaces('accepted', 'string of raw UTF-8', [0x80, 0xe9, 0x7ff, 0x800, 0x2028, 0x2029, 0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x1f600, 0x1ffff, 0x10fffe, 0x10ffff].map((code) => quoted(utf8(String.fromCodePoint(code)))));
  yield* inPlaces('refused', 'string with a raw control', characters(0, 0x1f).map((code) => quoted(`a${code}b`)));
  yield* inPlaces('refused', 'string with an unknown escape', characters(0x20, 0x7e).filter((code) => !'"\\/bfnrtu'.includes(code)).map((code) => quoted(`\\${code}`)));
  yield* inPlaces('refused', 'string with an unknown escape', ['\\\0', '\\\x1f', '\\\x80', '\\\xff', utf8('\\\u00e9'), utf8('\\\u{1f300}'), '\\U0041', '\\x41', '\\101', '\\u{41}', "\\'", '\\a\\u', '\\\n', '\\\\\\x'].map(quoted));
  yield* inPlaces('refused', 'string with a bad \\u', ['\\u', '\\u0', '\\u00', '\\u004', '\\uqqqq', '\\u004g', '\\u00g1', '\\u0g41', '\\ug041', '\\u 041', '\\u+041', '\\u-041', '\\u0x41', '\\u00 41', '\\u\\u0041', '\\ud83d\\u', '\\ud83d\\ude0', '\\ud83d\\ude0g', '\\ud83d\\x', '\\ud83d\\', '\\u00\xb1', '\\u12\0'].map(quoted));
  yield* inPlaces('refused', 'string with half a pair', halves.map(quoted));
  yield* inPlaces('refused', 'string that is not UTF-8', notUtf8.map(quoted));
  yield* inPlaces('refused', 'string with other quotes', ["'a'", "'", '`a`', "''", "\"a'", "'a\"", 'a', 'a b', utf8('\u201ca\u201d'), '&quot;a&quot;', '\\"a\\"', '\\u0022a\\u0022', '"a" "b"', '"a"+"b"', '"a"b', 'b"a"', '"""a"""', '""""', '"a""b"', '\\u0041', "u'a'", '@"a"']);
  yield* plain('refused', 'string without an end', ['"', '"a', '["', '["a', '{"', '{"a', '{"a":"', '{"a":"b', '"\\', '"\\"', '"a\\', '"\\u', '"\\u004', '["a\\"]', '"\\\\\\"', '"\xc3', '["\xe2\x82', '[" '.padEnd(200, 'x')]);
  // Parsers read in blocks: every kind of trouble at every offset within two of them.
  for (const pad of range(0, 70)) {
    const before = ' '.repeat(pad % 35) + '"' + 'a'.repeat(pad);
    yield { is: 'accepted', family: `escape behind ${pad}`, bytes: join(before, '\\"\\\\', '"') };
    yield { is: 'accepted', family: `pair behind ${pad}`, bytes: join(before, '\\ud83d\\ude00', utf8('\u{1f600}'), '"') };
    yield { is: 'refused', family: `control behind ${pad}`, bytes: join(before, '\x01', '"') };
    yield { is: 'refused', family: `bad UTF-8 behind ${pad}`, bytes: join(before, '\xe2\x82', '"') };
    yield { is: 'refused', family: `half a pair behind ${pad}`, bytes: join(before, '\\ud83d', '"') };
    yield { is: 'refused', family: `escaped end behind ${pad}`, bytes: join(before, '\\"') };
  }
}

// ---- literals ----

function* literals() {
  yield* inPlaces('accepted', 'literal', ['true', 'false', 'null']);
  yield* inPlaces('refused', 'literal', [
    'True', 'TRUE', 'False', 'FALSE', 'Null', 'NULL', 'nil', 'None', 'none', 'undefined', 'yes', 'no', 'on', 'off', 't', 'tr', 'tru', 'truee', 'true1', 'true_', 'f', 'fals', 'falsee', 'false0', 'n', 'nu', 'nul', 'nulll', 'null0', 'truefalse', 'nullnull', 'true false', 'tr ue', 'tru\0', 'true\0', 'null\xff', '!true', '-true', '(true)', '"true', 'true"',
    'new Date()', 'function(){}', '/a/', 'a.b', '$a', '_', '@', '*', '&a', '<null>', '...', '=1', 'a=1', '\\u006eull', utf8('\uff54rue'), utf8('tru\u0435'),
  ]);
}

// ---- structure ----

const blanks = [' ', '\t', '\n', '\r', '\r\n', ' \t\r\n '];
const notBlanks = ['\0', '\x08', '\x0b', '\x0c', '\x1e', '\x1f', '\x7f', '\x85', '\xa0', utf8('\u0085'), utf8('\u00a0'), utf8('\u1680'), utf8('\u2003'), utf8('\u200b'), utf8('\u2028'), utf8('\u2029'), utf8('\u2060'), utf8('\u3000'), utf8('\ufeff'), '\\n', '\\u0020', ';'];

function* structures() {
  yield* plain('accepted', 'structure', [
    '[]', '{}', '[[]]', '[{}]', '{"a":[]}', '{"a":{}}', '[[],[]]', '[{},{}]', '[null]', '[1,2,3]', '["a","b"]', '[[[[[]]]]]', '{"":0}', '{"":{"":{"":[]}}}', '{"a":1,"b":2}', '{"a":{"a":{"a":1}}}', '{"a":1,"A":2}', '{"\\u0061":1,"b":2}', '{"a\\u0000b":1}', '{"__proto__":1,"constructor":2}', '[true,false,null,0,"",[],{}]', '[[1],[2,[3]],{"a":[4]}]',
    `[${Array(1000).fill('1').join(',')}]`, `{${range(0, 999).map((n) => `"n${n}":${n}`).join(',')}}`, `[${'[],'.repeat(500)}{}]`, `{"${'a'.repeat(5000)}":1}`, `${'['.repeat(50)}${']'.repeat(50)}`, `${'{"a":'.repeat(50)}1${'}'.repeat(50)}`,
  ]);
  for (const blank of blanks) yield* plain('accepted', 'white space', [`${blank}[${blank}1${blank},${blank}"a"${blank}]${blank}`, `${blank}{${blank}"a"${blank}:${blank}1${blank},${blank}"b"${blank}:${blank}[${blank}]${blank}}${blank}`, `${blank}1${blank}`, `[${blank}]`, `{${blank}}`]);
  yield* plain('accepted', 'white space', [`${' '.repeat(5000)}[]${' '.repeat(5000)}`, `[${'\n'.repeat(5000)}1]`]);
  for (const blank of notBlanks) yield* plain('refused', 'what is no white space', [join(blank, '[1]'), join('[', blank, '1]'), join('[1', blank, ']'), join('[1]', blank), join('{"a"', blank, ':1}'), blank]);
  yield* plain('refused', 'nothing', ['', ...blanks]);
  yield* plain('refused', 'brackets', ['[', ']', '{', '}', '[[', '[]]', '[[]', '{{', '{}}', '{{}', '[}', '{]', '[{]', '[{]}', '[1}', '{"a":1]', '][', '}{', '[[[]]', '[1', '[1,', '{"a":1', '{"a":1,', '{"a":', '{"a"', '[[1]', '()', '(1)', '<>', '[1]]', '[(1)]', '{(1)}', '[1)', '['.repeat(300), '{"a":'.repeat(300), `${'['.repeat(50)}${']'.repeat(49)}`, `${'['.repeat(50)}${']'.repeat(51)}`]);
  yield* plain('refused', 'commas', ['[,]', '[1,]', '[,1]', '[1,,2]', '[1,,]', '[,,]', '[1 2]', '[1;2]', '[1:2]', '["a" "b"]', '["a","b",]', '{,}', '{"a":1,}', '{,"a":1}', '{"a":1,,"b":2}', '{"a":1 "b":2}', '{"a":1;"b":2}', '[[],]', '[{},]', '{"a":[],}', '[,"a"]', '[ , ]', ',', ',1', '[1]\x2c', '{"a":1},', '["",]', '[1\n,]', '[3[4]]', '[true false]', '{"a":"b" "c":"d"}']);
  yield* plain('refused', 'colons and names', ['{"a"}', '{"a",}', '{"a",1}', '{"a" 1}', '{"a"::1}', '{"a":1:2}', '{"a"=1}', '{"a"=>1}', '{:1}', '{:}', '{a:1}', '{a}', "{'a':1}", '{1:1}', '{null:1}', '{true:1}', '{[]:1}', '{{}:1}', '{"a":}', '{"a": ,"b":1}', '{"a":1,"b"}', '{"a":1,b:2}', '{"a" "b":1}', '{"a"+"b":1}', '{"a":1,1}', '{1}', '{"a":b}', '{[1]}', '["a":1]', '["a":]', '[:]', ':', ':1', '"a":1', 'a:1', '{"a":"a" 1}', '{"a\\":1}', '{a"b":1}', '{"a"b:1}', utf8('{"a"\uff1a1}')]);
  yield* plain('refused', 'more than one text', ['[][]', '{}{}', '{} {}', '[1][2]', '1 2', '1\n2', 'null null', '"a" "b"', '{}x', '[]x', '{}#', '[]1', '{};', '{}\0', '{}\n{}', '[]\x1e[]', '1true', '{"a":1}{"b":2}', '{"a":1}/**/', '{"a":1}//', '{"a":1}#x', '{"a":1}/', '[1]garbage', '[1]"', "[1]'", '[1]]', '{} }', '""""', 'true"x"', '{}\xff', '{}\xc3']);
  yield* plain('refused', 'comments', ['// a\n1', '1 // a', '/* a */1', '1/* a */', '[1/* a */]', '[/**/]', '{/**/}', '{"a":/**/1}', '{"a"/**/:1}', '# a\n1', '1 # a', '[1, // a\n2]', '<!-- a -->1', '-- a\n1', '/', '//', '/*', '/**/', '[1,/*]', '; a\n1', '% a', "' a"]);
  yield* plain('refused', 'other languages', ['cb({})', 'cb([]);', ")]}'\n{}", 'while(1);{}', 'for(;;);[]', 'var a={};', '({})', '{}.a', '[1,2].a', '[...[1]]', '{...{}}', '{"a"}}', '{a,b}', "{'a','b'}", '[1..2]', 'a: 1', '- a\n- b', '---\na: 1', 'a=1&b=2', '<a/>', '<?xml version="1.0"?><a/>', '<html></html>', '{"a":0x1F}', '{"a":1.}', '[+1]', "['a']", '[`a`]', '{"a":undefined}', '{"a":function(){}}', '[a]', '[NaN]', '[Infinity]', '\x1e{}\n', 'GET / HTTP/1.1', '%7B%7D', '&#123;&#125;', '\\u007b\\u007d', '\\x7b\\x7d', '[\\u0031]', '{"a":@1}', '\x82\xa1a\x01', '\xa1aa\x01', '\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\xae\x05\0\x43\xbf\xa6\xa3\x02\0\0\0', '\x80\x04}\x94.', '\xc0', '\xd9\xd9\xf7']);
  yield* plain('refused', 'bytes between the tokens', notUtf8.map((bytes) => join('[1,', bytes, ']')));
  const names = [...halves.slice(0, 8), ...['\x80', '\xc0\xaf', '\xed\xa0\x80', '\xff', '\0', '\x1f', '\n', '\\x', '\\u12']];
  yield* plain('refused', 'bad names', names.map((name) => join('{"', name, '":1}')));
}

// ---- encodings ----

const utf16 = (text, big) => (big ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'utf16le'));
const utf32 = (text, big) => Buffer.concat([...text].map((each) => { const word = Buffer.alloc(4); if (big) word.writeUInt32BE(each.codePointAt(0)); else word.writeUInt32LE(each.codePointAt(0)); return word; }));

export function* encodings() {
  for (const text of ['{}', '[]', '{"a":"\u00e9"}', '1', '"a"']) {
    for (const big of [false, true]) {
      const name = big ? 'BE' : 'LE';
      yield* plain('refused', `UTF-16${name}`, [utf16(text, big), utf16(`\ufeff${text}`, big)]);
      yield* plain('refused', `UTF-32${name}`, [utf32(text, big), utf32(`\ufeff${text}`, big)]);
    }
    yield* plain('refused', 'byte order mark', [utf8(`\ufeff${text}`), utf8(`\ufeff\ufeff${text}`), utf8(` \ufeff${text}`), utf8(`${text}\ufeff`)]);
    yield* plain('refused', 'UTF-7', [`+/v8-${text.replace('\u00e9', '')}`, text.replaceAll('"', '+ACI-').replaceAll('{', '+AHs-').replaceAll('[', '+AFs-').replaceAll('1', '+ADE-').replace('\u00e9', '')]);
  }
  yield* plain('refused', 'Latin-1', ['"\xe9"', '{"\xe9":1}', '["\xa3"]', '"\xfcber"']);
  yield* plain('refused', 'part of a byte order mark', ['\xef', '\xef\xbb', '\xef\xbb\xbf', '\xef\xbb{}', '\xef{}', '\xfe\xff', '\xff\xfe', '\xfe\xff{}', '\xff\xfe{}']);
  yield* plain('refused', 'EBCDIC', ['\xc0\xd0', '\xad\xbd']);
}

// ---- names twice, and depth ----

function* duplicates() {
  const few = (n) => range(1, n).map((each) => `"n${each}":0`).join(',');
  yield* plain('refused', 'a name twice', ['{"a":1,"a":1}', '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"":1,"":2}', '{"a":1,"\\u0061":2}', '{"\\u0061":1,"\\u0061":2}', '[{"a":1,"a":2}]', '{"x":{"a":1,"a":2}}', '{"a":{},"a":[]}', '{"\\/":1,"/":2}', utf8('{"\u00e9":1,"\\u00e9":2}'), '{"\\ud83d\\ude00":1,"\xf0\x9f\x98\x80":2}', '{"a":null,"a":null}', '{"__proto__":1,"__proto__":2}', ...[14, 15, 16, 17, 18, 100, 5000].map((n) => `{${few(n)},"n1":1}`)]);
}

function* depths() {
  yield* plain('either', 'depth', [65, 100, 128, 250, 256, 500, 511, 512, 513, 1000, 1023, 1024, 1025].flatMap((n) => [`${'['.repeat(n)}${']'.repeat(n)}`, `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`]));
}

// All texts, each once.
export function jsonCases() {
  const seen = new Set();
  const cases = [];
  for (const each of [numbers, strings, literals, structures, encodings, duplicates, depths]) {
    for (const { is, family, bytes } of each()) {
      const key = bytes.toString('latin1');
      if (seen.has(key)) continue;
      seen.add(key);
      cases.push({ is, bytes, name: `${family}: ${shown(bytes)}` });
    }
  }
  return cases;
}
