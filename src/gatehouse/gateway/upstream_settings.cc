// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/upstream_settings.h"

namespace gatehouse::gateway {

identity::GoogleClientSettings google_client_settings(const Config& config) {
  identity::GoogleClientSettings settings;
  settings.issuer = config.google_issuer;
  settings.client_id = config.google_client_id;
  settings.client_secret = config.google_client_secret.clone();
  settings.redirect_uri = config.google_redirect_uri();
  settings.allowed_domains = config.allowed_domains;
  return settings;
}

identity::SecurityEventSettings security_event_settings(const Config& config) {
  identity::SecurityEventSettings settings;
  settings.issuer = config.google_issuer;
  settings.client_id = config.google_client_id;
  return settings;
}

google::ApiClientOptions api_client_options(const Config& config) {
  google::ApiClientOptions options;
  options.base_url = config.google_api_url;
  options.quotas = config.quotas;
  return options;
}

http::CurlClientOptions curl_options() {
  http::CurlClientOptions options;
  // Google compresses answers for agents that name gzip.
  options.user_agent = "gatehouse/" GATEHOUSE_VERSION " (gzip)";
  return options;
}

http::CurlClientOptions peer_curl_options() {
  http::CurlClientOptions options = curl_options();
  options.plain_http_anywhere = true;
  options.connect_timeout = std::chrono::milliseconds(1'000);
  return options;
}

// The fetches under way are counted where they begin, so none of them waits here.
http::CurlClientOptions document_curl_options() {
  http::CurlClientOptions options = curl_options();
  options.public_addresses_only = true;
  options.connect_timeout = std::chrono::milliseconds(3'000);
  options.response_headers_max = 64;
  options.response_head_bytes_max = 16 * 1024;
  return options;
}

http::CurlClientOptions issuer_curl_options() {
  http::CurlClientOptions options = document_curl_options();
  options.public_addresses_only = false;
  return options;
}

}  // namespace gatehouse::gateway
