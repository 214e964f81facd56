// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/http/client.h"
#include "gatehouse/http/curl_client.h"

// What libcurl is given of a request, once it is found harmless: libcurl has parsers of its own,
// which must not read anything else out of the same text. Private to this module.
namespace gatehouse::http {

// The request header lines as libcurl wants them. Its list nodes point into one buffer that is
// wiped on release, so the bearer is not scattered over small allocations.
class CurlHeaders {
 public:
  void add(std::string_view name, std::string_view separator, std::string_view value);
  std::size_t size() const { return text_.size(); }
  // Good until the next change; `this` must stay where it is.
  curl_slist* list();

 private:
  base::Secret text_;
  std::vector<std::size_t> starts_;
  std::vector<curl_slist> nodes_;
};

// Errc::invalid_argument for characters that HTTP forbids, headers that the client sets itself, and
// over 64 KB.
base::Result<CurlHeaders> curl_headers_of(const ClientRequest& request);

struct CurlTarget {
  std::string host;  // for messages and connection limits
  std::string origin;
  bool plain = false;
  bool loopback = false;
};

// Errc::invalid_argument for URLs over 16 KB, of other schemes, with userinfo or a fragment, and
// for what the options do not allow.
base::Result<CurlTarget> curl_target_of(const std::string& text, const CurlClientOptions& options);

// Errc::invalid_argument for a method of no name and for GET and HEAD with a body.
base::Result<void> check_curl_method(const ClientRequest& request);

}  // namespace gatehouse::http
