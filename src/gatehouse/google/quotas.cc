// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/quotas.h"

#include <algorithm>
#include <optional>

#include "gatehouse/base/json.h"

namespace gatehouse::google {
namespace {

constexpr std::int64_t kUnitsMax = 1'000'000'000;
constexpr std::size_t kPricesMax = 500;
constexpr std::size_t kMethodBytesMax = 100;
constexpr std::string_view kPerUser = "units_per_user_and_minute";
constexpr std::string_view kPerProject = "units_per_project_and_minute";

base::Error wrong(std::string detail) {
  return base::Error{base::Errc::invalid_argument, std::move(detail)};
}

base::Result<int> take_units(std::string_view name, const base::JsonValue& value) {
  const std::optional<std::int64_t> units = value.as_integer();
  if (!units || *units < 1 || *units > kUnitsMax)
    return wrong(std::string(name) + " must be a whole number from 1 to 1000000000");
  return static_cast<int>(*units);
}

base::Result<void> take_quota(std::string_view api, const base::JsonValue& value, ApiQuota& quota) {
  if (!value.is_object()) {
    return wrong("\"" + std::string(api) + "\" must be an object with " + std::string(kPerUser) +
                 " and " + std::string(kPerProject));
  }
  for (const auto& [name, number] : value.members()) {
    if (name != kPerUser && name != kPerProject) {
      return wrong("\"" + std::string(api) + "\" has " + std::string(kPerUser) + " and " +
                   std::string(kPerProject) + ", and no \"" + std::string(name.substr(0, 60)) +
                   "\"");
    }
    const auto units = take_units(name, number);
    if (!units) return units.error();
    (name == kPerUser ? quota.per_user : quota.per_project) = *units;
  }
  return {};
}

// "gmail.users.messages.get"
bool is_method_id(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || name.size() > kMethodBytesMax) return false;
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.';
  });
  return is_plain && parse_api(name.substr(0, dot)).has_value();
}

std::string member(std::string_view name, int value, bool is_last) {
  return "    \"" + std::string(name) + "\": " + std::to_string(value) + (is_last ? "\n" : ",\n");
}

}  // namespace

Quotas::Quotas()
    : apis_{{{6'000, 1'200'000},    // gmail
             {600, 10'000},         // calendar, requests
             {325'000, 1'000'000},  // drive
             {300, 3'000},          // docs, reads
             {60, 300},             // sheets, reads
             {600, 3'000},          // slides, reads
             {600, 10'000},         // people: not published, as the calendar's
             {600, 10'000}}},       // tasks: likewise
      prices_{{"gmail.users.drafts.create", 10},
              {"gmail.users.drafts.delete", 10},
              {"gmail.users.drafts.get", 20},
              {"gmail.users.drafts.list", 5},
              {"gmail.users.drafts.send", 100},
              {"gmail.users.drafts.update", 15},
              {"gmail.users.getProfile", 1},
              {"gmail.users.history.list", 2},
              {"gmail.users.labels.get", 1},
              {"gmail.users.labels.list", 1},
              {"gmail.users.messages.attachments.get", 20},
              {"gmail.users.messages.batchModify", 50},
              {"gmail.users.messages.get", 20},
              {"gmail.users.messages.list", 5},
              {"gmail.users.messages.modify", 5},
              {"gmail.users.messages.send", 100},
              {"gmail.users.settings.sendAs.list", 1},
              {"gmail.users.threads.get", 40},
              {"gmail.users.threads.list", 5}} {}

int Quotas::price_of(std::string_view method_id) const {
  const auto found = prices_.find(method_id);
  return found == prices_.end() ? 1 : found->second;
}

base::Result<void> Quotas::take(std::string_view json) {
  if (json.size() > kQuotasBytesMax) return wrong("it is larger than 64 KB");
  base::JsonLimits limits;
  limits.depth_max = 4;
  const auto document = base::JsonDocument::parse(json, limits);
  if (!document) return wrong("it is no JSON: " + document.error().detail);
  if (!document->root().is_object()) return wrong("it must be a JSON object");
  for (const auto& [name, value] : document->root().members()) {
    if (const auto api = parse_api(name)) {
      const auto taken = take_quota(name, value, apis_[static_cast<std::size_t>(*api)]);
      if (!taken) return taken.error();
      continue;
    }
    if (name != "prices" || !value.is_object()) {
      return wrong("\"" + std::string(name.substr(0, 60)) +
                   "\" is not known. Write names of APIs, such as \"gmail\", and \"prices\", an "
                   "object");
    }
    for (const auto& [method, price] : value.members()) {
      if (!is_method_id(method)) {
        return wrong("\"" + std::string(method.substr(0, 60)) +
                     "\" is no method of Google's. Write its id, such as "
                     "gmail.users.messages.get");
      }
      const auto units = take_units(method, price);
      if (!units) return units.error();
      prices_[std::string(method)] = *units;
    }
  }
  if (prices_.size() > kPricesMax) return wrong("\"prices\" has more than 500 methods");
  return {};
}

std::string Quotas::text() const {
  std::string out = "{\n";
  for (std::size_t i = 0; i < kApiCount; ++i) {
    out += "  \"" + std::string(name_of(static_cast<Api>(i))) + "\": {\n";
    out += member(kPerUser, apis_[i].per_user, false);
    out += member(kPerProject, apis_[i].per_project, true) + "  },\n";
  }
  out += "  \"prices\": {\n";
  std::size_t left = prices_.size();
  for (const auto& [method, price] : prices_) out += member(method, price, --left == 0);
  return out + "  }\n}\n";
}

}  // namespace gatehouse::google
