// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/ids.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/vault/record_vault.h"

namespace gatehouse::web {

inline constexpr std::chrono::hours kUploadLifetime{24};

// Where a file lies that a person brought by a link: in a draft of their own mailbox.
struct StoredUpload {
  std::string draft_id;
  std::string message_id;
  std::string part_id;
  std::string name;
  std::uint64_t size = 0;
  std::string sha256;  // hexadecimal
};

struct UploadNote {
  UploadNote() {}
  base::UserId subject;              // whose it is, as Google names them
  base::SystemTime link_ends{};      // until when the file can be brought
  std::optional<StoredUpload> file;  // none: it has not come
};

// "file:" and 32 characters, which follow one way from the ticket of an upload's link: who has the
// handle can bring nothing.
std::string upload_handle_for(std::string_view ticket);

// What has become of uploads: a TXN# record each, sealed under the data key and the upload's
// handle, for a day.
class UploadNotes {
 public:
  UploadNotes(vault::RecordVault& records, const base::Clock& clock)
      : records_(records), clock_(clock) {}

  vault::VaultTask<void> begin(std::string_view handle, const UploadNote& note);
  vault::VaultTask<void> finish(std::string_view handle, const StoredUpload& file);
  // Refused::unknown or expired: there is no such upload any more, or never was.
  vault::VaultTask<UploadNote> find(std::string_view handle);

 private:
  vault::RecordVault& records_;
  const base::Clock& clock_;
};

}  // namespace gatehouse::web
