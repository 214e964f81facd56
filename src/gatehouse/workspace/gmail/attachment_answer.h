// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/extract/format.h"
#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/file_links.h"
#include "gatehouse/workspace/gmail/attachment_plan.h"
#include "gatehouse/workspace/gmail/attachment_text.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

// One file as text and as JSON at once.
class AttachmentAnswer {
 public:
  AttachmentAnswer(const AttachmentHandle& handle, const DeclaredFile& declared,
                   std::optional<extract::Format> format, std::size_t size)
      : handle_(handle), declared_(declared), format_(format), size_(size) {}

  // Ours only.
  void note(std::string text) { notes_.push_back(std::move(text)); }

  // As much of the text from `offset` on as a budget of JSON characters allows. Afterwards offset()
  // tells where to go on, and is the size of the text at its end.
  void add_text(const AttachmentText& text, std::size_t offset, std::size_t characters_max,
                const Fence& fence);
  std::size_t offset() const { return offset_; }

  void add_base64(std::string encoded) { base64_ = std::move(encoded); }
  void add_link(const FileLink& link);

  mcp::ToolResult finish(std::string_view next, const Fence& fence) const;

 private:
  const AttachmentHandle& handle_;
  const DeclaredFile& declared_;
  const std::optional<extract::Format> format_;  // none: its bytes were not looked at
  const std::size_t size_;
  std::size_t pages_ = 0;
  std::size_t offset_ = 0;
  std::string piece_;
  std::string base64_;
  std::string url_;
  std::vector<std::string> notes_;
};

}  // namespace gatehouse::workspace::gmail
