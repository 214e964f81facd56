// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/change_targets.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "gatehouse/workspace/gmail/api_calls.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiDocument;
using google::ApiFault;
using google::ApiResult;

constexpr std::size_t kPagesMax = 10;
constexpr std::size_t kPageRows = 500;
constexpr std::size_t kIdMax = 64;
constexpr std::size_t kPageTokenMax = 1'000;

bool is_missing(const google::ApiError& error) {
  // Google calls an id malformed that it could never have given.
  return error.code == ApiFault::not_found_or_no_access ||
         (error.code == ApiFault::invalid_argument && error.status == 400);
}

// --- by reference ---

class Opening {
 public:
  Opening(const LabelChange& change, const std::vector<MailReference>& items)
      : change_(change), labels_(change.labels()), items_(items) {}

  std::vector<google::ApiCall> calls() const {
    std::vector<google::ApiCall> calls;
    for (const MailReference& item : items_) {
      calls.push_back(item.kind == MailReference::Kind::thread ? thread_labels(item.id)
                                                               : message_labels(item.id));
    }
    return calls;
  }

  // A bare id is a message until Gmail knows none of that name.
  std::vector<google::ApiCall> second_calls(const std::vector<ApiResult<ApiDocument>>& answers) {
    std::vector<google::ApiCall> calls;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const bool may_be_thread = items_[i].kind == MailReference::Kind::either && !answers[i] &&
                                 is_missing(answers[i].error());
      if (!may_be_thread) continue;
      calls.push_back(thread_labels(items_[i].id));
      second_of_.insert(i);
    }
    return calls;
  }

  std::optional<google::ApiError> take(const std::vector<ApiResult<ApiDocument>>& answers,
                                       const std::vector<ApiResult<ApiDocument>>& second) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const ApiResult<ApiDocument>& answer = second_of_.contains(i) ? second[next++] : answers[i];
      if (answer) {
        take_item(answer->root());
      } else if (is_missing(answer.error())) {
        targets_.missing.push_back(items_[i].id);
      } else {
        return answer.error();
      }
    }
    return std::nullopt;
  }

  Targets finish() { return std::move(targets_); }

 private:
  void take_item(const base::JsonValue& item) {
    const auto messages = item.find("messages");
    if (!messages) return take_message(item);
    for (const base::JsonValue& message : messages->elements()) take_message(message);
  }

  void take_message(const base::JsonValue& message) {
    Target target;
    target.id = std::string(message.find_string("id").value_or(""));
    if (target.id.empty() || target.id.size() > kIdMax || !seen_.insert(target.id).second) return;
    ++targets_.found;
    bool is_draft = false;
    bool is_meant = change_.only_with.empty();
    if (const auto labels = message.find("labelIds")) {
      for (const base::JsonValue& label : labels->elements()) {
        const std::string_view id = label.as_string().value_or("");
        is_draft = is_draft || id == "DRAFT";
        is_meant = is_meant || id == change_.only_with;
        const auto known = std::find(labels_.begin(), labels_.end(), id);
        if (known != labels_.end()) target.has |= 1u << (known - labels_.begin());
      }
    }
    if (is_draft) ++targets_.drafts;
    if (!is_draft && is_meant && would_change(change_, target))
      targets_.due.push_back(std::move(target));
  }

  const LabelChange& change_;
  const std::vector<std::string> labels_;
  const std::vector<MailReference>& items_;
  std::set<std::size_t> second_of_;
  std::set<std::string> seen_;
  Targets targets_;
};

// --- by query ---

// One list of ids, page by page.
struct IdPages {
  IdPages(std::string search, std::string label_id, bool with_hidden)
      : query(std::move(search)), label(std::move(label_id)), hidden(with_hidden) {}

  bool has_next() const { return !is_complete && pages < kPagesMax; }
  google::ApiCall next() const { return list_message_ids(query, label, hidden, token); }
  void take(const base::JsonValue& answer) {
    ++pages;
    if (const auto messages = answer.find("messages")) {
      const std::vector<base::JsonValue> rows = messages->elements();
      for (std::size_t i = 0; i < rows.size() && i < kPageRows; ++i) {
        std::string id(rows[i].find_string("id").value_or(""));
        if (!id.empty() && id.size() <= kIdMax) ids.push_back(std::move(id));
      }
    }
    const std::string_view after = answer.find_string("nextPageToken").value_or("");
    is_complete = after.empty() || after == token || after.size() > kPageTokenMax;
    token = std::string(after);
  }

  const std::string query;
  const std::string label;
  const bool hidden;
  std::vector<std::string> ids;
  std::string token;
  std::size_t pages = 0;
  bool is_complete = false;
};

std::string without_drafts(const std::string& query) { return "(" + query + ") -in:draft"; }

}  // namespace

google::ApiTask<Targets> targets_of(Services& services, google::TokenSource& tokens,
                                    const LabelChange& change,
                                    const std::vector<MailReference>& items) {
  Opening opening(change, items);
  const std::vector<google::ApiCall> calls = opening.calls();
  const auto answers = co_await services.api.call_each(tokens, calls);
  const std::vector<google::ApiCall> second_calls = opening.second_calls(answers);
  const auto second = co_await services.api.call_each(tokens, second_calls);
  auto error = opening.take(answers, second);
  if (error) co_return *error;
  co_return opening.finish();
}

google::ApiTask<Targets> targets_matching(Services& services, google::TokenSource& tokens,
                                          const LabelChange& change, const std::string& query,
                                          std::size_t due_max) {
  const std::string search = without_drafts(query);
  const std::vector<std::string> labels = change.labels();
  const bool hidden = !change.only_with.empty();
  // What only takes one label away concerns nothing but messages that have it.
  const bool is_removal = change.add.empty() && change.remove.size() == 1;
  const std::string held = is_removal ? change.remove.front() : change.only_with;

  std::unordered_map<std::string, std::uint32_t> has;
  std::uint32_t held_bit = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == held) {
      held_bit = 1u << i;
      continue;
    }
    IdPages holders(search, labels[i], hidden);
    while (holders.has_next()) {
      const google::ApiCall call = holders.next();
      const auto answer = co_await services.api.call(tokens, call);
      if (!answer) co_return answer.error();
      holders.take(answer->root());
    }
    for (const std::string& id : holders.ids) has[id] |= 1u << i;
  }

  Targets targets;
  IdPages matches(search, held, hidden);
  while (matches.has_next() && !targets.has_more) {
    const std::size_t first = matches.ids.size();
    const google::ApiCall call = matches.next();
    const auto answer = co_await services.api.call(tokens, call);
    if (!answer) co_return answer.error();
    matches.take(answer->root());
    for (std::size_t i = first; i < matches.ids.size(); ++i) {
      Target target{matches.ids[i], held_bit};
      const auto known = has.find(target.id);
      if (known != has.end()) target.has |= known->second;
      ++targets.found;
      if (!would_change(change, target)) continue;
      targets.has_more = targets.due.size() == due_max;
      if (targets.has_more) break;
      targets.due.push_back(std::move(target));
    }
  }
  targets.has_more = targets.has_more || !matches.is_complete;
  co_return targets;
}

}  // namespace gatehouse::workspace::gmail
