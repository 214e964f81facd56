// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/content.h"

#include <string_view>
#include <utility>

namespace gatehouse::mcp {
namespace {

void write_text(base::JsonWriter& json, std::string_view text) {
  json.begin_object().member("type", "text").member("text", text).end_object();
}

void write_data(base::JsonWriter& json, std::string_view type, const Content& content) {
  json.begin_object().member("type", type).member("data", content.data);
  json.member("mimeType", content.mime_type).end_object();
}

void write_link(base::JsonWriter& json, const Content& content) {
  json.begin_object().member("type", "resource_link").member("uri", content.uri);
  json.member("name", content.name);
  if (!content.description.empty()) json.member("description", content.description);
  if (!content.mime_type.empty()) json.member("mimeType", content.mime_type);
  json.end_object();
}

}  // namespace

Content text_content(std::string text) {
  Content content;
  content.text = std::move(text);
  return content;
}

Content image_content(std::string base64, std::string mime_type) {
  Content content;
  content.kind = Content::Kind::image;
  content.data = std::move(base64);
  content.mime_type = std::move(mime_type);
  return content;
}

Content audio_content(std::string base64, std::string mime_type) {
  Content content = image_content(std::move(base64), std::move(mime_type));
  content.kind = Content::Kind::audio;
  return content;
}

Content embedded_resource(ResourceContents resource) {
  Content content;
  content.kind = Content::Kind::resource;
  content.resource = std::move(resource);
  return content;
}

Content resource_link(std::string uri, std::string name, std::string description,
                      std::string mime_type) {
  Content content;
  content.kind = Content::Kind::resource_link;
  content.uri = std::move(uri);
  content.name = std::move(name);
  content.description = std::move(description);
  content.mime_type = std::move(mime_type);
  return content;
}

void write_resource_contents(base::JsonWriter& json, const ResourceContents& resource) {
  json.begin_object().member("uri", resource.uri);
  if (!resource.mime_type.empty()) json.member("mimeType", resource.mime_type);
  if (resource.blob.empty()) {
    json.member("text", resource.text);
  } else {
    json.member("blob", resource.blob);
  }
  json.end_object();
}

void write_content(base::JsonWriter& json, const Content& content, Revision revision) {
  switch (content.kind) {
    case Content::Kind::text:
      return write_text(json, content.text);
    case Content::Kind::image:
      return write_data(json, "image", content);
    case Content::Kind::audio:
      if (revision >= Revision::r2025_03_26) return write_data(json, "audio", content);
      return write_text(json, "Audio (" + content.mime_type + ") that this client cannot take");
    case Content::Kind::resource:
      json.begin_object().member("type", "resource").key("resource");
      write_resource_contents(json, content.resource);
      json.end_object();
      return;
    case Content::Kind::resource_link:
      if (revision >= Revision::r2025_06_18) return write_link(json, content);
      return write_text(json, content.name + ": " + content.uri);
  }
}

}  // namespace gatehouse::mcp
