// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "fixture_tool.h"
#include "gatehouse/base/json_writer.h"

namespace gatehouse::conformance {
namespace {

using mcp::ResourceCall;
using mcp::ResourceResult;

ResourceResult text_of(const ResourceCall& call, std::string mime_type, std::string text) {
  mcp::ResourceContents contents;
  contents.uri = call.uri;
  contents.mime_type = std::move(mime_type);
  contents.text = std::move(text);
  ResourceResult result;
  result.contents.push_back(std::move(contents));
  return result;
}

base::Coroutine<ResourceResult> read_text(ResourceCall& call) {
  co_return text_of(call, "text/plain", "This is the content of the static text resource.");
}

base::Coroutine<ResourceResult> read_binary(ResourceCall& call) {
  mcp::ResourceContents contents;
  contents.uri = call.uri;
  contents.mime_type = "image/png";
  contents.blob = kRedPixelPng;
  ResourceResult result;
  result.contents.push_back(std::move(contents));
  co_return result;
}

base::Coroutine<ResourceResult> read_template(ResourceCall& call) {
  const std::string& id = call.variables.find("id")->second;
  std::string text;
  base::JsonWriter json(text);
  json.begin_object().member("id", id).member("templateTest", true);
  json.member("data", "Data for ID: " + id).end_object();
  co_return text_of(call, "application/json", std::move(text));
}

}  // namespace

void add_resources(mcp::ResourceRegistry& resources) {
  resources.add(mcp::Resource{.uri = "test://static-text",
                              .name = "Static text",
                              .description = "A text that never changes",
                              .mime_type = "text/plain",
                              .reader = &read_text});
  resources.add(mcp::Resource{.uri = "test://static-binary",
                              .name = "Static image",
                              .description = "An image that never changes",
                              .mime_type = "image/png",
                              .reader = &read_binary});
  resources.add(mcp::Resource{.uri = "test://watched-resource",
                              .name = "Watched text",
                              .description = "A text that clients subscribe to",
                              .mime_type = "text/plain",
                              .reader = &read_text});
  resources.add(mcp::ResourceTemplate{.uri_template = "test://template/{id}/data",
                                      .name = "Data by id",
                                      .description = "One of many of a kind",
                                      .mime_type = "application/json",
                                      .reader = &read_template});
}

}  // namespace gatehouse::conformance
