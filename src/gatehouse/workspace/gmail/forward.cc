// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/forward.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/google/api_document.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/header_text.h"
#include "gatehouse/workspace/gmail/message_view.h"
#include "gatehouse/workspace/gmail/mime_tree.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiError;
using google::ApiFault;

constexpr std::size_t kTextMax = 500'000;
constexpr std::size_t kPeopleMax = 100;
constexpr std::size_t kDateMax = 100;

// The one message, with its parts.
google::ApiTask<google::ApiDocument> load_message(Services& services, google::TokenSource& tokens,
                                                  const MailReference& reference) {
  if (reference.kind != MailReference::Kind::thread) {
    const google::ApiCall call = full_message(reference.id);
    auto answer = co_await services.api.call(tokens, call);
    const bool may_be_thread = !answer && reference.kind == MailReference::Kind::either &&
                               answer.error().code == ApiFault::not_found_or_no_access;
    if (!may_be_thread) co_return answer;
  }
  const MailReference thread{MailReference::Kind::thread, reference.id};
  const auto latest = co_await load_original(services, tokens, thread);
  if (!latest) co_return latest.error();
  const google::ApiCall call = full_message(latest->id);
  auto answer = co_await services.api.call(tokens, call);
  co_return answer;
}

// Brings in the text that Gmail keeps apart from a large message.
google::ApiTask<void> fetch_texts(Services& services, google::TokenSource& tokens,
                                  const std::string& message_id, MimeTree& tree) {
  const std::vector<std::size_t> parts = tree.parts_to_fetch();
  for (const std::size_t part : parts) {
    const google::ApiCall call = attachment(message_id, tree.parts()[part].attachment_id);
    auto answer = co_await services.api.call(tokens, call);
    if (!answer) co_return answer.error();
    tree.take(part, std::move(*answer));
  }
  co_return google::ApiResult<void>();
}

// Text parts that are too large to be fetched, or too many.
bool lacks_text(const MimeTree& tree, const Reading& reading) {
  return std::any_of(reading.pieces.begin(), reading.pieces.end(), [&](const auto& piece) {
    const MimePart& part = tree.parts()[piece.part];
    return piece.kind != Reading::Piece::Kind::message && part.data.empty() && part.size > 0;
  });
}

// The files of a message. An attached message is one, with all that is in it.
class FileCollector {
 public:
  FileCollector(const MimeTree& tree, const Reading& reading, const std::string& message_id)
      : tree_(tree), reading_(reading), message_id_(message_id) {}

  void collect(std::size_t index) {
    const MimePart& part = tree_.parts()[index];
    if (is_file(index, part)) {
      auto file = outgoing_file(message_id_, part);
      if (file) {
        files.push_back(std::move(*file));
        return;
      }
      is_complete = is_complete && !part.children.empty();
    }
    for (const std::size_t child : part.children) collect(child);
  }

  std::vector<OutgoingFile> files;
  bool is_complete = true;

 private:
  bool is_file(std::size_t index, const MimePart& part) const {
    if (index > 0 && part.mime == "message/rfc822") return true;
    if (part.children.empty() && part.mime.starts_with("image/")) return true;
    return std::find(reading_.attachments.begin(), reading_.attachments.end(), index) !=
           reading_.attachments.end();
  }

  const MimeTree& tree_;
  const Reading& reading_;
  const std::string& message_id_;
};

std::string head_of(const base::JsonValue& message, const MessageView& view) {
  const auto payload = message.find("payload");
  const std::vector<MailHeader> headers =
      payload ? read_headers(*payload) : std::vector<MailHeader>();
  std::string date =
      shortened(clean_line(decode_header(header_of(headers, "Date"))).text, kDateMax);
  if (date.empty()) date = mail_date(base::from_epoch_seconds(view.received));
  std::string head = "---------- Forwarded message ---------";
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) head += "\n" + std::string(name) + ": " + value;
  };
  add("From", people_of(header_of(headers, "From"), kPeopleMax));
  add("Date", date);
  add("Subject", view.subject);
  add("To", people_of(header_of(headers, "To"), kPeopleMax));
  add("Cc", people_of(header_of(headers, "Cc"), kPeopleMax));
  return head;
}

ApiError no_such_file(const FileHandle& handle) {
  return {ApiFault::not_found_or_no_access,
          "There is no attachment " + handle.text() + ". Nothing was written.",
          {},
          0};
}

}  // namespace

ForwardedMail read_forwarded(const base::JsonValue& message, const MimeTree& tree) {
  ForwardedMail mail;
  mail.original = read_original(message);
  ViewOptions options;
  options.quotes = true;
  MessageView view = view_message(message, tree, options);
  mail.head = head_of(message, view);
  mail.text = std::move(view.body);
  const Reading reading = tree.reading();
  FileCollector collector(tree, reading, mail.original.id);
  if (!tree.parts().empty()) collector.collect(0);
  mail.files = std::move(collector.files);
  mail.is_whole = collector.is_complete && !view.omissions.cut && mail.text.size() <= kTextMax &&
                  !lacks_text(tree, reading);
  return mail;
}

google::ApiTask<ForwardedMail> load_forwarded(Services& services, google::TokenSource& tokens,
                                              const MailReference& reference) {
  const auto answer = co_await load_message(services, tokens, reference);
  if (!answer) co_return answer.error();
  const base::JsonValue message = answer->root();
  const auto payload = message.find("payload");
  MimeTree tree = payload ? MimeTree::parse(*payload) : MimeTree();
  const std::string id(message.find_string("id").value_or(""));
  const auto fetched = co_await fetch_texts(services, tokens, id, tree);
  if (!fetched) co_return fetched.error();
  co_return read_forwarded(message, tree);
}

google::ApiTask<std::vector<OutgoingFile>> load_files(Services& services,
                                                      google::TokenSource& tokens,
                                                      const std::vector<FileHandle>& handles) {
  std::vector<std::optional<OutgoingFile>> found(handles.size());
  for (std::size_t i = 0; i < handles.size(); ++i) {
    if (found[i]) continue;
    const google::ApiCall call = full_message(handles[i].message_id);
    const auto answer = co_await services.api.call(tokens, call);
    if (!answer && answer.error().code == ApiFault::not_found_or_no_access)
      co_return no_such_file(handles[i]);
    if (!answer) co_return answer.error();
    const auto payload = answer->root().find("payload");
    const MimeTree tree = payload ? MimeTree::parse(*payload) : MimeTree();
    // All that are of this mail, which is then read once.
    for (std::size_t k = i; k < handles.size(); ++k) {
      if (handles[k].message_id != handles[i].message_id) continue;
      for (const MimePart& part : tree.parts()) {
        if (!found[k] && part.part_id == handles[k].part_id)
          found[k] = outgoing_file(handles[k].message_id, part);
      }
      if (!found[k]) co_return no_such_file(handles[k]);
    }
  }
  std::vector<OutgoingFile> files;
  for (auto& file : found) files.push_back(std::move(*file));
  co_return files;
}

std::string forward_subject(const std::string& subject) {
  for (const std::string_view known : {"fwd:", "fw:"}) {
    if (base::equal_ignoring_case(std::string_view(subject).substr(0, known.size()), known))
      return subject;
  }
  return subject.empty() ? "Fwd:" : "Fwd: " + subject;
}

}  // namespace gatehouse::workspace::gmail
