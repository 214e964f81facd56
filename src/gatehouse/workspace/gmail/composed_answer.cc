// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/composed_answer.h"

namespace gatehouse::workspace::gmail {

MailPreview preview_of(const ComposedMail& mail, const std::vector<MailAddress>& outside) {
  const OutgoingMessage& message = mail.message;
  MailPreview preview;
  preview.from = message.from.text();
  preview.recipients = recipients_of(message);
  for (const MailAddress& one : outside) preview.outside.push_back(one.text());
  preview.subject = message.subject;
  for (const OutgoingFile& file : message.files) preview.files.push_back(in_words(file));
  preview.odd_addresses = mail.odd_addresses;
  return preview;
}

MailAnswer answer_of(const ComposedMail& mail) {
  MailAnswer answer;
  answer.recipients = recipients_of(mail.message);
  answer.odd_addresses = mail.odd_addresses;
  answer.attachments = mail.message.files.size();
  return answer;
}

}  // namespace gatehouse::workspace::gmail
