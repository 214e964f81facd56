// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/upload_draft.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/body_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/gmail/outgoing_message.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiError;
using google::ApiFault;

constexpr std::string_view kAnyBytes = "application/octet-stream";
constexpr std::string_view kFilePart = "1";  // behind the text
constexpr std::size_t kAroundFile = 8 * 1024;
constexpr std::size_t kPieceBytes = 57 * 1024;  // whole lines of base64
constexpr std::chrono::seconds kBusyDelay{10};
constexpr std::string_view kNote =
    "Your assistant asked for this file to attach it to mail of yours. It is kept in this draft "
    "until that mail is sent.\n\nNobody else sees the draft. Delete it whenever you like.\n";

struct Ending {
  std::string_view name;
  std::string_view mime;
};
constexpr Ending kEndings[] = {
    {".pdf", "application/pdf"},
    {".txt", "text/plain"},
    {".md", "text/markdown"},
    {".csv", "text/csv"},
    {".html", "text/html"},
    {".json", "application/json"},
    {".xml", "application/xml"},
    {".zip", "application/zip"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".gif", "image/gif"},
    {".webp", "image/webp"},
    {".svg", "image/svg+xml"},
    {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},
    {".ics", "text/calendar"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
};

bool is_type_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 127 &&
         std::all_of(text.begin(), text.end(), is_type_character);
}

std::string head_of(const BroughtFile& file, const std::string& boundary, base::SystemTime now) {
  HeaderWriter header;
  header.fixed("Date", mail_date(now));
  header.text("Subject", "Upload for your assistant: " + file.name + " (may be deleted)");
  header.fixed("MIME-Version", "1.0");
  header.fixed("Content-Type", "multipart/mixed; boundary=\"" + boundary + "\"");
  const BodyText note = encode_body(kNote);
  HeaderWriter text;
  text.fixed("Content-Type", "text/plain; charset=UTF-8");
  text.fixed("Content-Transfer-Encoding", std::string(note.encoding));
  HeaderWriter attached;
  const std::string mime = file.mime.empty() ? std::string(type_for_name(file.name)) : file.mime;
  attached.fixed("Content-Type", mime);
  attached.parameter("Content-Disposition", "attachment", "filename", file.name);
  attached.fixed("Content-Transfer-Encoding", "base64");
  return header.lines() + "\r\n--" + boundary + "\r\n" + text.lines() + "\r\n" + note.lines +
         "\r\n--" + boundary + "\r\n" + attached.lines() + "\r\n";
}

void append_base64(base::Secret& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += kPieceBytes)
    out.append(base64_lines(bytes.substr(at, kPieceBytes)));
}

ApiError busy() {
  return {ApiFault::rate_limited, "Gatehouse is just passing on other large files.", kBusyDelay, 0};
}

ApiError unreadable() {
  return {ApiFault::outcome_unknown, "Google's answer could not be read.", {}, 0};
}

}  // namespace

bool is_upload_type(std::string_view mime) {
  const std::size_t slash = mime.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string kind = base::to_lower_ascii(mime.substr(0, slash));
  return is_name(mime.substr(0, slash)) && is_name(mime.substr(slash + 1)) && kind != "message" &&
         kind != "multipart";
}

std::string_view type_for_name(std::string_view name) {
  const std::string lower = base::to_lower_ascii(name);
  for (const Ending& ending : kEndings) {
    if (lower.ends_with(ending.name)) return ending.mime;
  }
  return kAnyBytes;
}

google::ApiTask<UploadDraft> store_upload(Services& services, google::TokenSource& tokens,
                                          const BroughtFile& file) {
  http::ByteBudget::Share held = services.outgoing_mail.share();
  const std::size_t room = (file.bytes.size() / 57 + 1) * 78 + kAroundFile + 4 * file.name.size();
  if (!held.resize(room)) co_return busy();
  google::ApiCall plain = create_draft("", "");
  const std::string frame = "=_" + services.random.token(18);
  const std::string boundary = "=_" + services.random.token(18);
  auto body = std::make_shared<base::Secret>();
  body->reserve(room);
  body->append(upload_beginning(plain, frame));
  body->append(head_of(file, boundary, services.clock.now()));
  std::string digest;
  const std::function<void()> encode = [&body, &file, &digest] {
    append_base64(*body, file.bytes);
    const crypto::Sha256 sum = crypto::sha256(file.bytes);
    digest = base::hex_encode(crypto::view(sum));
  };
  const bool ran = co_await services.documents.work(encode);
  if (!ran) co_return busy();
  body->append("\r\n--" + boundary + "--\r\n");
  body->append(upload_end(frame));
  const google::ApiCall call = as_upload(std::move(plain), body, frame);
  const auto answer = co_await services.api.call(tokens, call);
  if (!answer) co_return answer.error();
  const auto message = answer->root().find("message");
  UploadDraft draft;
  draft.draft_id = answer->root().find_string("id").value_or("");
  if (message) draft.message_id = message->find_string("id").value_or("");
  if (draft.draft_id.empty() || draft.message_id.empty()) co_return unreadable();
  draft.part_id = kFilePart;
  draft.sha256 = std::move(digest);
  co_return draft;
}

}  // namespace gatehouse::workspace::gmail
