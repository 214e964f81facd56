// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_certificate_probe.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <optional>
#include <string_view>

#include "gatehouse/http/url.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t kTextMax = 200;

// What CURLINFO_SSL_VERIFYRESULT tells: OpenSSL's X509_V_ERR_*, of which these are stable.
enum VerifyResult : long {
  kNoIssuer = 2,
  kNotYetValid = 9,
  kExpired = 10,
  kSelfSigned = 18,
  kSelfSignedInChain = 19,
  kNoIssuerHere = 20,
  kNoIssuerSent = 21,
};

enum class Judging { as_clients, not_at_all };

struct EasyEnd {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyEnd>;

bool may_go_by_proxy(const std::string& url) {
  const auto parsed = parse_url(url);
  return parsed && !is_loopback_host(parsed->host);
}

Easy prepared(const std::string& url, const std::string& ca_file, std::chrono::milliseconds limit,
              Judging judging) {
  Easy easy(curl_easy_init());
  if (!easy) return easy;
  const bool judges = judging == Judging::as_clients;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_CERTINFO, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
  curl_easy_setopt(easy.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYPEER, judges ? 1L : 0L);
  curl_easy_setopt(easy.get(), CURLOPT_SSL_VERIFYHOST, judges ? 2L : 0L);
  curl_easy_setopt(easy.get(), CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  curl_easy_setopt(easy.get(), CURLOPT_CAINFO, ca_file.c_str());
  if (!may_go_by_proxy(url)) curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  return easy;
}

TlsFault fault_of_certificate(long verify_result) {
  switch (verify_result) {
    case kNotYetValid:
      return TlsFault::not_yet_valid;
    case kExpired:
      return TlsFault::expired;
    case kNoIssuer:
    case kSelfSigned:
    case kSelfSignedInChain:
    case kNoIssuerHere:
    case kNoIssuerSent:
      return TlsFault::unknown_authority;
    case 0:
    case 1:
      // The chain was not what is wrong, so it is the name.
      return TlsFault::other_name;
    default:
      return TlsFault::distrusted;
  }
}

TlsFault fault_of(CURL* easy, CURLcode code, std::string_view reason) {
  long verify_result = 0;
  switch (code) {
    case CURLE_OK:
      return TlsFault::none;
    case CURLE_PEER_FAILED_VERIFICATION:
      curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verify_result);
      return fault_of_certificate(verify_result);
    case CURLE_SSL_CONNECT_ERROR:
      // What OpenSSL makes of an answer that is no record of TLS.
      return reason.find("wrong version number") != std::string_view::npos ? TlsFault::no_tls
                                                                           : TlsFault::no_handshake;
    default:
      return TlsFault::no_connection;
  }
}

std::string printable(std::string_view text) {
  std::string shown(text.substr(0, kTextMax));
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  if (text.size() > kTextMax) shown += "...";
  return shown;
}

// "DNS:a.example, IP Address:10.0.0.1" as "a.example, 10.0.0.1".
std::string without_kinds(std::string text) {
  for (const std::string_view kind : {"DNS:", "IP Address:"}) {
    for (std::size_t at = 0; (at = text.find(kind, at)) != std::string::npos;)
      text.erase(at, kind.size());
  }
  return text;
}

std::int64_t seconds_of(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  if (strptime(copy.c_str(), "%b %d %H:%M:%S %Y GMT", &parts) == nullptr) return 0;
  return timegm(&parts);
}

// Of lines such as "Expire date:Nov 28 11:43:24 2026 GMT".
std::optional<std::string_view> value_in(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") return std::nullopt;
  return line.substr(name.size() + 1);
}

void read_facts(CURL* easy, CertificateFinding& finding) {
  const curl_certinfo* chain = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK) return;
  if (chain == nullptr || chain->num_of_certs < 1) return;
  for (const curl_slist* line = chain->certinfo[0]; line != nullptr; line = line->next) {
    const std::string_view text(line->data);
    if (const auto names = value_in(text, "X509v3 Subject Alternative Name"))
      finding.names = printable(without_kinds(std::string(*names)));
    if (const auto issuer = value_in(text, "Issuer")) finding.issuer = printable(*issuer);
    if (const auto from = value_in(text, "Start date")) finding.valid_from = seconds_of(*from);
    if (const auto until = value_in(text, "Expire date")) finding.valid_until = seconds_of(*until);
  }
}

bool has_certificate_to_show(TlsFault fault) {
  switch (fault) {
    case TlsFault::none:
    case TlsFault::no_connection:
    case TlsFault::no_tls:
    case TlsFault::no_handshake:
      return false;
    case TlsFault::expired:
    case TlsFault::not_yet_valid:
    case TlsFault::other_name:
    case TlsFault::unknown_authority:
    case TlsFault::distrusted:
      return true;
  }
  return false;
}

}  // namespace

CertificateFinding probe_certificate(const std::string& url, const std::string& ca_file,
                                     std::chrono::milliseconds limit) {
  CertificateFinding finding;
  std::array<char, CURL_ERROR_SIZE> message{};
  const Easy judged = prepared(url, ca_file, limit, Judging::as_clients);
  if (!judged) {
    finding.fault = TlsFault::no_connection;
    finding.reason = "libcurl gave no handle";
    return finding;
  }
  curl_easy_setopt(judged.get(), CURLOPT_ERRORBUFFER, message.data());
  const CURLcode code = curl_easy_perform(judged.get());
  if (code == CURLE_OK) {
    read_facts(judged.get(), finding);
    return finding;
  }
  finding.reason = printable(message[0] != '\0' ? message.data() : curl_easy_strerror(code));
  finding.fault = fault_of(judged.get(), code, finding.reason);
  if (!has_certificate_to_show(finding.fault)) return finding;
  const Easy looking = prepared(url, ca_file, limit, Judging::not_at_all);
  if (looking && curl_easy_perform(looking.get()) == CURLE_OK) read_facts(looking.get(), finding);
  return finding;
}

}  // namespace gatehouse::http
