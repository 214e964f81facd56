// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/healthcheck.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <string>

#include "gatehouse/http/health_probe.h"

namespace gatehouse::gateway {
namespace {

constexpr std::chrono::milliseconds kLimit{2'000};
constexpr std::string_view kSetting = "GATEHOUSE_LISTEN";

std::string listen_address(const SettingValues& values) {
  const auto given = values.find(kSetting);
  if (given != values.end()) return given->second;
  const auto* const setting =
      std::find_if(std::begin(kSettings), std::end(kSettings),
                   [](const Setting& each) { return each.name == kSetting; });
  return std::string(setting->default_value);
}

std::string advice_for(const base::Error& error) {
  switch (error.code) {
    case base::Errc::invalid_argument:
      return "Set GATEHOUSE_LISTEN to ADDRESS:PORT, as for `gatehouse serve`";
    case base::Errc::timeout:
      return "The process is there and stuck or overloaded: restart it, and give it more processor "
             "time if that comes again";
    case base::Errc::internal:
      return "Another program holds the port: set GATEHOUSE_LISTEN here as for `gatehouse serve`";
    default:
      return "Start `gatehouse serve`, or set GATEHOUSE_LISTEN here as for it; its log says why it "
             "ended";
  }
}

int complain(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s.\n", text.c_str());
  return 1;
}

}  // namespace

int check_health(const SettingValues& values) {
  const std::string address = listen_address(values);
  const auto status = http::probe_health(address, "/healthz", kLimit);
  if (!status) {
    return complain(address + " is not healthy: " + status.error().detail + ". " +
                    advice_for(status.error()));
  }
  if (*status == 200) return 0;
  if (*status == 503)
    return complain(address + " drains: it ends by itself, and nothing is to be done");
  return complain(address + " answers " + std::to_string(*status) + " to /healthz. " +
                  advice_for({base::Errc::internal, {}}));
}

}  // namespace gatehouse::gateway
