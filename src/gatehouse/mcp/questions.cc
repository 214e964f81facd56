// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/mcp/questions.h"

#include <chrono>
#include <optional>
#include <utility>

namespace gatehouse::mcp {
namespace {

constexpr std::string_view kPurpose = "mcp-question";
constexpr std::size_t kKeyBytes = 12;
constexpr std::size_t kIdBytesMax = 1024;
constexpr std::chrono::hours kLifetime(1);  // longer than anybody waits

}  // namespace

Questions::Questions(StateSealer& sealer, base::Random& random, const StreamRelay& relay)
    : sealer_(sealer), random_(random), relay_(relay) {}

std::string Questions::ask(const std::string& principal, const std::string& session_key,
                           OnReply on_reply) {
  const std::string& own = relay_.own_address();
  std::string id =
      own.empty() ? random_.token(kKeyBytes) : sealer_.seal(kPurpose, principal, own, kLifetime);
  asked_.insert_or_assign(id, Asked{principal, session_key, std::move(on_reply)});
  return id;
}

bool Questions::withdraw(const std::string& id) { return asked_.erase(id) > 0; }

bool Questions::answer(const std::string& principal, const std::string& session_key,
                       const Message& response,
                       std::shared_ptr<const base::JsonDocument> document) {
  const auto id = response.id.as_string();
  if (!id) return false;
  const auto found = asked_.find(std::string(*id));
  const bool theirs = found != asked_.end() && found->second.principal == principal &&
                      found->second.session_key == session_key;
  if (!theirs) return false;
  const OnReply on_reply = std::move(found->second.on_reply);
  asked_.erase(found);
  on_reply({std::move(document), response.result});
  return true;
}

std::string Questions::asker(const std::string& principal, const Message& response) {
  const std::string_view id = response.id.as_string().value_or("");
  if (relay_.own_address().empty() || id.empty() || id.size() > kIdBytesMax) return {};
  const base::Result<std::string> address = sealer_.open(kPurpose, principal, id);
  return address && *address != relay_.own_address() ? *address : std::string();
}

}  // namespace gatehouse::mcp
