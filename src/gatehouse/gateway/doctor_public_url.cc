// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/doctor_public_url.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <optional>

#include "gatehouse/base/json.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/http/url.h"

namespace gatehouse::gateway {
namespace {

using http::TlsFault;

constexpr std::chrono::milliseconds kPatience{10'000};
constexpr std::size_t kAnswerMax = 256 * 1024;
constexpr std::size_t kShownMax = 200;
constexpr std::int64_t kDay = 24 * 3600;
constexpr std::int64_t kRenewalDueMax = 14 * kDay;
constexpr std::string_view kSubject = "public URL";

PublicUrlFinding finding_of(Verdict verdict, std::string text) {
  PublicUrlFinding finding;
  finding.verdict = verdict;
  finding.text = std::move(text);
  return finding;
}

PublicUrlFinding bad(std::string text) { return finding_of(Verdict::bad, std::move(text)); }
PublicUrlFinding note(std::string text) { return finding_of(Verdict::note, std::move(text)); }

std::string date_of(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[32];
  if (seconds == 0 || gmtime_r(&time, &parts) == nullptr) return "an unknown time";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts)};
}

std::string days_of(std::int64_t seconds) {
  const std::int64_t days = seconds / kDay;
  if (days == 0) return "less than a day";
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

std::string host_of(const std::string& public_url) {
  const auto url = http::parse_url(public_url);
  return url ? url->host : public_url;
}

// Of what a server of strangers says, in one line.
std::string shown(std::string_view text) {
  std::string line(text.substr(0, kShownMax));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

PublicUrlFinding judge_trusted(const std::string& public_url, const http::CertificateFinding& found,
                               std::int64_t now) {
  const std::int64_t life = found.valid_until - found.valid_from;
  const std::int64_t left = found.valid_until - now;
  if (found.valid_until == 0 || left >= std::min(kRenewalDueMax, life / 5)) return {};
  return note(public_url + " has a certificate that ends on " + date_of(found.valid_until) +
              ", in " + days_of(left) +
              ", and should have been renewed by now. See why in the log of what renews it (Caddy, "
              "certbot); with AWS Certificate Manager its DNS validation record must still be "
              "there.");
}

PublicUrlFinding judge_unknown_authority(const std::string& public_url,
                                         const http::CertificateFinding& found) {
  return bad(public_url + " has a certificate of an authority that is not trusted here (issuer: " +
             found.issuer + "; " + found.reason +
             "). Have the proxy or load balancer send the whole chain, intermediate certificates "
             "included (`fullchain.pem`). If the authority is your own, add it to " +
             http::CurlClientOptions().ca_file +
             " here and on the machine of every client; clients that run elsewhere, such as "
             "Claude's and ChatGPT's, need a public one.");
}

std::string other_gateway_advice(const std::string& public_url) {
  return "Lead the DNS record of " + host_of(public_url) +
         " and the load balancer's rules to this deployment, or set GATEHOUSE_PUBLIC_URL to the "
         "address that is meant for it.";
}

std::optional<std::string> issuer_in(const http::ClientResponse& response) {
  if (response.status != 200) return std::nullopt;
  const auto document = base::JsonDocument::parse(response.body.reveal());
  if (!document) return std::nullopt;
  const auto issuer = document->root().find_string("issuer");
  if (!issuer) return std::nullopt;
  return std::string(*issuer);
}

PublicUrlFinding judge_redirect(const std::string& public_url, std::string_view location) {
  const bool to_itself = location.starts_with(public_url + "/");
  const std::string beginning =
      public_url + " redirects to " + (location.empty() ? "nowhere" : shown(location)) + ". ";
  if (to_itself) {
    return bad(beginning +
               "It leads to itself: the rule that turns http into https is also applied behind "
               "the place where TLS ends. Keep it on port 80 alone, and have port 443 forward to "
               "Gatehouse.");
  }
  return bad(beginning +
             "Clients do not follow: forward every path to Gatehouse instead, or set "
             "GATEHOUSE_PUBLIC_URL to the address where it is served.");
}

PublicUrlFinding judge_failure(const std::string& public_url, int status) {
  return note(public_url + " is answered with " + std::to_string(status) +
              ". If that is the load balancer, no target of it is healthy: see the log of "
              "`gatehouse serve` and whether the balancer may reach its port. A gateway that is "
              "starting or ending says 503 too, for a while.");
}

}  // namespace

PublicUrlFinding judge_certificate(const std::string& public_url,
                                   const http::CertificateFinding& found, std::int64_t now) {
  switch (found.fault) {
    case TlsFault::none:
      return judge_trusted(public_url, found, now);
    case TlsFault::no_connection:
      return note(public_url + " cannot be reached from here: " + found.reason +
                  ". Unless nothing serves yet: does its DNS record lead to the load balancer or "
                  "proxy, does that listen on the port, and may this machine connect to it?");
    case TlsFault::no_tls:
      return bad(public_url +
                 " is answered without TLS. Put a proxy or load balancer with a "
                 "certificate at this port; Gatehouse itself speaks plain http to it, "
                 "on GATEHOUSE_LISTEN.");
    case TlsFault::no_handshake:
      return bad(public_url + " breaks off the TLS handshake: " + found.reason +
                 ". Has the proxy or load balancer a certificate for " + host_of(public_url) +
                 ", and does it speak TLS 1.2 or later? Its log says more.");
    case TlsFault::expired:
      return bad(public_url + " has a certificate that has expired (" + date_of(found.valid_until) +
                 "). Renew it at the proxy or load balancer, load it there again, and see why "
                 "that did not happen by itself. Is its date to come, one of its chain is old.");
    case TlsFault::not_yet_valid:
      return bad(public_url + " has a certificate that is not valid before " +
                 date_of(found.valid_from) +
                 ". If this machine's clock is right (`clock` above or below), install one that "
                 "is valid now.");
    case TlsFault::other_name:
      return bad(public_url + " has a certificate for " +
                 (found.names.empty() ? "another name" : found.names) + " and not for " +
                 host_of(public_url) +
                 ". Have one issued that names it and give it to the proxy or load balancer; if "
                 "that is somebody else's, lead the DNS record to yours.");
    case TlsFault::unknown_authority:
      return judge_unknown_authority(public_url, found);
    case TlsFault::distrusted:
      return bad(public_url + " has a certificate that is not trusted: " + found.reason +
                 ". Have a new one issued for " + host_of(public_url) +
                 " and give it to the proxy or load balancer.");
  }
  return {};
}

PublicUrlFinding judge_public_answer(const std::string& public_url,
                                     const http::ClientResponse& response) {
  const std::optional<std::string> issuer = issuer_in(response);
  if (issuer == public_url) {
    return finding_of(Verdict::good,
                      public_url + " leads to this gateway, under a certificate that is trusted.");
  }
  if (issuer) {
    return bad(public_url + " leads to another authorization server, which calls itself " +
               shown(*issuer) + ". " + other_gateway_advice(public_url));
  }
  if (response.status == 421) {
    return bad(public_url +
               " leads to a gateway that does not answer to this name (421). If it is yours: the "
               "proxy replaces the Host header, so have it pass on the client's, or its replicas "
               "have another GATEHOUSE_PUBLIC_URL. If not: " +
               other_gateway_advice(public_url));
  }
  if (response.status >= 300 && response.status < 400)
    return judge_redirect(public_url, response.header("location"));
  if (response.status >= 500) return judge_failure(public_url, response.status);
  return bad(public_url + std::string(kPublicUrlProbe) + " is answered with " +
             std::to_string(response.status) +
             " by something else than Gatehouse. Lead the DNS record of " + host_of(public_url) +
             " to your proxy or load balancer, and have that forward every path to Gatehouse.");
}

http::CertificateFinding probe_public_url(const Config& config) {
  if (!config.secure_origin) return {};
  return http::probe_certificate(config.public_url, http::CurlClientOptions().ca_file, kPatience);
}

base::Coroutine<void> examine_public_url(const Config& config,
                                         const http::CertificateFinding& certificate,
                                         const base::Clock& clock, http::Client& client,
                                         DoctorReport& report) {
  if (!config.secure_origin) co_return;
  const std::int64_t now = base::epoch_seconds(clock.now());
  const PublicUrlFinding of_certificate = judge_certificate(config.public_url, certificate, now);
  if (of_certificate.verdict != Verdict::good)
    report.add(of_certificate.verdict, kSubject, of_certificate.text);
  if (certificate.fault != TlsFault::none) co_return;

  http::ClientRequest request;
  request.url = config.public_url + std::string(kPublicUrlProbe);
  request.timeout = kPatience;
  request.body_bytes_max = kAnswerMax;
  auto response = co_await client.send(request);
  if (!response) {
    report.add(Verdict::note, kSubject,
               config.public_url + " shakes hands and does not answer: " + response.error().detail +
                   ". See whether its proxy or load balancer may reach `gatehouse serve`.");
    co_return;
  }
  const PublicUrlFinding answered = judge_public_answer(config.public_url, *response);
  report.add(answered.verdict, kSubject, answered.text);
}

}  // namespace gatehouse::gateway
