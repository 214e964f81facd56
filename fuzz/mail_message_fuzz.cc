// SPDX-License-Identifier: Apache-2.0
//
// A message as Gmail's API gives it, from its JSON to what a model reads: valid UTF-8, cleaned of
// invisible characters, single lines where the type says so, bounded.
#include "fuzzing.h"
#include "gatehouse/workspace/code_points.h"
#include "gatehouse/workspace/gmail/message_view.h"
#include "gatehouse/workspace/gmail/summary.h"
#include "gatehouse/workspace/untrusted_text.h"

namespace gatehouse::fuzzing {
namespace {

namespace gmail = workspace::gmail;
using gmail::MimeTree;

void check_line(std::string_view text, std::size_t characters_max) {
  assert(is_single_line(text));
  assert(workspace::character_count(text) <= characters_max);
}

void check_clean(std::string_view text) {
  assert(base::is_valid_utf8(text));
  assert(workspace::clean_text(text).invisible_characters == 0);
}

void check_tree(const MimeTree& tree) {
  assert(!tree.parts().empty() && tree.parts().size() <= 500);
  assert(tree.parts_to_fetch().size() <= 8);
  for (std::size_t i = 0; i < tree.parts().size(); ++i) {
    for (const std::size_t child : tree.parts()[i].children) {
      assert(child > i && child < tree.parts().size());
    }
    assert(base::is_valid_utf8(tree.text_of(i)));
  }
}

void check_view(const gmail::MessageView& view, const gmail::ViewOptions& options) {
  constexpr std::size_t kPeopleCharactersMax = 21 * 210;
  for (const std::string* people : {&view.from, &view.to, &view.cc, &view.reply_to}) {
    check_line(*people, kPeopleCharactersMax);
  }
  check_line(view.subject, 500);
  check_clean(view.subject);
  check_clean(view.body);
  assert(view.label_ids.size() <= 100 && view.attachments.size() <= 40);
  assert(view.headers.size() <= 60 && (options.headers || view.headers.empty()));
  for (const std::string& header : view.headers) check_line(header, 700);
  for (const gmail::AttachmentView& attachment : view.attachments) {
    assert(base::is_valid_utf8(attachment.handle));
    check_line(attachment.name, 120);
    check_line(attachment.mime, 120);
    assert(attachment.name.find_first_of("/\\") == std::string::npos);
  }
}

void check_summary(const gmail::Summary& summary) {
  for (const std::string* line : {&summary.from_name, &summary.from_address, &summary.to,
                                  &summary.cc, &summary.subject, &summary.snippet}) {
    check_line(*line, 5'000);
  }
  assert(summary.bytes() < 200 * 1024);
}

}  // namespace

void run(std::string_view input) {
  const auto document = base::JsonDocument::parse(input);
  if (!document) return;
  const base::JsonValue root = document->root();
  const auto payload = root.find("payload");
  const MimeTree tree = MimeTree::parse(payload ? *payload : base::JsonValue());
  check_tree(tree);
  for (const gmail::ViewOptions& options :
       {gmail::ViewOptions{false, true, false}, gmail::ViewOptions{true, false, false},
        gmail::ViewOptions{false, false, true}}) {
    check_view(gmail::view_message(root, tree, options), options);
  }
  check_summary(gmail::read_summary(root));
  check_summary(gmail::read_thread_summary(root));
}

}  // namespace gatehouse::fuzzing
