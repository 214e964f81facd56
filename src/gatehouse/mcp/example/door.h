// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gatehouse/http/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace notebook {

// Who may speak to a server of one's own machine. Every web page can make the browser send requests
// to 127.0.0.1, and one whose name begins to resolve to it (DNS rebinding) could read the answers
// too. Such a request carries the page's name as its Host, and any request of a page says in its
// Origin where it comes from. Programs that are no browsers send no Origin.
class Door {
 public:
  explicit Door(std::uint16_t port);

  // The refusal, when it is one.
  std::optional<gatehouse::http::Response> refuse(const gatehouse::http::Request& request) const;

 private:
  std::vector<std::string> hosts_;  // as a Host header names this server
};

}  // namespace notebook
