// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatehouse/gateway/config.h"
#include "gatehouse/google/api_client.h"
#include "gatehouse/http/curl_client.h"
#include "gatehouse/identity/google_identity_provider.h"
#include "gatehouse/identity/security_event.h"

namespace gatehouse::gateway {

// What the configuration means for each client of Google's.
identity::GoogleClientSettings google_client_settings(const Config& config);
identity::SecurityEventSettings security_event_settings(const Config& config);
google::ApiClientOptions api_client_options(const Config& config);
http::CurlClientOptions curl_options();
// For calls to other replicas only.
http::CurlClientOptions peer_curl_options();
// For URLs that the operator names, with the same bounds on the answers as for those of strangers.
http::CurlClientOptions issuer_curl_options();
// For URLs that strangers name.
http::CurlClientOptions document_curl_options();

}  // namespace gatehouse::gateway
