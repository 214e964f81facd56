// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/sent_lookup.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gatehouse/base/encoding.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/mime_tree.h"

namespace gatehouse::workspace::gmail {

namespace {

constexpr int kByIdMax = 5;
constexpr std::size_t kRecentMax = 10;
constexpr std::chrono::seconds kRecent{24 * 3600};
constexpr std::string_view kHeaders[] = {"Message-ID", "X-Google-Original-Message-ID",
                                         "X-Gatehouse-Request"};

std::string query_by_id(const SendRequest& request) {
  const std::string own = "rfc822msgid:" + request.name + "@" + request.domain;
  if (request.other.empty()) return own;
  return "{" + own + " rfc822msgid:" + request.other + "@" + request.domain + "}";
}

std::string query_of_recent(const SendRequest& request, base::SystemTime now) {
  std::string query = "in:sent after:" + std::to_string(base::epoch_seconds(now - kRecent));
  if (request.first_recipient) query += " to:\"" + request.first_recipient->text() + "\"";
  return query;
}

void collect_ids(const base::JsonValue& list, std::size_t most, std::vector<std::string>& ids) {
  const auto messages = list.find("messages");
  if (!messages) return;
  for (const base::JsonValue& message : messages->elements()) {
    std::string id(message.find_string("id").value_or(""));
    if (most-- == 0) return;
    if (!id.empty() && std::find(ids.begin(), ids.end(), id) == ids.end())
      ids.push_back(std::move(id));
  }
}

bool is_name(const SendRequest& request, std::string_view name) {
  return name == request.name || (!request.other.empty() && name == request.other);
}

// "<name@domain>"
bool is_message_id_of(const SendRequest& request, std::string_view header) {
  header = base::trim(header);
  const std::string end = "@" + request.domain + ">";
  if (!header.starts_with('<') || !header.ends_with(end)) return false;
  return is_name(request, header.substr(1, header.size() - 1 - end.size()));
}

std::optional<SentCopy> match(const SendRequest& request, const base::JsonValue& message) {
  const auto payload = message.find("payload");
  if (!payload) return std::nullopt;
  const std::vector<MailHeader> headers = read_headers(*payload);
  const std::string_view mark = base::trim(header_of(headers, kHeaders[2]));
  const std::size_t space = std::min(mark.find(' '), mark.size());
  const bool is_ours = is_name(request, mark.substr(0, space)) ||
                       is_message_id_of(request, header_of(headers, kHeaders[0])) ||
                       is_message_id_of(request, header_of(headers, kHeaders[1]));
  if (!is_ours) return std::nullopt;
  SentCopy copy;
  copy.id = std::string(message.find_string("id").value_or(""));
  copy.thread_id = std::string(message.find_string("threadId").value_or(""));
  copy.content = std::string(base::trim(mark.substr(space)));
  return copy;
}

}  // namespace

google::ApiTask<std::optional<SentCopy>> find_sent(Services& services, google::TokenSource& tokens,
                                                   const SendRequest& request) {
  std::vector<google::ApiCall> lists;
  lists.push_back(list_messages(query_by_id(request), kByIdMax, ""));
  lists.back().parameter("includeSpamTrash", "true");
  const std::string recent = query_of_recent(request, services.clock.now());
  lists.push_back(list_messages(recent, static_cast<int>(kRecentMax), ""));
  const auto listed = co_await services.api.call_each(tokens, lists);
  std::vector<std::string> ids;
  for (const auto& list : listed) {
    if (!list) co_return list.error();
    collect_ids(list->root(), kRecentMax, ids);
  }
  if (ids.empty()) co_return std::optional<SentCopy>();

  std::vector<google::ApiCall> calls;
  for (const std::string& id : ids) calls.push_back(message_headers(id, kHeaders));
  const auto messages = co_await services.api.call_each(tokens, calls);
  for (const auto& message : messages) {
    if (!message && message.error().code == google::ApiFault::not_found_or_no_access) continue;
    if (!message) co_return message.error();
    auto copy = match(request, message->root());
    if (copy) co_return copy;
  }
  co_return std::optional<SentCopy>();
}

google::ApiTask<std::optional<DraftCopy>> find_draft(Services& services,
                                                     google::TokenSource& tokens,
                                                     const SendRequest& request) {
  const google::ApiCall list = list_drafts(query_by_id(request), "");
  const auto listed = co_await services.api.call(tokens, list);
  if (!listed) co_return listed.error();
  const auto drafts = listed->root().find("drafts");
  const std::vector<base::JsonValue> found =
      drafts ? drafts->elements() : std::vector<base::JsonValue>();
  for (std::size_t i = 0; i < found.size() && i < kRecentMax; ++i) {
    const google::ApiCall call = draft_headers(found[i].find_string("id").value_or(""));
    const auto draft = co_await services.api.call(tokens, call);
    if (!draft && draft.error().code == google::ApiFault::not_found_or_no_access) continue;
    if (!draft) co_return draft.error();
    const auto message = draft->root().find("message");
    const auto copy = message ? match(request, *message) : std::nullopt;
    if (!copy) continue;
    DraftCopy known;
    known.draft_id = std::string(draft->root().find_string("id").value_or(""));
    known.id = copy->id;
    known.thread_id = copy->thread_id;
    known.content = copy->content;
    co_return std::optional<DraftCopy>(std::move(known));
  }
  co_return std::optional<DraftCopy>();
}

}  // namespace gatehouse::workspace::gmail
