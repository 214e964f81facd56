// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/config_documents.h"

#include "gatehouse/gateway/config.h"

namespace gatehouse::gateway {
namespace {

std::string wrapped_comment(std::string_view text) {
  std::string out = "#";
  std::size_t column = 1;
  while (!text.empty()) {
    std::size_t space = text.find(' ');
    std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? std::string_view() : text.substr(space + 1);
    if (column + 1 + word.size() > 100) {
      out += "\n#";
      column = 1;
    }
    out += " ";
    out += word;
    column += 1 + word.size();
  }
  return out + "\n";
}

std::string default_cell(const Setting& setting) {
  if (setting.required) return "required";
  if (setting.default_value.empty()) return "unset";
  return "`" + std::string(setting.default_value) + "`";
}

}  // namespace

std::string configuration_document() {
  std::string out =
      "<!-- Made from src/gatehouse/gateway/config.h by `gatehouse print configuration`. A test "
      "keeps the two equal. -->\n"
      "# Configuration\n\n"
      "Every setting can be given in three ways. Where it is given more than once, the first of "
      "these wins:\n\n"
      "1. a flag of `gatehouse serve` or `gatehouse doctor`, such as `--public-url "
      "https://gatehouse.example.com`;\n"
      "2. an environment variable, such as `GATEHOUSE_PUBLIC_URL`;\n"
      "3. a key in the TOML file named by `--config FILE`, such as `public_url = "
      "\"https://gatehouse.example.com\"`.\n\n"
      "Secrets have no flag, because command lines are visible to everyone on the machine. "
      "Mistakes are reported all at once,\n"
      "before anything listens. `gatehouse doctor` checks the settings against the world: files, "
      "Google, the clock.\n\n";
  for (const Setting& setting : kSettings) {
    out += "## `" + std::string(setting.name) + "`\n\n";
    out += std::string(setting.meaning) + "\n\n";
    out += "| default | flag | TOML key |\n|---|---|---|\n";
    out += "| " + default_cell(setting) + " | " +
           (setting.secret ? "none" : "`" + flag_of(setting) + "`") + " | `" +
           toml_key_of(setting) + "` |\n\n";
  }
  out +=
      "## Proxies\n\n"
      "Calls to Google honour `HTTPS_PROXY` and `NO_PROXY`, as curl does.\n";
  return out;
}

std::string env_example() {
  std::string out =
      "# Settings of Gatehouse; docs/configuration.md explains them. Made by `gatehouse print "
      "env-example`.\n"
      "# Copy to .env, fill in the three required ones, and start with:  set -a; . ./.env; set +a; "
      "gatehouse serve\n";
  for (const Setting& setting : kSettings) {
    out += "\n" + wrapped_comment(setting.meaning);
    std::string_view value = setting.required ? setting.example : setting.default_value;
    out +=
        (setting.required ? "" : "#") + std::string(setting.name) + "=" + std::string(value) + "\n";
  }
  return out;
}

}  // namespace gatehouse::gateway
