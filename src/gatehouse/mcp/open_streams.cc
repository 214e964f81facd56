// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/open_streams.h"

#include <algorithm>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/json_writer.h"
#include "gatehouse/mcp/exchange.h"
#include "gatehouse/mcp/json_rpc.h"
#include "gatehouse/mcp/protocol.h"

namespace gatehouse::mcp {
namespace {

constexpr std::chrono::seconds kExpiryCheckInterval(5);
// The last part of a stream's life: over this time streams end that were opened together, and so
// long before the end all are asked to.
constexpr std::chrono::seconds kSpread(4 * 60);
constexpr std::chrono::seconds kForAnswers(60);

std::string_view method_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::tools:
      return "notifications/tools/list_changed";
    case Change::Kind::prompts:
      return "notifications/prompts/list_changed";
    case Change::Kind::resources:
      return "notifications/resources/list_changed";
    case Change::Kind::resource:
      return "notifications/resources/updated";
  }
  return {};
}

std::string change_message(const Change& change, const std::string& subscription_id) {
  std::string params;
  base::JsonWriter json(params);
  json.begin_object();
  if (!subscription_id.empty()) {
    json.key("_meta").begin_object().key(kMetaSubscription).raw(subscription_id).end_object();
  }
  if (change.kind == Change::Kind::resource) json.member("uri", change.uri);
  json.end_object();
  return notification_message(method_of(change.kind), params);
}

}  // namespace

struct OpenStreams::State final : public std::enable_shared_from_this<State> {
  // What most streams do without, of which there are thousands.
  struct Extras {
    std::string last_message;
    std::function<bool()> is_owed;
    std::function<bool(const Change&)> wants;
    std::string subscription_id;
  };
  struct Entry {
    std::shared_ptr<http::EventStream> stream;
    std::string session_key;
    base::SystemTime expires{};
    base::SystemTime retires{};            // from then on it ends when it owes nothing
    std::unique_ptr<const Extras> extras;  // null: none

    bool is_owed() const { return extras && extras->is_owed && extras->is_owed(); }
    bool is_over(base::SystemTime now) const {
      if (expires <= now || retires + kForAnswers <= now) return true;
      return retires <= now && !is_owed();
    }
    bool wants(const Change& change) const {
      return extras && extras->wants && extras->wants(change);
    }
  };
  using Entries = std::vector<Entry>;
  using Principal = std::shared_ptr<const std::string>;  // its streams share the text
  struct Group {
    Principal principal;
    Entries entries;
  };

  State(const base::Clock& calendar, std::size_t limit, std::chrono::seconds whole_life)
      : clock(calendar), per_principal_max(limit), life(whole_life) {}

  // A step that shares no factor with the spread visits all of its seconds, far apart in turn.
  base::SystemTime next_retirement() {
    constexpr int kStep = 149;
    static_assert(std::gcd(kStep, static_cast<int>(kSpread.count())) == 1);
    earlier = (earlier + kStep) % static_cast<int>(kSpread.count());
    return clock.now() + life - kForAnswers - std::chrono::seconds(earlier);
  }

  static void end(const Entry& entry) {
    if (entry.extras && !entry.extras->last_message.empty())
      entry.stream->send({entry.extras->last_message, {}, {}});
    entry.stream->close();
  }

  static std::unique_ptr<const Extras> extras_of(Terms& terms) {
    const bool has_any = !terms.last_message.empty() || terms.is_owed || terms.wants ||
                         !terms.subscription_id.empty();
    if (!has_any) return nullptr;
    Extras extras{std::move(terms.last_message), std::move(terms.is_owed), std::move(terms.wants),
                  std::move(terms.subscription_id)};
    return std::make_unique<const Extras>(std::move(extras));
  }

  Group& group_of(const std::string& principal) {
    Group& group = by_principal[principal];
    if (!group.principal) group.principal = std::make_shared<const std::string>(principal);
    return group;
  }

  // Ends the streams that `chosen` picks and forgets them.
  template <class Chosen>
  void end_where(Chosen chosen) {
    Entries ended;
    for (auto& [principal, group] : by_principal) {
      Entries& entries = group.entries;
      const auto kept = std::stable_partition(entries.begin(), entries.end(),
                                              [&](const Entry& e) { return !chosen(e); });
      std::move(kept, entries.end(), std::back_inserter(ended));
      entries.erase(kept, entries.end());
    }
    std::erase_if(by_principal, [](const auto& item) { return item.second.entries.empty(); });
    for (const Entry& entry : ended) end(entry);
  }

