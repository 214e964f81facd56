// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/google/api.h"

namespace gatehouse::google {
namespace {

struct Known {
  std::string_view name;
  std::string_view root;
};

// In the order of Api.
constexpr Known kKnown[kApiCount] = {
    {"gmail", "https://gmail.googleapis.com"},   {"calendar", "https://www.googleapis.com"},
    {"drive", "https://www.googleapis.com"},     {"docs", "https://docs.googleapis.com"},
    {"sheets", "https://sheets.googleapis.com"}, {"slides", "https://slides.googleapis.com"},
    {"people", "https://people.googleapis.com"}, {"tasks", "https://tasks.googleapis.com"},
};

}  // namespace

std::string_view name_of(Api api) { return kKnown[static_cast<std::size_t>(api)].name; }

std::optional<Api> parse_api(std::string_view name) {
  for (std::size_t i = 0; i < kApiCount; ++i) {
    if (kKnown[i].name == name) return static_cast<Api>(i);
  }
  return std::nullopt;
}

std::string_view root_of(Api api) { return kKnown[static_cast<std::size_t>(api)].root; }

}  // namespace gatehouse::google
