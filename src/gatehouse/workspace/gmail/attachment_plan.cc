// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/attachment_plan.h"

#include <algorithm>
#include <charconv>

#include "gatehouse/base/take_until.h"
#include "gatehouse/workspace/gmail/mail_reference.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr std::size_t kPartIdMax = 100;
constexpr std::string_view kForms = "atibl";  // in the order of AttachmentForm

}  // namespace

std::optional<AttachmentHandle> AttachmentHandle::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto message = parse_mail_reference(text.substr(0, slash));
  if (!message || message->kind == MailReference::Kind::thread) return std::nullopt;
  const std::string_view part = text.substr(slash + 1);
  const bool is_part_id = part.size() <= kPartIdMax &&
                          std::all_of(part.begin(), part.end(),
                                      [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (!is_part_id) return std::nullopt;
  return AttachmentHandle{message->id, std::string(part)};
}

std::string AttachmentPlan::text() const {
  return std::to_string(offset) + " " + kForms[static_cast<std::size_t>(form)] + " " + pages + " " +
         handle.text();
}

std::optional<AttachmentPlan> AttachmentPlan::parse(std::string_view text) {
  AttachmentPlan plan;
  const std::string_view offset = base::take_until(text, ' ');
  const auto [end, error] =
      std::from_chars(offset.data(), offset.data() + offset.size(), plan.offset);
  if (error != std::errc() || end != offset.data() + offset.size()) return std::nullopt;
  const std::string_view form = base::take_until(text, ' ');
  const std::size_t index = form.size() == 1 ? kForms.find(form) : std::string_view::npos;
  if (index == std::string_view::npos) return std::nullopt;
  plan.form = static_cast<AttachmentForm>(index);
  plan.pages = base::take_until(text, ' ');
  auto handle = AttachmentHandle::parse(text);
  if (!handle) return std::nullopt;
  plan.handle = std::move(*handle);
  return plan;
}

}  // namespace gatehouse::workspace::gmail
