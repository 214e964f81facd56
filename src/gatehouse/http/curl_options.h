// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <cassert>

namespace gatehouse::http {

// libcurl takes its options through C varargs; a refused option is a mistake of ours.
template <class T>
void set_curl(CURL* easy, CURLoption option, T value) {
  const CURLcode outcome = curl_easy_setopt(easy, option, value);
  assert(outcome == CURLE_OK);
}

template <class T>
void set_curl(CURLM* multi, CURLMoption option, T value) {
  const CURLMcode outcome = curl_multi_setopt(multi, option, value);
  assert(outcome == CURLM_OK);
}

}  // namespace gatehouse::http
