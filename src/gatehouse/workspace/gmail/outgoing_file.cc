// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/outgoing_file.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/gmail/body_text.h"
#include "gatehouse/workspace/gmail/header_writer.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kHandleMax = 200;
constexpr std::size_t kMessageIdMax = 64;
constexpr std::size_t kCharsetMax = 40;
constexpr std::string_view kAnyBytes = "application/octet-stream";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

// RFC 6838 section 4.2.
bool is_type(std::string_view mime) {
  const std::size_t slash = mime.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash + 1 == mime.size()) return false;
  return consists_of(mime.substr(0, slash), "!#$&-^_.+") &&
         consists_of(mime.substr(slash + 1), "!#$&-^_.+");
}

// A message may not be base64 (RFC 2046 section 5.2.1), and readers would show it as if it were a
// part of this one.
std::string type_of(const MimePart& part) {
  const bool may_stay = is_type(part.mime) && !part.mime.starts_with("message/");
  return may_stay ? part.mime : std::string(kAnyBytes);
}

std::string name_of(const MimePart& part) {
  const bool is_message = part.mime.starts_with("message/");
  if (part.file_name.empty()) {
    if (is_message) return "message.eml";
    const std::size_t slash = part.mime.find('/') + 1;
    const bool is_picture = part.mime.starts_with("image/") && is_type(part.mime);
    return clean_file_name(is_picture ? "image." + part.mime.substr(slash) : "");
  }
  // Its type no longer says what it is.
  const bool has_ending = base::to_lower_ascii(part.file_name).ends_with(".eml");
  return is_message && !has_ending ? part.file_name + ".eml" : part.file_name;
}

}  // namespace

std::optional<FileHandle> parse_file_handle(std::string_view text) {
  text = base::trim(text);
  if (text.size() > kHandleMax) return std::nullopt;
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos || slash > kMessageIdMax) return std::nullopt;
  FileHandle handle{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (!consists_of(handle.message_id, "-_") || !consists_of(handle.part_id, "."))
    return std::nullopt;
  return handle;
}

std::optional<OutgoingFile> outgoing_file(const std::string& message_id, const MimePart& part) {
  const bool is_empty = part.size == 0 && part.children.empty();
  const bool has_bytes = !part.attachment_id.empty() || !part.data.empty() || is_empty;
  if (!has_bytes || part.mime.starts_with("multipart/")) return std::nullopt;
  OutgoingFile file;
  file.source = {message_id, part.part_id};
  file.attachment_id = part.attachment_id;
  if (file.attachment_id.empty()) file.data = std::string(part.data);
  file.name = name_of(part);
  file.mime = type_of(part);
  const bool is_charset = part.charset.size() <= kCharsetMax && consists_of(part.charset, "-_.:");
  if (is_charset && file.mime.starts_with("text/")) file.charset = part.charset;
  file.size = part.size;
  return file;
}

bool write_file(const OutgoingFile& file, std::string_view base64url, base::Secret& out) {
  HeaderWriter header;
  header.fixed("Content-Type",
               file.mime + (file.charset.empty() ? "" : "; charset=\"" + file.charset + "\""));
  header.parameter("Content-Disposition", "attachment", "filename", file.name);
  header.fixed("Content-Transfer-Encoding", "base64");
  out.append(header.lines());
  out.append("\r\n");
  return append_base64_lines(out, base64url);
}

std::size_t bytes_of(const std::vector<OutgoingFile>& files) {
  std::size_t bytes = 0;
  for (const OutgoingFile& file : files) bytes += file.size;
  return bytes;
}

std::string bytes_in_words(std::size_t bytes) {
  if (bytes < 1'000) return std::to_string(bytes) + " bytes";
  if (bytes < 1'000'000) return std::to_string((bytes + 500) / 1'000) + " KB";
  const std::size_t tenths = (bytes + 50'000) / 100'000;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " MB";
}

std::string in_words(const OutgoingFile& file) {
  return file.name + " (" + file.mime + ", " + bytes_in_words(file.size) + ")";
}

void append_files(std::vector<std::string>& parts, const std::vector<OutgoingFile>& files) {
  for (const OutgoingFile& file : files) {
    parts.insert(parts.end(), {"file", file.source.text(), file.name, file.mime, file.charset,
                               std::to_string(file.size)});
  }
}

}  // namespace gatehouse::workspace::gmail
