// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::aws {

// The environment as far as AWS's SDKs read it, taken once at start: AWS_* and HOME. Values that
// are secret lie in base::Secret like all of them.
class Environment {
 public:
  Environment() = default;
  static Environment of_process();  // copies what getenv(3) has
  Environment& set(std::string_view name, std::string_view value);
  Environment clone() const;

  // nullopt when unset or empty.
  std::optional<std::string> find(std::string_view name) const;
  base::Secret secret(std::string_view name) const;  // empty when unset

 private:
  std::map<std::string, base::Secret, std::less<>> values_;
};

enum class Service { dynamodb, kms, sts };
std::string_view name_of(Service service);  // as in a credential scope: "dynamodb"

// Where a service is and under which region its requests are signed.
struct Endpoint {
  Endpoint() {}
  std::string url;  // origin, no trailing slash: "https://dynamodb.eu-central-1.amazonaws.com"
  std::string region;
};

// AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's endpoint_url, else AWS's own host of
// the region. Plain http only for loopback. Errc::invalid_argument says what is wrong.
base::Result<Endpoint> endpoint_of(Service service, const std::string& region,
                                   const Environment& environment);

// The hosts outside of loopback that credentials are fetched from over plain http, as
// http::CurlClientOptions::plain_http_hosts wants them: link-local addresses of AWS's machines.
std::vector<std::string> link_local_credential_hosts();

// AWS_REGION, AWS_DEFAULT_REGION, or the profile's `region`; Errc::not_found says what to set.
base::Result<std::string> region_of(const Environment& environment);

}  // namespace gatehouse::aws
