// SPDX-License-Identifier: Apache-2.0
//
// How callers name messages, and the cursors of gmail_read.
#include "fuzzing.h"
#include "gatehouse/workspace/gmail/mail_reference.h"
#include "gatehouse/workspace/gmail/read_cursor.h"

namespace gatehouse::fuzzing {
namespace {

using workspace::gmail::MailReference;
using workspace::gmail::ReadCursor;

// An id goes into a path of Google's API.
void check_id(const MailReference& reference) {
  assert(!reference.id.empty() && reference.id.size() <= 64);
  for (const char c : reference.id) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    assert(is_letter || (c >= '0' && c <= '9') || c == '_' || c == '-');
  }
}

void check_reference(std::string_view text) {
  const auto reference = workspace::gmail::parse_mail_reference(text);
  if (!reference) return;
  check_id(*reference);
  // As a tool shows it, it is taken again.
  const bool is_thread = reference->kind == MailReference::Kind::thread;
  const auto again =
      workspace::gmail::parse_mail_reference((is_thread ? "t:" : "") + reference->id);
  assert(again && again->id == reference->id);
}

void check_cursor(std::string_view text) {
  const auto cursor = ReadCursor::parse(text);
  if (!cursor) return;
  assert(!cursor->items.empty());
  const std::string written = cursor->text();
  const auto again = ReadCursor::parse(written);
  assert(again && again->text() == written && again->items.size() == cursor->items.size());
  assert(again->message == cursor->message && again->offset == cursor->offset);
}

}  // namespace

void run(std::string_view input) {
  check_reference(input);
  check_cursor(input);
}

}  // namespace gatehouse::fuzzing
