// SPDX-License-Identifier: Apache-2.0
//
// The addresses that a person may write as: their own, and those that the setting `send_as` gives them. Fields as the schema SendAs of
// the discovery document has them.
import { personByEmail } from './people.mjs';

export function sendAsOf(settings, owner) {
  const primary = { sendAsEmail: owner, displayName: personByEmail(owner)?.name ?? '', replyToAddress: '', signature: '', isPrimary: true, isDefault: true };
  const others = (settings.send_as[owner] ?? []).map((alias) => ({ displayName: '', replyToAddress: '', signature: '', treatAsAlias: true, verificationStatus: 'accepted', ...alias }));
  return [{ ...primary, isDefault: !others.some(({ isDefault }) => isDefault) }, ...others];
}

export const mayWriteAs = (settings, owner, address) =>
  sendAsOf(settings, owner).some(({ sendAsEmail, isPrimary, verificationStatus }) => sendAsEmail.toLowerCase() === address.toLowerCase() && (isPrimary || verificationStatus === 'accepted'));
