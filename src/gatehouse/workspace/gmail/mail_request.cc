// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/mail_request.h"

#include <cassert>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/google/api_document.h"
#include "gatehouse/workspace/gmail/api_calls.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiError;
using google::ApiFault;

// What Google takes as an upload.
constexpr std::size_t kMessageBytesMax = 36'700'160;
// Beside the files: the header and the text, and a header for each file.
constexpr std::size_t kTextBytes = 256 * 1024;
constexpr std::size_t kFileHeaderBytes = 2'048;
constexpr std::chrono::seconds kBusyDelay{10};

google::ApiCall call_for(const MailDoor& door, std::string_view message,
                         const std::string& thread_id) {
  switch (door.kind) {
    case MailDoor::Kind::send:
      return send_message(message, thread_id);
    case MailDoor::Kind::new_draft:
      return create_draft(message, thread_id);
    case MailDoor::Kind::replaced_draft:
      return update_draft(door.draft_id, message, thread_id);
  }
  assert(false);
  return send_message(message, thread_id);
}

// Lines of 76 characters for 57 bytes, with their ends.
std::size_t encoded_size(std::size_t bytes) { return (bytes / 57 + 1) * 78; }

std::size_t room_for(const OutgoingMessage& message) {
  std::size_t bytes = kTextBytes + 4 * (message.body.size() + message.forwarded_text.size());
  for (const OutgoingFile& file : message.files)
    bytes += kFileHeaderBytes + encoded_size(file.size);
  return bytes;
}

ApiError busy() {
  return {ApiFault::rate_limited, "Gatehouse is just sending other mail with large attachments.",
          kBusyDelay, 0};
}

ApiError about(const OutgoingFile& file, ApiError error) {
  error.message =
      "Attachment " + file.source.text() + ": " + error.message + " Nothing was written.";
  return error;
}

ApiError too_large() {
  return {ApiFault::too_large,
          "With its text and attachments this mail is larger than Google takes. Nothing was "
          "written.",
          {},
          0};
}

ApiError damaged() {
  return {ApiFault::google_unavailable, "Google's answer could not be read.", {}, 0};
}

// Adds the next file to the message.
google::ApiTask<void> add_file(Services& services, google::TokenSource& tokens,
                               const OutgoingFile& file, FiledMessage& message) {
  std::optional<google::ApiDocument> fetched;
  std::string_view data = file.data;
  if (!file.attachment_id.empty()) {
    const google::ApiCall call = attachment(file.source.message_id, file.attachment_id);
    auto answer = co_await services.api.call(tokens, call);
    if (!answer) co_return about(file, answer.error());
    fetched.emplace(std::move(*answer));
    data = fetched->root().find_string("data").value_or("");
  }
  if (!message.add(file, data)) co_return about(file, damaged());
  co_return google::ApiResult<void>();
}

}  // namespace

std::size_t size_of(const OutgoingMessage& message, base::Random& random) {
  OutgoingMessage text = message;
  text.files.clear();
  std::size_t bytes = write_message(text, random).size();
  for (const OutgoingFile& file : message.files) bytes += encoded_size(file.size);
  return bytes;
}

google::ApiTask<MailRequest> write_request(Services& services, google::TokenSource& tokens,
                                           const ComposedMail& mail, const MailDoor& door) {
  if (mail.message.files.empty()) {
    const std::string raw = write_message(mail.message, services.random);
    co_return MailRequest(call_for(door, raw, mail.thread_id));
  }
  google::ApiCall call = call_for(door, "", mail.thread_id);
  const std::string boundary = "=_" + services.random.token(18);
  const std::string beginning = upload_beginning(call, boundary);
  auto body = std::make_shared<base::Secret>();
  MailRequest request(as_upload(std::move(call), body, boundary));
  request.held = services.outgoing_mail.share();
  const std::size_t room = room_for(mail.message);
  if (!request.held.resize(room)) co_return busy();
  body->reserve(room);

  body->append(beginning);
  FiledMessage message(mail.message, services.random, *body);
  for (const OutgoingFile& file : mail.message.files) {
    const auto added = co_await add_file(services, tokens, file, message);
    if (!added) co_return added.error();
    // Google may have more of a file than it said before.
    if (body->size() > kMessageBytesMax) co_return too_large();
  }
  message.finish();
  body->append(upload_end(boundary));
  if (body->size() > kMessageBytesMax) co_return too_large();
  if (!request.held.resize(body->size())) co_return busy();
  co_return request;
}

}  // namespace gatehouse::workspace::gmail
