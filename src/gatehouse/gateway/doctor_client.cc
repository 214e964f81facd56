// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_client.h"

#include <chrono>
#include <string>
#include <string_view>

#include "gatehouse/base/encoding.h"

namespace gatehouse::gateway {
namespace {

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kAnswerMax = 2 * 1024 * 1024;
constexpr std::string_view kCredentialsPage = "https://console.cloud.google.com/apis/credentials";

http::ClientRequest probe_of(std::string url) {
  http::ClientRequest request;
  request.url = std::move(url);
  request.timeout = kPatience;
  request.body_bytes_max = kAnswerMax;
  return request;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What Google says instead of letting the person sign in: on a page, or in the address of one,
// where it is packed into a parameter.
std::string complaint_in(const http::ClientResponse& response) {
  if (response.status >= 400) return std::string(response.body.reveal());
  const std::string_view location = response.header("location");
  constexpr std::string_view kName = "authError=";
  const std::size_t at = location.find(kName);
  if (at == std::string_view::npos) {
    return contains(location, "/oauth/error") ? std::string(location) : std::string();
  }
  std::string_view packed = location.substr(at + kName.size());
  packed = packed.substr(0, packed.find('&'));
  const auto plain = base::percent_decode(packed);
  const auto bytes = base::base64_decode_lenient(plain.value_or(""));
  return bytes && !bytes->empty() ? *bytes : std::string(location);
}

void judge_redirect_uri(const Config& config, const http::ClientResponse& response,
                        DoctorReport& report) {
  const std::string uri = config.google_redirect_uri();
  const std::string complaint = complaint_in(response);
  if (complaint.empty()) {
    return report.add(Verdict::good, "redirect URI",
                      "Google lets the OAuth client come back to " + uri + ".");
  }
  if (contains(complaint, "redirect_uri_mismatch")) {
    return report.add(Verdict::bad, "redirect URI",
                      "the OAuth client does not list " + uri + ". Add it, letter by letter, at " +
                          std::string(kCredentialsPage) +
                          ". A client that has no such list there is not of the type Web "
                          "application: make one that is.");
  }
  if (contains(complaint, "invalid_client") || contains(complaint, "deleted_client")) {
    return report.add(Verdict::bad, "client",
                      "Google does not know GOOGLE_CLIENT_ID. Copy it from " +
                          std::string(kCredentialsPage) + ".");
  }
  if (contains(complaint, "disabled_client")) {
    return report.add(Verdict::bad, "client",
                      "Google has disabled the OAuth client. Enable it, or make another, at " +
                          std::string(kCredentialsPage) + ".");
  }
  report.add(Verdict::note, "redirect URI",
             "Google refused to begin a sign-in for a reason that is not known here. Open " +
                 config.public_url +
                 "/login in a browser: it shows it. The OAuth client must list "
                 "exactly " +
                 uri + ".");
}

void judge_secret(const identity::RefusalError& refusal, DoctorReport& report) {
  switch (refusal.code) {
    case identity::Refusal::provider_refused:
    case identity::Refusal::refresh_revoked:
      return report.add(Verdict::good, "client", "Google takes the OAuth client's id and secret.");
    case identity::Refusal::client_misconfigured:
      return report.add(Verdict::bad, "client",
                        "Google refuses GOOGLE_CLIENT_ID with GOOGLE_CLIENT_SECRET (" +
                            refusal.detail + "). Copy both from " + std::string(kCredentialsPage) +
                            "; a secret that was replaced there has ended, and the client must "
                            "be of the type Web application.");
    default:
      return report.add(Verdict::note, "client",
                        "whether Google takes its secret could not be found out: " +
                            refusal.detail + ". Run doctor again in a minute.");
  }
}

}  // namespace

base::Coroutine<void> examine_client(const Config& config, identity::IdentityProvider& provider,
                                     http::Client& client, DoctorReport& report) {
  const telemetry::RequestTrace& nobodys = telemetry::RequestTrace::none();
  identity::AuthorizationUrl beginning;
  beginning.state = "doctor";
  beginning.nonce = "doctor";
  beginning.code_challenge = std::string(43, 'A');
  auto url = co_await provider.authorization_url(beginning, nobodys);
  if (url) {
    const http::ClientRequest request = probe_of(*url);
    auto response = co_await client.send(request);
    if (response) {
      judge_redirect_uri(config, *response, report);
    } else {
      report.add(Verdict::note, "redirect URI",
                 "whether Google takes it could not be found out: " + response.error().detail +
                     ". The OAuth client must list exactly " + config.google_redirect_uri() + ".");
    }
  }
  const base::Secret code = base::Secret::copy_of("a-code-that-was-never-given");
  const base::Secret verifier = base::Secret::copy_of(std::string(43, 'A'));
  auto redeemed = co_await provider.sign_in(code, verifier, "doctor", nobodys);
  if (!redeemed) judge_secret(redeemed.error(), report);
}

}  // namespace gatehouse::gateway
