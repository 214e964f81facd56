// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/mcp/resource.h"

namespace gatehouse::mcp {

// The ordered lists of resources and templates of a server.
class ResourceRegistry {
 public:
  // Assert a URI with a scheme that nobody else has, a name, a description and a reader.
  void add(Resource resource);
  void add(ResourceTemplate resource_template);

  // What a URI names. A resource comes before a template, an earlier template before a later one.
  struct Found {
    const Resource* resource = nullptr;
    const ResourceTemplate* resource_template = nullptr;
    std::map<std::string, std::string, std::less<>> variables = {};
  };
  std::optional<Found> find(std::string_view uri) const;
  const ResourceTemplate* find_template(std::string_view uri_template) const;

  const std::deque<Resource>& resources() const { return resources_; }
  const std::deque<ResourceTemplate>& templates() const { return templates_; }

 private:
  std::deque<Resource> resources_;  // adding moves nothing that is in use
  std::deque<ResourceTemplate> templates_;
};

}  // namespace gatehouse::mcp
