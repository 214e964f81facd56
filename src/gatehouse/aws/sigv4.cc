// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/sigv4.h"

#include <algorithm>
#include <utility>

#include "gatehouse/aws/time_text.h"
#include "gatehouse/base/encoding.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/crypto/digest.h"

namespace gatehouse::aws {
namespace {

using base::Secret;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// A header in canonical form. The security token is one of them, hence no std::string.
struct SignedHeader {
  std::string name;
  Secret value;
};

// Without surrounding white space; runs of it inside become one space.
Secret canonical_value(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  Secret value;
  value.reserve(text.size());
  while (true) {
    const std::size_t start = text.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return value;
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(kSpace), text.size());
    if (!value.empty()) value.append(" ");
    value.append(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::vector<SignedHeader> signed_headers(const SigningRequest& request,
                                         const Credentials& credentials, std::string_view date) {
  std::vector<SignedHeader> headers;
  const auto add = [&headers](std::string_view name, std::string_view value) {
    headers.push_back({base::to_lower_ascii(name), canonical_value(value)});
  };
  for (const http::Header& header : request.headers) add(header.name, header.value);
  add("host", request.host);
  add("x-amz-date", date);
  if (!credentials.session_token.empty()) {
    add("x-amz-security-token", credentials.session_token.reveal());
  }
  // Repeated headers keep their order.
  std::stable_sort(headers.begin(), headers.end(),
                   [](const auto& a, const auto& b) { return a.name < b.name; });
  return headers;
}

std::string names_of(const std::vector<SignedHeader>& headers) {
  std::string names;
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && headers[i].name == headers[i - 1].name) continue;
    if (!names.empty()) names += ';';
    names += headers[i].name;
  }
  return names;
}

// Dot segments and empty ones removed, then encoded once more: every service but S3 signs the path
// encoded twice.
std::string canonical_path(std::string_view path) {
  std::vector<std::string_view> segments;
  std::string_view left = path;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('/'), left.size());
    const std::string_view segment = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (segment == ".." && !segments.empty()) segments.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") segments.push_back(segment);
  }
  std::string canonical;
  for (const std::string_view segment : segments) canonical += "/" + base::percent_encode(segment);
  if (segments.empty() || path.ends_with('/')) canonical += '/';
  return canonical;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    pairs.emplace_back(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string canonical;
  for (const auto& [name, value] : pairs) {
    if (!canonical.empty()) canonical += '&';
    canonical += name;
    canonical += '=';
    canonical += value;
  }
  return canonical;
}

Secret canonical(const SigningRequest& request, const std::vector<SignedHeader>& headers) {
  Secret text;
  for (const std::string& line : {std::string(request.method), canonical_path(request.path),
                                  canonical_query(request.query)}) {
    text.append(line);
    text.append("\n");
  }
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const bool repeated = i > 0 && headers[i].name == headers[i - 1].name;
    if (i > 0 && !repeated) text.append("\n");
    text.append(repeated ? "," : headers[i].name + ":");
    text.append(headers[i].value.reveal());
  }
  text.append("\n\n" + names_of(headers) + "\n");
  text.append(base::hex_encode(crypto::view(crypto::sha256(request.body))));
  return text;
}

// One step of the key derivation; the digest does not stay behind.
Secret derived(const Secret& key, std::string_view text) {
  crypto::Sha256 mac = crypto::hmac_sha256(key.reveal(), {text});
  Secret next = Secret::copy_of(crypto::view(mac));
  base::wipe_memory(mac.data(), mac.size());
  return next;
}

Secret signing_key(const Credentials& credentials, const SigningScope& scope,
                   std::string_view day) {
  Secret key = Secret::copy_of("AWS4");
  key.append(credentials.secret_access_key.reveal());
  for (const std::string_view part :
       {day, std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request")}) {
    key = derived(key, part);
  }
  return key;
}

}  // namespace

std::string canonical_request(const SigningRequest& request, const Credentials& credentials,
                              base::SystemTime at) {
  const std::string date = amz_date(at);
  const Secret text = canonical(request, signed_headers(request, credentials, date));
  return std::string(text.reveal());
}

std::vector<http::Header> sign(const SigningRequest& request, const SigningScope& scope,
                               const Credentials& credentials, base::SystemTime at) {
  const std::string date = amz_date(at);
  const std::string day = date.substr(0, 8);
  const std::string scope_text = day + "/" + scope.region + "/" + scope.service + "/aws4_request";
  const std::vector<SignedHeader> headers = signed_headers(request, credentials, date);
  const Secret text = canonical(request, headers);
  const std::string to_sign = std::string(kAlgorithm) + "\n" + date + "\n" + scope_text + "\n" +
                              base::hex_encode(crypto::view(crypto::sha256(text.reveal())));
  const Secret key = signing_key(credentials, scope, day);
  const std::string signature =
      base::hex_encode(crypto::view(crypto::hmac_sha256(key.reveal(), {to_sign})));

  std::vector<http::Header> added;
  added.push_back({"X-Amz-Date", date});
  if (!credentials.session_token.empty()) {
    added.push_back({"X-Amz-Security-Token", std::string(credentials.session_token.reveal())});
  }
  added.push_back({"Authorization", std::string(kAlgorithm) +
                                        " Credential=" + credentials.access_key_id + "/" +
                                        scope_text + ", SignedHeaders=" + names_of(headers) +
                                        ", Signature=" + signature});
  return added;
}

}  // namespace gatehouse::aws
