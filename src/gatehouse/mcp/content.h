// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {

// What a resource holds: text, or base64 of bytes. Exactly one is meant; an empty blob is text.
struct ResourceContents {
  std::string uri;
  std::string mime_type;
  std::string text;
  std::string blob;  // base64, RFC 4648 section 4
};

// One block of a tool's answer or of a prompt's message.
struct Content {
  enum class Kind { text, image, audio, resource, resource_link };
  Kind kind = Kind::text;
  std::string text;
  std::string data;       // base64, of an image or audio
  std::string mime_type;  // of those and of a link
  ResourceContents resource = {};
  std::string uri;  // the rest is of a link
  std::string name;
  std::string description;
};

Content text_content(std::string text);
Content image_content(std::string base64, std::string mime_type);
Content audio_content(std::string base64, std::string mime_type);
Content embedded_resource(ResourceContents resource);
Content resource_link(std::string uri, std::string name, std::string description,
                      std::string mime_type);

// A kind that the revision does not know becomes a text that says what it would be.
void write_content(base::JsonWriter& json, const Content& content, Revision revision);
void write_resource_contents(base::JsonWriter& json, const ResourceContents& resource);

}  // namespace gatehouse::mcp
