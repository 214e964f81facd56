// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/label_edit.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "gatehouse/workspace/gmail/api_calls.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiFault;

constexpr std::size_t kPackedBytes = 8;
constexpr std::size_t kEditsMax = 64;
constexpr std::size_t kMessagesMax = 1'000;  // Google's limit for one request
constexpr std::size_t kAtOnce = 50;
constexpr std::string_view kForm = "labels 1";

// Gmail's ids are numbers of 64 bits written in hexadecimal.
std::optional<std::uint64_t> number_of(std::string_view id) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number, 16);
  const bool is_read = error == std::errc() && end == id.data() + id.size();
  char text[17];
  const auto written = std::to_chars(text, text + sizeof text, number, 16);
  // Only what comes back as it was: no capitals, no zeros in front.
  if (!is_read || std::string_view(text, written.ptr) != id) return std::nullopt;
  return number;
}

std::string packed(const std::vector<std::string>& ids) {
  std::string out;
  for (const std::string& id : ids) {
    const auto number = number_of(id);
    if (!number) return "";
    for (std::size_t i = kPackedBytes; i-- > 0;) out += static_cast<char>(*number >> (8 * i));
  }
  return out;
}

std::vector<std::string> unpacked(std::string_view bytes) {
  std::vector<std::string> ids;
  for (; bytes.size() >= kPackedBytes; bytes.remove_prefix(kPackedBytes)) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < kPackedBytes; ++i)
      number = (number << 8) | static_cast<unsigned char>(bytes[i]);
    char text[17];
    const auto written = std::to_chars(text, text + sizeof text, number, 16);
    ids.emplace_back(text, written.ptr);
  }
  return ids;
}

std::string joined(const std::vector<std::string>& list, char separator) {
  std::string out;
  for (const std::string& one : list) {
    if (!out.empty()) out += separator;
    out += one;
  }
  return out;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(separator));
    list.emplace_back(one);
    text.remove_prefix(std::min(text.size(), one.size() + 1));
  }
  return list;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::string_view word = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

// The head "ADD;REMOVE;FORM;BYTES" and a line end, then that many bytes.
bool parse_edit(std::string_view& text, LabelEdit& edit) {
  edit.add = split(take_until(text, ';'), ',');
  edit.remove = split(take_until(text, ';'), ',');
  const std::string_view form = take_until(text, ';');
  const std::string_view length = take_until(text, '\n');
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (error != std::errc() || end != length.data() + length.size() || bytes > text.size())
    return false;
  const std::string_view body = text.substr(0, bytes);
  text.remove_prefix(bytes);
  edit.messages = form == "x" ? unpacked(body) : split(body, ' ');
  return !edit.messages.empty() && edit.messages.size() <= kMessagesMax &&
         !(edit.add.empty() && edit.remove.empty());
}

bool may_have_happened(const google::ApiError& error) {
  return error.code == ApiFault::google_unavailable || error.code == ApiFault::outcome_unknown;
}

// What one message's request was refused for, and no other's.
bool is_about_messages(const google::ApiError& error) {
  return error.code == ApiFault::not_found_or_no_access || error.code == ApiFault::invalid_argument;
}

class Editing {
 public:
  Editing(Services& services, google::TokenSource& tokens) : services_(services), tokens_(tokens) {}

  // False when nothing more should be tried.
  base::Coroutine<bool> in_bulk(const LabelEdit& edit) {
    const google::ApiCall call = modify_messages(edit.messages, edit.add, edit.remove);
    const auto answer = co_await services_.api.call(tokens_, call);
    if (answer) {
      outcome_.changed += edit.messages.size();
      outcome_.done.push_back(edit);
      co_return true;
    }
    if (is_about_messages(answer.error())) {
      const bool goes_on = co_await one_by_one(edit);
      co_return goes_on;
    }
    fail(answer.error(), edit.messages.size());
    if (may_have_happened(answer.error())) outcome_.done.push_back(edit);
    co_return false;
  }

  base::Coroutine<bool> one_by_one(const LabelEdit& edit) {
    LabelEdit done{edit.add, edit.remove, {}};
    bool goes_on = true;
    for (std::size_t first = 0; goes_on && first < edit.messages.size(); first += kAtOnce) {
      const std::size_t end = std::min(first + kAtOnce, edit.messages.size());
      std::vector<google::ApiCall> calls;
      for (std::size_t i = first; i < end; ++i)
        calls.push_back(modify_message(edit.messages[i], edit.add, edit.remove));
      const auto answers = co_await services_.api.call_each(tokens_, calls);
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::string& id = edit.messages[first + i];
        if (answers[i]) {
          ++outcome_.changed;
          done.messages.push_back(id);
        } else if (answers[i].error().code == ApiFault::not_found_or_no_access) {
          ++outcome_.gone;
        } else {
          fail(answers[i].error(), 1);
          if (may_have_happened(answers[i].error())) done.messages.push_back(id);
          goes_on = goes_on && is_about_messages(answers[i].error());
        }
      }
      if (!goes_on) outcome_.failed += edit.messages.size() - end;
    }
    if (!done.messages.empty()) outcome_.done.push_back(std::move(done));
    co_return goes_on;
  }

  void skip(const LabelEdit& edit) { outcome_.failed += edit.messages.size(); }
  EditOutcome take() { return std::move(outcome_); }

 private:
  void fail(const google::ApiError& error, std::size_t messages) {
    outcome_.failed += messages;
    if (!outcome_.error || is_about_messages(*outcome_.error)) outcome_.error = error;
  }

  Services& services_;
  google::TokenSource& tokens_;
  EditOutcome outcome_;
};

}  // namespace

std::string text_of(const std::vector<LabelEdit>& edits) {
  std::string out(kForm);
  for (const LabelEdit& edit : edits) {
    std::string body = packed(edit.messages);
    const bool is_packed = !body.empty();
    if (!is_packed) body = joined(edit.messages, ' ');
    out += "\n" + joined(edit.add, ',') + ";" + joined(edit.remove, ',') +
           (is_packed ? ";x;" : ";t;") + std::to_string(body.size()) + "\n" + body;
  }
  return out;
}

std::optional<std::vector<LabelEdit>> parse_edits(std::string_view text) {
  if (!text.starts_with(kForm)) return std::nullopt;
  text.remove_prefix(kForm.size());
  std::vector<LabelEdit> edits;
  while (!text.empty()) {
    const bool is_next = text.front() == '\n' && edits.size() < kEditsMax;
    text.remove_prefix(1);
    LabelEdit edit;
    if (!is_next || !parse_edit(text, edit)) return std::nullopt;
    edits.push_back(std::move(edit));
  }
  return edits;
}

base::Coroutine<EditOutcome> apply_edits(Services& services, google::TokenSource& tokens,
                                         const std::vector<LabelEdit>& edits, EditWay way) {
  Editing editing(services, tokens);
  bool goes_on = true;
  for (const LabelEdit& edit : edits) {
    if (!goes_on) {
      editing.skip(edit);
    } else if (way == EditWay::in_bulk) {
      goes_on = co_await editing.in_bulk(edit);
    } else {
      goes_on = co_await editing.one_by_one(edit);
    }
  }
  EditOutcome outcome = editing.take();
  // Labels are cached with the summaries.
  for (const LabelEdit& edit : outcome.done) {
    for (const std::string& id : edit.messages) services.mail_cache.forget(tokens.user_key(), id);
  }
  co_return outcome;
}

}  // namespace gatehouse::workspace::gmail
