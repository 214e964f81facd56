// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/web/upload_notes.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/json_writer.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::web {
namespace {

constexpr std::string_view kPrefix = "file:";
constexpr std::size_t kHandleBytes = 24;
constexpr std::size_t kNameBytes = 16;

std::string derived(std::string_view from, std::string_view info, std::size_t bytes) {
  return base::base64url_encode(crypto::hkdf_sha256({from}, "", info, bytes).reveal());
}

std::string record_key(std::string_view handle) {
  return "TXN#" + derived(handle, "gatehouse/upload-name/1", kNameBytes);
}

bool is_handle(std::string_view text) {
  if (!text.starts_with(kPrefix)) return false;
  const auto bytes = base::base64url_decode(text.substr(kPrefix.size()));
  return bytes && bytes->size() == kHandleBytes;
}

base::Secret content_of(const UploadNote& note) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.member("subject", note.subject.str());
  json.member("link_ends", base::epoch_seconds(note.link_ends));
  if (note.file) {
    json.member("draft", note.file->draft_id).member("message", note.file->message_id);
    json.member("part", note.file->part_id).member("name", note.file->name);
    json.member("size", note.file->size).member("sha256", note.file->sha256);
  }
  json.end_object();
  return base::Secret::copy_of(out);
}

std::optional<UploadNote> note_from(const base::Secret& content) {
  const auto document = base::JsonDocument::parse(content.reveal());
  if (!document) return std::nullopt;
  const base::JsonValue root = document->root();
  const auto subject = root.find_string("subject");
  const auto link_ends = root.find_integer("link_ends");
  if (!subject || !link_ends) return std::nullopt;
  UploadNote note;
  note.subject = base::UserId(std::string(*subject));
  note.link_ends = base::from_epoch_seconds(*link_ends);
  const auto message = root.find_string("message");
  if (!message) return note;
  StoredUpload file;
  file.draft_id = root.find_string("draft").value_or("");
  file.message_id = *message;
  file.part_id = root.find_string("part").value_or("");
  file.name = root.find_string("name").value_or("");
  file.size = static_cast<std::uint64_t>(root.find_integer("size").value_or(0));
  file.sha256 = root.find_string("sha256").value_or("");
  note.file = std::move(file);
  return note;
}

}  // namespace

std::string upload_handle_for(std::string_view ticket) {
  return std::string(kPrefix) + derived(ticket, "gatehouse/upload-handle/1", kHandleBytes);
}

vault::VaultTask<void> UploadNotes::begin(std::string_view handle, const UploadNote& note) {
  const std::string key = record_key(handle);
  const base::Secret holder = base::Secret::copy_of(handle);
  const base::Secret content = content_of(note);
  const base::SystemTime expires = clock_.now() + kUploadLifetime;
  const auto created = co_await records_.create(key, content, expires, holder);
  co_return created;
}

vault::VaultTask<void> UploadNotes::finish(std::string_view handle, const StoredUpload& file) {
  const std::string key = record_key(handle);
  const base::Secret holder = base::Secret::copy_of(handle);
  const auto opened = co_await records_.open(key, holder);
  if (!opened) co_return opened.error();
  auto note = note_from(opened->content);
  if (!note) co_return vault::RefusedError{vault::Refused::unknown, "no note of an upload"};
  note->file = file;
  const base::Secret content = content_of(*note);
  const base::SystemTime expires = clock_.now() + kUploadLifetime;
  const auto replaced = co_await records_.replace(*opened, content, expires, holder);
  co_return replaced;
}

vault::VaultTask<UploadNote> UploadNotes::find(std::string_view handle) {
  const vault::RefusedError unknown{vault::Refused::unknown, "no such upload"};
  if (!is_handle(handle)) co_return unknown;
  const std::string key = record_key(handle);
  const base::Secret holder = base::Secret::copy_of(handle);
  const auto opened = co_await records_.open(key, holder);
  if (!opened) co_return opened.error();
  auto note = note_from(opened->content);
  if (!note) co_return unknown;
  co_return std::move(*note);
}

}  // namespace gatehouse::web
