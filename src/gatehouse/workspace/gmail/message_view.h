// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/json.h"
#include "gatehouse/workspace/gmail/mime_tree.h"

namespace gatehouse::workspace::gmail {

struct ViewOptions {
  bool quotes = false;   // keep quoted history
  bool headers = false;  // give all headers
  bool html = false;     // the HTML itself instead of markdown
};

struct AttachmentView {
  std::string handle;  // message id and part id: stable, unlike Google's attachment ids
  std::string name;
  std::string mime;
  std::size_t size = 0;
};

// What was left out of a message's text, in numbers; the text of others never gets into notes.
struct Omissions {
  std::size_t quoted_characters = 0;
  std::size_t hidden_characters = 0;
  std::size_t invisible_characters = 0;
  std::size_t misleading_links = 0;
  std::size_t inline_images = 0;
  std::size_t attachments = 0;  // beyond those listed
  bool cut = false;             // some limit of size, depth or number was met
};

// One message as people read it. All texts are valid UTF-8, cleaned of invisible characters; all
// but `body` are single lines.
struct MessageView {
  std::string id;
  std::string thread_id;
  std::string from, to, cc, reply_to;
  std::string subject;
  std::int64_t received = 0;  // epoch seconds, by Gmail's clock
  std::vector<std::string> label_ids;
  std::string body;
  std::vector<std::string> headers;  // "Name: value"
  std::vector<AttachmentView> attachments;
  Omissions omissions;
};

// `message` is what users.messages.get answers in format full; `tree` is its payload, with fetched
// parts filled in.
MessageView view_message(const base::JsonValue& message, const MimeTree& tree,
                         const ViewOptions& options);

// Names and addresses on one line: "Bob <bob@acme.example>, ann@x.example". At most `shown_max` of
// them, then "and 7 more".
std::string people_of(std::string_view header, std::size_t shown_max);

}  // namespace gatehouse::workspace::gmail
