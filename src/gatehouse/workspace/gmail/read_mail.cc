// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/gmail/read_mail.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/workspace/account.h"
#include "gatehouse/workspace/gmail/api_calls.h"
#include "gatehouse/workspace/gmail/kept_body.h"
#include "gatehouse/workspace/gmail/label_names.h"
#include "gatehouse/workspace/gmail/read_answer.h"

namespace gatehouse::workspace::gmail {

namespace {

using google::ApiDocument;
using google::ApiFault;
using google::ApiResult;

constexpr std::chrono::seconds kCursorLifetime{24 * 3600};
// Fetched together: enough to hide the way to Google, few enough that what no longer fits the
// answer costs little.
constexpr std::size_t kFetchedAtOnce = 4;
constexpr std::size_t kTextsAtOnce = 2;

using Answers = std::vector<ApiResult<ApiDocument>>;

// The first items, each a message or a thread. A bare id is a message until Gmail knows none of
// that name.
base::Coroutine<Answers> fetch(google::ApiClient& api, google::TokenSource& tokens,
                               const std::vector<MailReference>& items) {
  std::vector<google::ApiCall> calls;
  for (std::size_t i = 0; i < items.size() && i < kFetchedAtOnce; ++i) {
    calls.push_back(items[i].kind == MailReference::Kind::thread ? full_thread(items[i].id)
                                                                 : full_message(items[i].id));
  }
  Answers answers = co_await api.call_each(tokens, calls);
  std::vector<google::ApiCall> second_calls;
  std::vector<std::size_t> second_of;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const bool is_open = items[i].kind == MailReference::Kind::either && !answers[i];
    if (!is_open || answers[i].error().code != ApiFault::not_found_or_no_access) continue;
    second_calls.push_back(full_thread(items[i].id));
    second_of.push_back(i);
  }
  if (second_calls.empty()) co_return answers;
  Answers second = co_await api.call_each(tokens, second_calls);
  for (std::size_t i = 0; i < second.size(); ++i) {
    if (second[i]) answers[second_of[i]] = std::move(second[i]);
  }
  co_return answers;
}

bool is_passing(const ApiResult<ApiDocument>& answer) {
  return !answer && answer.error().code == ApiFault::google_unavailable;
}

std::vector<base::JsonValue> messages_of(const ApiDocument& answer) {
  const auto messages = answer.root().find("messages");
  if (messages) return messages->elements();
  return {answer.root()};
}

// Brings in the text that Gmail keeps apart from a large message, as much at once as leaves room
// for others. What cannot be had is missing, and the tree says so.
base::Coroutine<void> fetch_texts(google::ApiClient& api, google::TokenSource& tokens,
                                  const std::string& message_id, MimeTree& tree) {
  const std::vector<std::size_t> parts = tree.parts_to_fetch();
  for (std::size_t first = 0; first < parts.size(); first += kTextsAtOnce) {
    const std::size_t end = std::min(first + kTextsAtOnce, parts.size());
    std::vector<google::ApiCall> calls;
    for (std::size_t i = first; i < end; ++i)
      calls.push_back(attachment(message_id, tree.parts()[parts[i]].attachment_id));
    Answers answers = co_await api.call_each(tokens, calls);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i]) {
        tree.take(parts[first + i], std::move(*answers[i]));
      } else {
        tree.miss();
      }
    }
  }
}

bool has_user_label(const MessageView& view) {
  return std::any_of(view.label_ids.begin(), view.label_ids.end(), is_user_label);
}

// Adds one item's messages, the first from where `todo` says. True when the answer has room for all
// of them.
base::Coroutine<bool> add_item(Services& services, google::TokenSource& tokens,
                               const CacheOwner& owner, const ApiDocument& item, ReadCursor& todo,
                               ReadAnswer& answer, ReadAudit& audit) {
  const std::vector<base::JsonValue> messages = messages_of(item);
  for (; todo.message < messages.size(); ++todo.message) {
    const base::JsonValue message = messages[todo.message];
    const auto payload = message.find("payload");
    MimeTree tree = payload ? MimeTree::parse(*payload) : MimeTree();
    const std::string id(message.find_string("id").value_or(""));
    co_await fetch_texts(services.api, tokens, id, tree);
    const MessageView view = view_message(message, tree, todo.options);
    LabelNames labels;
    if (has_user_label(view)) {
      labels = co_await label_names(services, tokens);
    }
    const std::size_t before = todo.offset;
    const bool is_complete = answer.add(view, labels, todo.offset);
    if (is_complete || answer.offset() > before) audit.show(view.id);
    todo.offset = answer.offset();
    if (!is_complete) {
      const KeptBody rest{view.id, todo.message + 1 == messages.size(), view.body};
      if (todo.offset > 0) keep_body(services.cache, owner, todo, rest, services.clock.now());
      co_return false;
    }
    todo.offset = 0;
  }
  todo.message = 0;
  co_return true;
}

// Goes on in a body that was kept, to its end or to that of the room. nullopt when there is none.
std::optional<bool> add_kept(Services& services, const CacheOwner& owner, ReadCursor& todo,
                             ReadAnswer& answer, ReadAudit& audit) {
  if (todo.offset == 0) return std::nullopt;
  auto kept = find_kept_body(services.cache, owner, todo, services.clock.now());
  if (!kept) return std::nullopt;
  MessageView view;
  view.id = std::move(kept->message_id);
  view.body = std::move(kept->body);
  const bool is_complete = answer.add(view, LabelNames(), todo.offset);
  audit.show(view.id);
  todo.offset = is_complete ? 0 : answer.offset();
  if (!is_complete) return false;
  if (kept->is_last) {
    todo.items.erase(todo.items.begin());
    todo.message = 0;
  } else {
    ++todo.message;
  }
  return true;
}

}  // namespace

google::ApiTask<mcp::ToolResult> read_mail(Services& services, mcp::Call& call, ReadPlan& plan,
                                           ReadAudit& audit) {
  google::TokenSource& tokens = account_of(call.caller).tokens();
  ReadCursor& todo = plan.todo;
  const Fence fence(services.random);
  ReadAnswer answer(plan.characters_max, plan.zone, fence);
  std::optional<google::ApiError> failure;

  auto owner = co_await cache_owner(tokens);
  if (!owner) co_return owner.error();
  const auto continued = add_kept(services, *owner, todo, answer, audit);
  bool has_room = continued.value_or(true);
  while (has_room && !todo.items.empty() && !call.cancelled()) {
    Answers answers = co_await fetch(services.api, tokens, todo.items);
    for (std::size_t i = 0; i < answers.size() && has_room; ++i) {
      // Perhaps only because the ones before it were held; they go now.
      if (i > 0 && is_passing(answers[i])) break;
      if (answers[i]) {
        const ApiDocument item = std::move(*answers[i]);
        has_room = co_await add_item(services, tokens, *owner, item, todo, answer, audit);
      } else {
        failure = answers[i].error();
        answer.note(todo.items.front().id + ": " + std::string(google::name_of(failure->code)) +
                    ". " + failure->message);
      }
      if (has_room) todo.items.erase(todo.items.begin());
    }
  }
  if (answer.empty() && failure) co_return *failure;
  std::string next;
  if (!todo.items.empty())
    next =
        call.sealer.seal(kReadCursorPurpose, call.caller.principal, todo.text(), kCursorLifetime);
  co_return answer.finish(next);
}

}  // namespace gatehouse::workspace::gmail
