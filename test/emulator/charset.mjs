// SPDX-License-Identifier: Apache-2.0
//
// Bytes to text. Node 20 reads windows-1252 as latin1 and so loses the euro sign and the curly quotes; those 32 places are
// written out here.
const upper1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

export function decodeText(bytes, charset) {
  const name = charset.toLowerCase();
  if (name === 'windows-1252') return [...bytes].map((byte) => (byte >= 0x80 && byte <= 0x9f ? upper1252[byte - 0x80] : String.fromCharCode(byte))).join('');
  return new TextDecoder(name).decode(bytes);
}
