// SPDX-License-Identifier: Apache-2.0
//
// What a test may change while we run, with its resting values.
export const restingSettings = () => ({
  auto_login: null, // an address, or "login_hint": sign in as that person without showing a page
  deny: false, // answer every authorization with access_denied
  untick: [], // scopes that auto_login leaves unticked
  expires_in: 3599, // seconds an access token lives
  id_token: null, // {claims: {...}, without: [...], sign: wrong_key | unknown_kid | none | hs256 | garbled}
  latency_ms: 0, // before every answer
  decoded_headers: false, // Gmail header values with RFC 2047 words already decoded
  rewrite_message_id: false, // sent mail gets a Message-ID of Google's, and ours becomes X-Google-Original-Message-ID
  send_as: {}, // address of a person: [{sendAsEmail, displayName, verificationStatus}, ...] that they may write as besides
  text_as_utf8: false, // Gmail text parts already turned into UTF-8
});
