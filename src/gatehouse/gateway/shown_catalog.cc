// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/shown_catalog.h"

#include <boost/asio/io_context.hpp>

#include "gatehouse/http/curl_client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {

// Tools want to know their services from the start.
struct ShownCatalog::Parts {
  explicit Parts(workspace::Mode mode) : services{api, clock, random, log, mode} {}

  boost::asio::io_context loop{1};
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  http::CurlClient client{loop, {}};
  google::ApiClient api{client, {}, clock, random, log};
  workspace::Services services;
};

ShownCatalog::ShownCatalog(workspace::Mode mode) : parts_(std::make_unique<Parts>(mode)) {
  workspace::fill_catalog(catalog_, parts_->services);
}

ShownCatalog::~ShownCatalog() = default;

std::string_view LeastModes::of(const mcp::Tool& tool) const {
  if (readonly_.catalog().tools.find(tool.name) != nullptr) return "readonly";
  return draft_.catalog().tools.find(tool.name) != nullptr ? "draft" : "full";
}

std::size_t tokens_of(const mcp::Tool& tool) {
  constexpr std::size_t kCharactersPerToken = 4;
  const std::size_t characters =
      tool.name.size() + tool.title.size() + tool.description.size() + tool.input_schema.size();
  return characters / kCharactersPerToken;
}

}  // namespace gatehouse::gateway
