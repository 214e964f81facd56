// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/state_files.h"
#include "gatehouse/gateway/upstream_settings.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/identity/google_identity_provider.h"
#include "gatehouse/vault/local_key_provider.h"

namespace gatehouse::gateway {
namespace {

enum class Verdict { good, note, bad };

// Prints one line per finding and remembers whether any was bad.
class Report {
 public:
  void add(Verdict verdict, std::string_view subject, const std::string& text) {
    const char* mark = verdict == Verdict::good   ? "ok  "
                       : verdict == Verdict::note ? "note"
                                                  : "FAIL";
    std::printf("%s  %-12s %s\n", mark, std::string(subject).c_str(), text.c_str());
    failed_ = failed_ || verdict == Verdict::bad;
  }
  int exit_code() const { return failed_ ? 1 : 0; }

 private:
  bool failed_ = false;
};

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Opening would create missing files, and an examination changes nothing.
std::optional<StateFiles> examine_files(const Config& config, const base::Clock& clock,
                                        base::Random& random, Report& report) {
  bool database = config.store == StoreKind::memory || exists(config.store_path);
  if (config.store == StoreKind::memory) {
    report.add(
        Verdict::note, "store",
        "memory: everyone signs in again after a restart. Write sqlite:PATH to keep sessions.");
  }
  if (!database && !exists(config.key_path)) {
    report.add(Verdict::note, "store",
               "neither " + config.store_path + " nor " + config.key_path +
                   " exists yet; `gatehouse serve` makes both.");
    return std::nullopt;
  }
  if (config.store == StoreKind::memory && !exists(config.key_path)) return std::nullopt;
  auto files = open_state_files(config, clock, random);
  if (!files) {
    report.add(Verdict::bad, "store", files.error().detail);
    return std::nullopt;
  }
  report.add(Verdict::good, "key",
             config.key_path + " is readable by this user only and well-formed.");
  if (config.store != StoreKind::memory)
    report.add(Verdict::good, "store", config.store_path + " opens and has the right schema.");
  return std::move(*files);
}

void examine_settings(const Config& config, Report& report) {
  report.add(Verdict::good, "settings", "all settings are well-formed.");
  if (!config.secure_origin) {
    report.add(Verdict::note, "public URL",
               config.public_url + " is plain http, which works on this machine only.");
  }
  for (const std::string& domain : config.allowed_domains) {
    if (domain == "*")
      report.add(Verdict::note, "domains",
                 "* lets every Google account in. Name your domain instead.");
  }
  report.add(Verdict::note, "redirect URI",
             "the Google OAuth client must list exactly " + config.google_redirect_uri());
}

std::optional<std::time_t> date_header(const http::ClientResponse& response) {
  std::tm parts{};
  std::string text(response.header("date"));
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return timegm(&parts);
}

void examine_clock(const http::ClientResponse& response, const base::Clock& clock, Report& report) {
  auto theirs = date_header(response);
  if (!theirs)
    return report.add(Verdict::note, "clock", "Google's answer carries no date to compare with.");
  std::int64_t apart = base::epoch_seconds(clock.now()) - static_cast<std::int64_t>(*theirs);
  std::string seconds = std::to_string(apart < 0 ? -apart : apart) + " s";
  if (apart > 60 || apart < -60) {
    return report.add(
        Verdict::bad, "clock",
        "is " + seconds +
            " away from Google's. Switch on time synchronisation (chrony, systemd-timesyncd): "
            "ID tokens and session ends depend on it.");
  }
  report.add(Verdict::good, "clock", "agrees with Google's to " + seconds + ".");
}

base::Coroutine<void> examine_google(const Config& config, const base::Clock& clock, Report& report,
                                     telemetry::Log& log, http::Client& client) {
  identity::GoogleIdentityProvider provider(google_client_settings(config), client, clock, log);
  auto discovery = co_await provider.check();
  if (!discovery) {
    report.add(Verdict::bad, "Google",
               config.google_issuer + " discovery failed: " + discovery.error().detail +
                   ". Check the network, HTTPS_PROXY and the CA certificates of this machine.");
    co_return;
  }
  report.add(Verdict::good, "Google",
             config.google_issuer + " answers with its OpenID discovery document.");

  http::ClientRequest request;
  request.url = config.google_issuer + "/.well-known/openid-configuration";
  auto response = co_await client.send(request);
  if (response) examine_clock(*response, clock, report);
}

base::Coroutine<void> examine_key(vault::LocalKeyProvider& provider, Report& report) {
  auto checked = co_await provider.check();
  if (checked)
    report.add(Verdict::good, "sealing", "the master key wraps and unwraps.");
  else
    report.add(Verdict::bad, "sealing", checked.error().detail);
}

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

int examine(Config config) {
  Report report;
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  boost::asio::io_context loop(1);
  http::CurlClient client(loop, curl_options());

  examine_settings(config, report);
  auto files = examine_files(config, clock, random, report);
  std::optional<vault::LocalKeyProvider> key;
  if (files) {
    key.emplace(std::move(files->keys.master_keys), random);
    boost::asio::co_spawn(loop.get_executor(), examine_key(*key, report), rethrow);
  }
  boost::asio::co_spawn(loop.get_executor(), examine_google(config, clock, report, log, client),
                        rethrow);
  loop.run();
  return report.exit_code();
}

}  // namespace gatehouse::gateway
