// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/mcp/state_sealer.h"

namespace gatehouse::mcp {

// The lists that come in pages.
enum class ListKind { tools, prompts, resources, resource_templates };

// Page cursors: opaque, of one list and one caller, good for a day on every replica.
class Cursors {
 public:
  explicit Cursors(StateSealer& sealer) : sealer_(sealer) {}

  std::string seal(const std::string& principal, ListKind list, std::size_t page);
  // nullopt when it is none of ours.
  std::optional<std::size_t> open(const std::string& principal, ListKind list,
                                  std::string_view cursor);

 private:
  StateSealer& sealer_;
};

}  // namespace gatehouse::mcp
