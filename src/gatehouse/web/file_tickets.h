// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/record_vault.h"
#include "gatehouse/vault/session_trace.h"

namespace gatehouse::web {

inline constexpr std::string_view kFilesPath = "/files/";
inline constexpr std::chrono::minutes kFileLinkLifetime{15};

// What a link brings: a file of the person's to them, or one of theirs to their assistant.
struct FileTicket {
  FileTicket() {}
  enum class Kind : std::uint8_t { download = 1, upload = 2 };
  Kind kind = Kind::download;
  vault::SessionTrace session;  // that the link was made by
  base::UserId user;            // its person as the log names them
  base::ClientId client;
  base::Secret google_token;  // an access token of that moment, which outlives the link
  std::string handle;         // of a download: of the file, as tools name it
  std::string name;           // clean
  std::string mime;           // of an upload; empty: not known
  std::uint64_t size = 0;     // in bytes, as Google said; of a download
  base::SystemTime expires{};
};

base::Secret encode(const FileTicket& ticket);
std::optional<FileTicket> decode_file_ticket(const base::Secret& bytes);

// Links to files (docs/decisions/0010): TXN# records, each sealed under the data key and half of
// its link. Short, since a model copies them.
class FileTickets {
 public:
  FileTickets(std::string public_url, vault::RecordVault& records, base::Random& random);

  // Stores it until ticket.expires and gives the URL.
  vault::VaultTask<std::string> make(const FileTicket& ticket);

  struct Opened {
    Opened() {}
    FileTicket ticket;
    vault::RecordVault::Opened record;
  };
  // `text` is the last segment of the URL. Refused::unknown or expired: it was used, is too old, or
  // never was.
  vault::VaultTask<Opened> open(std::string_view text);
  // Uses it up; as RecordVault::take().
  vault::VaultTask<void> take(const Opened& opened);
  // Makes good again what was taken and came to nothing.
  vault::VaultTask<void> put_back(std::string_view text, const FileTicket& ticket);

 private:
  const std::string public_url_;
  vault::RecordVault& records_;
  base::Random& random_;
};

}  // namespace gatehouse::web
