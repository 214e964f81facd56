// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/config_sources.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace gatehouse::gateway {
namespace {

const Setting* setting_with_key(std::string_view key) {
  auto found = std::find_if(std::begin(kSettings), std::end(kSettings),
                            [&](const Setting& s) { return toml_key_of(s) == key; });
  return found == std::end(kSettings) ? nullptr : found;
}

std::optional<std::string> text_of(const toml::node& node) {
  if (auto text = node.value_exact<std::string>()) return *text;
  const toml::array* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  std::string joined;
  for (const toml::node& item : *list) {
    auto text = item.value_exact<std::string>();
    if (!text) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + *text;
  }
  return joined;
}

}  // namespace

SettingValues take_settings_from_environment() {
  SettingValues values;
  for (const Setting& setting : kSettings) {
    std::string name(setting.name);
    char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    values[name] = value;
    // The variable stays readable in /proc for whoever may read our memory; an emptied one tells
    // nothing.
    if (setting.secret) base::wipe_memory(value, std::strlen(value));
  }
  return values;
}

base::Result<SettingValues, std::vector<ConfigProblem>> settings_from_file(
    const std::string& path) {
  SettingValues values;
  std::vector<ConfigProblem> problems;
  try {
    toml::table table = toml::parse_file(path);
    for (const auto& [key, node] : table) {
      const Setting* setting = setting_with_key(key.str());
      auto text = text_of(node);
      if (setting == nullptr) {
        problems.push_back({path, "line " + std::to_string(node.source().begin.line) +
                                      ": unknown setting \"" + std::string(key.str()) +
                                      "\". docs/configuration.md lists them all."});
      } else if (!text) {
        problems.push_back({path, "line " + std::to_string(node.source().begin.line) + ": \"" +
                                      std::string(key.str()) +
                                      "\" must be a string in quotes or a list of such strings."});
      } else {
        values[std::string(setting->name)] = *text;
      }
    }
  } catch (const toml::parse_error& error) {
    auto line = error.source().begin.line;
    problems.push_back({path, (line > 0 ? "line " + std::to_string(line) + ": " : std::string()) +
                                  std::string(error.description()) +
                                  ". The file must be readable TOML."});
  }
  if (!problems.empty()) return problems;
  return values;
}

SettingValues merge(SettingValues low, const SettingValues& high) {
  for (const auto& [name, value] : high) low[name] = value;
  return low;
}

}  // namespace gatehouse::gateway