  void end_session(const std::string& principal, const std::string& session_key) {
    const auto mine = by_principal.find(principal);
    if (mine == by_principal.end()) return;
    Entries ended;
    std::erase_if(mine->second.entries, [&](Entry& entry) {
      if (entry.session_key != session_key) return false;
      ended.push_back(std::move(entry));
      return true;
    });
    if (mine->second.entries.empty()) by_principal.erase(mine);
    for (const Entry& entry : ended) end(entry);
  }

  void forget(const std::string& principal, const http::EventStream* stream) {
    const auto mine = by_principal.find(principal);
    if (mine == by_principal.end()) return;
    std::erase_if(mine->second.entries, [&](const Entry& e) { return e.stream.get() == stream; });
    if (mine->second.entries.empty()) by_principal.erase(mine);
    if (by_principal.empty()) timer.reset();
  }

  // One timer for all streams, running while there are any.
  void watch_expiry(const base::Executor& executor) {
    if (timer) return;
    timer.emplace(executor);
    wait_for_expiry();
  }

  void wait_for_expiry() {
    timer->expires_after(kExpiryCheckInterval);
    timer->async_wait([weak = weak_from_this()](boost::system::error_code error) {
      const std::shared_ptr<State> state = weak.lock();
      if (!state || error || !state->timer) return;
      state->end_expired();
      if (state->by_principal.empty()) {
        state->timer.reset();
      } else {
        state->wait_for_expiry();
      }
    });
  }

  void end_expired() {
    const base::SystemTime now = clock.now();
    end_where([now](const Entry& entry) { return entry.is_over(now); });
  }

  const base::Clock& clock;
  const std::size_t per_principal_max;
  const std::chrono::seconds life;
  int earlier = 0;  // of the last stream, in seconds
  std::unordered_map<std::string, Group> by_principal;
  std::optional<Timer> timer;
};

OpenStreams::OpenStreams(const base::Clock& clock, std::size_t per_principal_max,
                         std::chrono::seconds life)
    : state_(std::make_shared<State>(clock, per_principal_max, life)) {}

OpenStreams::~OpenStreams() = default;

std::shared_ptr<http::EventStream> OpenStreams::open(const base::Executor& executor, Terms terms) {
  if (!terms.session_key.empty()) state_->end_session(terms.principal, terms.session_key);
  State::Group& mine = state_->group_of(terms.principal);
  if (mine.entries.size() >= state_->per_principal_max) return nullptr;
  std::shared_ptr<http::EventStream> stream = http::EventStream::create(terms.purpose);
  mine.entries.push_back({stream, std::move(terms.session_key), terms.expires,
                          state_->next_retirement(), State::extras_of(terms)});
  state_->watch_expiry(executor);
  const auto forget = [weak = std::weak_ptr<State>(state_), principal = mine.principal,
                       raw = stream.get()] {
    const std::shared_ptr<State> state = weak.lock();
    if (state) state->forget(*principal, raw);
  };
  if (!terms.on_gone) {
    stream->on_closed(forget);
    return stream;
  }
  stream->on_closed([forget, on_gone = std::move(terms.on_gone)] {
    forget();
    on_gone();
  });
  return stream;
}

void OpenStreams::announce(const Change& change) {
  for (const auto& [principal, group] : state_->by_principal) {
    for (const State::Entry& entry : group.entries) {
      if (!entry.wants(change)) continue;
      entry.stream->send({change_message(change, entry.extras->subscription_id), {}, {}});
    }
  }
}

void OpenStreams::end_session(const std::string& principal, const std::string& session_key) {
  state_->end_session(principal, session_key);
}

void OpenStreams::end_expired() { state_->end_expired(); }

void OpenStreams::end_all() {
  state_->end_where([](const State::Entry& entry) { return !entry.is_owed(); });
  if (state_->by_principal.empty()) state_->timer.reset();
}

std::size_t OpenStreams::size() const {
  std::size_t count = 0;
  for (const auto& [principal, group] : state_->by_principal) count += group.entries.size();
  return count;
}

}  // namespace gatehouse::mcp
