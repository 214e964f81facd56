// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/secret.h"
#include "gatehouse/workspace/gmail/mime_tree.h"

namespace gatehouse::workspace::gmail {

// A file of a mail as a caller names it: "18c2f0a1b2/0.1". Google's own ids of attachments change
// with every answer, these do not.
struct FileHandle {
  std::string message_id;
  std::string part_id;  // empty: the mail is nothing but this file

  bool operator==(const FileHandle&) const = default;
  std::string text() const { return message_id + "/" + part_id; }
};

// As gmail_read gives them. What is taken consists of letters, digits and "-_./".
std::optional<FileHandle> parse_file_handle(std::string_view text);

// A file that goes out with a mail: a part of another mail of the user's. Its bytes are fetched
// when they are written.
struct OutgoingFile {
  FileHandle source;
  std::string attachment_id;  // Google's, for this moment; empty: `data` has the bytes
  std::string data;           // base64url
  std::string name;           // of clean_file_name()
  std::string mime;           // see outgoing_file()
  std::string charset;        // of text; empty: not known
  std::size_t size = 0;       // in bytes, as Gmail says
};

inline constexpr std::size_t kFilesMax = 40;
inline constexpr std::size_t kFilesBytesMax = 25'000'000;  // of all in a mail, before encoding

// nullopt for a part that is no file but only holds others, or whose bytes are not to be had. The
// type is the sender's where it can stand beside base64 and is well-formed, else
// application/octet-stream.
std::optional<OutgoingFile> outgoing_file(const std::string& message_id, const MimePart& part);

// As a part of multipart/mixed, always to be saved and never to be shown in place; `base64url` are
// its bytes. False when these are damaged.
bool write_file(const OutgoingFile& file, std::string_view base64url, base::Secret& out);

std::size_t bytes_of(const std::vector<OutgoingFile>& files);
// "1.2 MB"
std::string bytes_in_words(std::size_t bytes);
// "offer.pdf (application/pdf, 1.2 MB)". The name is a stranger's.
std::string in_words(const OutgoingFile& file);
// What tells these files from any others, for a digest.
void append_files(std::vector<std::string>& parts, const std::vector<OutgoingFile>& files);

}  // namespace gatehouse::workspace::gmail
