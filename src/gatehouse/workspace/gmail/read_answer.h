// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/mcp/tool.h"
#include "gatehouse/workspace/gmail/labels.h"
#include "gatehouse/workspace/gmail/message_view.h"
#include "gatehouse/workspace/time_zone.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::workspace::gmail {

// Messages as text and as JSON at once, until a budget of JSON characters is spent. What does not
// fit is continued later, inside a body if need be; the pieces of a body joined give the whole
// body.
class ReadAnswer {
 public:
  ReadAnswer(std::size_t characters_max, TimeZone zone, const Fence& fence);

  // True when all of the message from `offset` of its body on has been added. Otherwise offset()
  // tells where to go on.
  bool add(const MessageView& view, const LabelNames& labels, std::size_t offset);
  // Bytes of the body of the message last added that have been given; 0 when it has not been begun.
  std::size_t offset() const { return offset_; }
  bool empty() const { return messages_ == 0; }

  void note(std::string text) { notes_.push_back(std::move(text)); }
  mcp::ToolResult finish(std::string_view next);

 private:
  std::size_t room_;
  TimeZone zone_;
  const Fence& fence_;
  std::size_t messages_ = 0;
  std::size_t offset_ = 0;
  std::string json_;
  std::string text_;
  std::vector<std::string> notes_;
};

}  // namespace gatehouse::workspace::gmail
