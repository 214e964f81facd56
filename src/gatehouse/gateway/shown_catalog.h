// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "gatehouse/mcp/catalog.h"
#include "gatehouse/workspace/tools.h"

namespace gatehouse::gateway {

// What a gateway offers, for looking at: nothing of it is to be called.
class ShownCatalog {
 public:
  explicit ShownCatalog(workspace::Mode mode);
  ~ShownCatalog();
  ShownCatalog(const ShownCatalog&) = delete;
  ShownCatalog& operator=(const ShownCatalog&) = delete;

  const mcp::Catalog& catalog() const { return catalog_; }

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
  mcp::Catalog catalog_;
};

// The strictest mode in which each tool is offered, by its name as a setting.
class LeastModes {
 public:
  std::string_view of(const mcp::Tool& tool) const;

 private:
  ShownCatalog readonly_{workspace::Mode::readonly};
  ShownCatalog draft_{workspace::Mode::draft};
};

// What a tool's definition costs a model, estimated at four characters a token; without its output
// schema, which clients do not show their model.
std::size_t tokens_of(const mcp::Tool& tool);

}  // namespace gatehouse::gateway
