// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/workspace/read_audit.h"

#include <algorithm>
#include <cstdint>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/telemetry/traced_log.h"

namespace gatehouse::workspace {

namespace {

using telemetry::Field;
using telemetry::TracedLog;

constexpr std::size_t kUserShown = 12;
constexpr std::size_t kHashShown = 10;
constexpr std::size_t kThingsPerLine = 20;
static_assert(kThingsPerLine * (kHashShown + 1) <= 256, "a field of the log holds 256 bytes");

}  // namespace

void ReadAudit::show(std::string_view id) {
  const crypto::Sha256 digest = crypto::sha256(id);
  shown_.push_back(base::hex_encode(crypto::view(digest)).substr(0, kHashShown));
}

void ReadAudit::write(telemetry::Log& log, const Account& account,
                      const mcp::ToolResult& result) const {
  write(log, account, result.is_error ? failure_code(result) : "answered");
}

void ReadAudit::write(telemetry::Log& log, const Account& account, std::string_view outcome) const {
  std::size_t next = 0;
  do {
    std::string things;
    const std::size_t end = std::min(next + kThingsPerLine, shown_.size());
    const auto count = static_cast<std::int64_t>(end - next);
    for (; next < end; ++next) things += (things.empty() ? "" : " ") + shown_[next];
    TracedLog(log, account.trace)
        .audit("read", {{Field::reason, outcome},
                        {Field::tool, tool_},
                        {Field::user, user_of(account)},
                        {Field::client, client_of(account)},
                        {Field::object, things},
                        {Field::count, count}});
  } while (next < shown_.size());
}

std::string failure_code(const mcp::ToolResult& result) {
  const auto document = base::JsonDocument::parse(result.structured);
  if (!document) return "failed";
  return std::string(document->root().find_string("code").value_or("failed"));
}

std::string_view client_of(const Account& account) {
  // The principal is the user, a separator, and the client.
  const std::string_view principal = account.principal;
  return principal.substr(std::min(principal.size(), account.tokens().user_key().size() + 1));
}

std::string_view user_of(const Account& account) {
  return std::string_view(account.tokens().user_key()).substr(0, kUserShown);
}

}  // namespace gatehouse::workspace
