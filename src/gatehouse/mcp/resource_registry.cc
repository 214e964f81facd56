// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/resource_registry.h"

#include <cassert>
#include <utility>

#include "gatehouse/mcp/uri_template.h"

namespace gatehouse::mcp {

void ResourceRegistry::add(Resource resource) {
  assert(is_legal_uri(resource.uri) && !find(resource.uri));
  assert(!resource.name.empty() && !resource.description.empty() && resource.reader);
  resources_.push_back(std::move(resource));
}

void ResourceRegistry::add(ResourceTemplate resource_template) {
  assert(template_variables(resource_template.uri_template));
  assert(find_template(resource_template.uri_template) == nullptr);
  assert(!resource_template.name.empty() && !resource_template.description.empty());
  assert(resource_template.reader);
  templates_.push_back(std::move(resource_template));
}

std::optional<ResourceRegistry::Found> ResourceRegistry::find(std::string_view uri) const {
  for (const Resource& resource : resources_) {
    if (resource.uri == uri) return Found{&resource, nullptr, {}};
  }
  for (const ResourceTemplate& candidate : templates_) {
    std::optional<UriVariables> variables = match_template(candidate.uri_template, uri);
    if (variables) return Found{nullptr, &candidate, std::move(*variables)};
  }
  return std::nullopt;
}

const ResourceTemplate* ResourceRegistry::find_template(std::string_view uri_template) const {
  for (const ResourceTemplate& candidate : templates_) {
    if (candidate.uri_template == uri_template) return &candidate;
  }
  return nullptr;
}

}  // namespace gatehouse::mcp
