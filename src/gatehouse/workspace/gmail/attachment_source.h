// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/extract/extractor.h"
#include "gatehouse/google/api_client.h"
#include "gatehouse/google/api_document.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/workspace/gmail/attachment_plan.h"
#include "gatehouse/workspace/gmail/attachment_text.h"

namespace gatehouse::workspace::gmail {

inline constexpr std::size_t kAttachmentBytesMax = 25 * 1024 * 1024;

// One file of a message at Google: first what it is, then its bytes. All of it must outlive the
// coroutines.
class AttachmentSource {
 public:
  AttachmentSource(google::ApiClient& api, extract::Extractor& documents,
                   google::TokenSource& tokens, AttachmentHandle handle)
      : api_(api), documents_(documents), tokens_(tokens), handle_(std::move(handle)) {}

  // Asks Google for the message. not_found_or_no_access also when it has no such part; too_large
  // when nobody could take the file.
  google::ApiTask<void> find();
  const DeclaredFile& declared() const { return declared_; }
  std::size_t size() const { return size_; }  // as Google says

  // After find(). What is decoded counts among all documents that are read until this object goes;
  // rate_limited when they leave no room.
  google::ApiTask<std::string> bytes();

 private:
  google::ApiTask<std::string> decoded(std::string_view data);

  google::ApiClient& api_;
  extract::Extractor& documents_;
  google::TokenSource& tokens_;
  const AttachmentHandle handle_;
  DeclaredFile declared_;
  std::size_t size_ = 0;
  std::string attachment_id_;
  std::string data_;  // base64url, of what the message holds itself
  std::optional<extract::Extractor::Room> room_;
};

}  // namespace gatehouse::workspace::gmail
