// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/base/child_process.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/extract/pdf_text.h"
#include "gatehouse/gateway/doctor_backends.h"
#include "gatehouse/gateway/doctor_client.h"
#include "gatehouse/gateway/doctor_issuers.h"
#include "gatehouse/gateway/doctor_public_url.h"
#include "gatehouse/gateway/doctor_report.h"
#include "gatehouse/gateway/security_event_route.h"
#include "gatehouse/gateway/upstream_settings.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/identity/google_identity_provider.h"

namespace gatehouse::gateway {
namespace {

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// Whether the files of this machine can be opened. Opening would create missing ones, and an
// examination changes nothing.
bool examine_files(const Config& config, DoctorReport& report) {
  const bool lasting = config.store == StoreKind::sqlite;
  const bool has_key_file = config.key == KeyKind::file;
  if (config.store == StoreKind::memory) {
    report.add(
        Verdict::note, "store",
        "memory: everyone signs in again after a restart. Write sqlite:PATH to keep sessions.");
  }
  const bool no_database = lasting && !exists(config.store_path);
  const bool no_key = has_key_file && !exists(config.key_path);
  if (lasting && has_key_file && no_database && no_key) {
    report.add(Verdict::note, "store",
               "neither " + config.store_path + " nor " + config.key_path +
                   " exists yet; `gatehouse serve` makes both.");
    return false;
  }
  if (lasting && !has_key_file && no_database) {
    report.add(Verdict::note, "store",
               config.store_path + " does not exist yet; `gatehouse serve` makes it.");
    return false;
  }
  return lasting || !no_key;
}

// Nothing when the backends are not there yet or do not open.
std::unique_ptr<Backends> open_backends(boost::asio::io_context& loop, const Config& config,
                                        const base::Clock& clock, base::Random& random,
                                        telemetry::Log& log, DoctorReport& report) {
  if (!examine_files(config, report)) return nullptr;
  auto backends = Backends::open(loop, config, clock, random, log);
  if (!backends) {
    report.add(Verdict::bad, "store", backends.error().detail);
    return nullptr;
  }
  if (config.key == KeyKind::file) {
    report.add(Verdict::good, "key",
               config.key_path + " is readable by this user only and well-formed.");
  }
  if (config.store == StoreKind::sqlite)
    report.add(Verdict::good, "store", config.store_path + " opens and has the right schema.");
  return std::move(*backends);
}

// What `hd` of Google's ID tokens is compared with.
void examine_domains(const std::vector<std::string>& domains, DoctorReport& report) {
  std::string names;
  for (const std::string& domain : domains) {
    if (domain == "*") {
      return report.add(Verdict::note, "domains",
                        "* lets every Google account in. Name your domain instead.");
    }
    if (domain == "gmail.com" || domain == "googlemail.com") {
      report.add(Verdict::bad, "domains",
                 "ALLOWED_DOMAINS names " + domain +
                     ", whose accounts belong to no organisation, so that nobody signs in by it. "
                     "Name the domain of your Google Workspace.");
      continue;
    }
    if (!names.empty()) names += ", ";
    names += domain;
  }
  if (names.empty()) return;
  report.add(Verdict::good, "domains",
             "accounts of " + names +
                 " may sign in; Google says whose an account is, and the address counts for "
                 "nothing. Who is refused with `wrong domain` in the log belongs to another, "
                 "often the organisation's primary domain: add it to ALLOWED_DOMAINS.");
}

void examine_settings(const Config& config, DoctorReport& report) {
  report.add(Verdict::good, "settings", "all settings are well-formed.");
  if (!config.secure_origin) {
    report.add(Verdict::note, "public URL",
               config.public_url + " is plain http, which works on this machine only.");
  }
  examine_domains(config.allowed_domains, report);
  if (config.secure_origin) {
    report.add(Verdict::note, "security events",
               "Google sends them once " + config.public_url + kSecurityEventPath +
                   " is registered there; docs/security-events.md says how.");
  }
}

void examine_programs(DoctorReport& report) {
  const std::string program(extract::kPdfProgram);
  const auto found = base::find_program(program);
  if (found) return report.add(Verdict::good, "PDF", *found + " reads PDF attachments.");
  report.add(Verdict::note, "PDF",
             program + " is not there, so that PDF attachments are not read; to change that, " +
                 std::string(extract::kPdfRemedy) + ".");
}

std::optional<std::time_t> date_header(const http::ClientResponse& response) {
  std::tm parts{};
  std::string text(response.header("date"));
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return timegm(&parts);
}

void examine_clock(const http::ClientResponse& response, const base::Clock& clock,
                   DoctorReport& report) {
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

base::Coroutine<void> examine_google(const Config& config, const base::Clock& clock,
                                     DoctorReport& report, telemetry::Log& log,
                                     http::Client& client) {
  identity::GoogleIdentityProvider provider(google_client_settings(config), client, clock, log);
  auto discovery = co_await provider.check();
  if (!discovery) {
    report.add(Verdict::bad, "Google",
               config.google_issuer + " discovery failed: " + discovery.error().detail +
                   ". Check the network, HTTPS_PROXY and the CA certificates of this machine.");
    report.add(Verdict::note, "redirect URI",
               "the Google OAuth client must list exactly " + config.google_redirect_uri());
    co_return;
  }
  report.add(Verdict::good, "Google",
             config.google_issuer + " answers with its OpenID discovery document.");

  http::ClientRequest request;
  request.url = config.google_issuer + "/.well-known/openid-configuration";
  auto response = co_await client.send(request);
  if (response) examine_clock(*response, clock, report);
  co_await examine_client(config, provider, client, report);
}

void rethrow(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

}  // namespace

int examine(Config config) {
  DoctorReport report;
  base::SystemClock clock;
  base::SystemRandom random;
  telemetry::MemoryLog log;
  boost::asio::io_context loop(1);
  http::CurlClient client(loop, curl_options());
  http::CurlClient issuers_client(loop, issuer_curl_options());
  http::CurlClient documents_client(loop, document_curl_options());

  examine_settings(config, report);
  examine_programs(report);
  const std::unique_ptr<Backends> backends =
      open_backends(loop, config, clock, random, log, report);
  if (backends) {
    boost::asio::co_spawn(loop.get_executor(),
                          examine_backends(config, *backends, clock, random, report), rethrow);
  }
  boost::asio::co_spawn(loop.get_executor(), examine_google(config, clock, report, log, client),
                        rethrow);
  const http::CertificateFinding certificate = probe_public_url(config);
  boost::asio::co_spawn(loop.get_executor(),
                        examine_public_url(config, certificate, clock, client, report), rethrow);
  boost::asio::co_spawn(
      loop.get_executor(),
      examine_issuers(config, issuers_client, documents_client, clock, log, report), rethrow);
  loop.run();
  return report.exit_code();
}

}  // namespace gatehouse::gateway
