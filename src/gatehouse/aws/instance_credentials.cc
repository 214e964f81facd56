// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/instance_credentials.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/aws/credentials_document.h"
#include "gatehouse/aws/credentials_request.h"
#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"
#include "gatehouse/http/url.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::string_view kDefaultEndpoint = "http://169.254.169.254";
constexpr std::string_view kDefaultEndpointV6 = "http://[fd00:ec2::254]";
constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
// The service is one hop away or not there at all.
constexpr std::chrono::milliseconds kTokenTimeout{1'000};
constexpr std::chrono::milliseconds kTimeout{2'000};
constexpr int kTokenAttemptsMax = 2;
constexpr int kAttemptsMax = 3;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;

bool is_role_name(std::string_view text) {
  const auto is_allowed = [](char c) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || std::string_view("_+=,.@-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), is_allowed);
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

class InstanceCredentials final : public CredentialsSource {
 public:
  explicit InstanceCredentials(CredentialsContext context) : context_(std::move(context)) {}

  base::Task<Credentials> fetch() override {
    const auto endpoint = checked_endpoint();
    if (!endpoint) co_return endpoint.error();
    auto token = co_await session_token(*endpoint);
    if (!token) co_return token.error();
    auto role = co_await role_name(*endpoint, *token);
    if (!role) co_return role.error();

    const std::string url = *endpoint + std::string(kRolePath) + base::percent_encode(*role);
    const CredentialedRequest request = read_request(url, *token);
    auto response = co_await send_repeatedly(context_, request, kAttemptsMax);
    if (!response) co_return no_answer_from("instance metadata", response.error());
    auto credentials = read(*response, *role);
    if (!credentials) co_return credentials.error();
    credentials->source = "instance role " + *role;
    co_return std::move(*credentials);
  }

 private:
  base::Result<std::string> checked_endpoint() const {
    const Environment& environment = *context_.environment;
    const std::string disabled =
        base::to_lower_ascii(environment.find("AWS_EC2_METADATA_DISABLED").value_or(""));
    if (disabled == "true") {
      return Error{Errc::not_found, "switched off by AWS_EC2_METADATA_DISABLED"};
    }
    const std::string mode = base::to_lower_ascii(
        environment.find("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("ipv4"));
    const std::string_view usual = mode == "ipv6" ? kDefaultEndpointV6 : kDefaultEndpoint;
    const std::string text =
        environment.find("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string(usual));
    const auto url = http::parse_url(text);
    const bool bare = url && !url->has_userinfo && !url->has_query && !url->has_fragment &&
                      (url->path.empty() || url->path == "/");
    const bool near = bare && url->scheme == "http" &&
                      (http::is_loopback_host(url->host) || url->host == "169.254.169.254" ||
                       url->host == "[fd00:ec2::254]");
    if (!near && !(bare && url->scheme == "https")) {
      return Error{Errc::invalid_argument,
                   "AWS_EC2_METADATA_SERVICE_ENDPOINT is refused: use https, or http to loopback, "
                   "169.254.169.254 or [fd00:ec2::254]"};
    }
    return url->origin();
  }

  base::Task<base::Secret> session_token(const std::string& endpoint) {
    CredentialedRequest request;
    request.http.method = http::Method::put;
    request.http.url = endpoint + std::string(kTokenPath);
    request.http.headers.push_back({"X-aws-ec2-metadata-token-ttl-seconds", "21600"});
    request.http.timeout = kTokenTimeout;
    request.http.body_bytes_max = kAnswerBytesMax;
    auto response = co_await send_repeatedly(context_, request, kTokenAttemptsMax);
    if (!response && response.error().code == Errc::invalid_argument) {
      co_return no_answer_from("instance metadata", response.error());
    }
    if (!response) {
      co_return Error{Errc::not_found,
                      "the metadata service does not answer (this is no EC2 instance, or its hop "
                      "limit keeps containers out)"};
    }
    const std::string_view token = response->body.reveal();
    if (response->status != 200 || token.empty() || !is_visible_ascii(token)) {
      co_return Error{Errc::not_found, "the metadata service gives no token (status " +
                                           std::to_string(response->status) + ")"};
    }
    co_return std::move(response->body);
  }

  base::Task<std::string> role_name(const std::string& endpoint, const base::Secret& token) {
    const std::string url = endpoint + std::string(kRolePath);
    const CredentialedRequest request = read_request(url, token);
    auto response = co_await send_repeatedly(context_, request, kAttemptsMax);
    if (!response) co_return no_answer_from("instance metadata", response.error());
    if (response->status == 404) {
      co_return Error{Errc::not_found, "this instance has no IAM role; attach an instance profile"};
    }
    const std::string_view body = response->body.reveal();
    const std::string_view name = base::trim(body.substr(0, body.find_first_of("\r\n")));
    if (response->status != 200 || !is_role_name(name)) {
      co_return Error{Errc::unavailable, "instance metadata names no role (status " +
                                             std::to_string(response->status) + ")"};
    }
    co_return std::string(name);
  }

  static CredentialedRequest read_request(const std::string& url, const base::Secret& token) {
    CredentialedRequest request;
    request.http.url = url;
    request.http.headers.push_back({"X-aws-ec2-metadata-token", std::string(token.reveal())});
    request.http.timeout = kTimeout;
    request.http.body_bytes_max = kAnswerBytesMax;
    return request;
  }

  static base::Result<Credentials> read(const http::ClientResponse& response,
                                        const std::string& role) {
    if (response.status != 200) {
      return Error{Errc::unavailable, "instance metadata answers " +
                                          std::to_string(response.status) + " for role " + role};
    }
    const auto document = base::JsonDocument::parse(response.body.reveal());
    if (!document || !document->root().is_object()) {
      return Error{Errc::unavailable, "instance metadata answered with something that is no JSON"};
    }
    const auto code = document->root().find_string("Code");
    if (code && *code != "Success") {
      return Error{Errc::unavailable, "instance metadata has no credentials for role " + role +
                                          "; check that its trust policy names EC2"};
    }
    auto credentials = read_credentials(document->root(), {"Token", Expiry::required});
    if (!credentials) {
      return Error{Errc::unavailable,
                   "instance metadata gave no usable credentials: " + credentials.error().detail};
    }
    return credentials;
  }

  const CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> instance_credentials(CredentialsContext context) {
  return std::make_unique<InstanceCredentials>(std::move(context));
}

}  // namespace gatehouse::aws
