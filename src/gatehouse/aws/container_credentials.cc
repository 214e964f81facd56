// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/container_credentials.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/aws/credentials_document.h"
#include "gatehouse/aws/credentials_request.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/small_file.h"
#include "gatehouse/http/url.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::string_view kTaskHost = "http://169.254.170.2";
constexpr std::array<std::string_view, 3> kPlainHosts = {"169.254.170.2", "169.254.170.23",
                                                         "[fd00:ec2::23]"};
constexpr std::size_t kTokenBytesMax = 16 * 1024;
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr std::chrono::milliseconds kTimeout{2'000};
constexpr int kAttemptsMax = 3;

bool may_be_asked(const http::Url& url) {
  if (url.has_userinfo || url.has_fragment) return false;
  if (url.scheme == "https" || http::is_loopback_host(url.host)) {
    return url.scheme == "https" || url.scheme == "http";
  }
  return url.scheme == "http" &&
         std::find(kPlainHosts.begin(), kPlainHosts.end(), url.host) != kPlainHosts.end();
}

std::string_view without_line_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

class ContainerCredentials final : public CredentialsSource {
 public:
  explicit ContainerCredentials(CredentialsContext context) : context_(std::move(context)) {}

  base::Task<Credentials> fetch() override {
    const auto url = address();
    if (!url) co_return url.error();
    const auto token = authorization();
    if (!token) co_return token.error();
    const CredentialedRequest request = request_for(*url, *token);
    auto response = co_await send_repeatedly(context_, request, kAttemptsMax);
    if (!response) {
      co_return no_answer_from("the container's credential endpoint", response.error());
    }
    auto credentials = read(*response);
    if (!credentials) co_return credentials.error();
    credentials->source = "container";
    co_return std::move(*credentials);
  }

 private:
  base::Result<std::string> address() const {
    const auto relative = context_.environment->find("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = context_.environment->find("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!relative && !full) {
      return Error{Errc::not_found,
                   "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "
                   "AWS_CONTAINER_CREDENTIALS_FULL_URI are not set"};
    }
    const std::string variable =
        relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    const std::string text = relative ? std::string(kTaskHost) + *relative : *full;
    if (relative && !relative->starts_with('/')) {
      return Error{Errc::invalid_argument, variable + " is refused: it must begin with /"};
    }
    const auto url = http::parse_url(text);
    if (!url) return Error{Errc::invalid_argument, variable + " is refused: it is no URL"};
    if (!may_be_asked(*url)) {
      return Error{Errc::invalid_argument,
                   variable +
                       " is refused: use https, or http to loopback, 169.254.170.2, "
                       "169.254.170.23 or [fd00:ec2::23]"};
    }
    return text;
  }

  // Empty when none is configured.
  base::Result<base::Secret> authorization() const {
    base::Secret token = context_.environment->secret("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    std::string from = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
    const auto path = context_.environment->find("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (path) {
      from = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
      auto content = base::read_small_file(*path, kTokenBytesMax);
      if (!content) {
        return Error{Errc::invalid_argument, from + ": " + content.error().detail};
      }
      token = base::Secret::copy_of(without_line_end(content->reveal()));
      if (token.empty()) return Error{Errc::invalid_argument, from + ": " + *path + " is empty"};
    }
    if (token.reveal().find_first_of("\r\n") != std::string_view::npos) {
      return Error{Errc::invalid_argument, from + " holds a line end; a token is one line"};
    }
    return token;
  }

  static CredentialedRequest request_for(const std::string& url, const base::Secret& token) {
    CredentialedRequest request;
    request.http.url = url;
    request.http.headers.push_back({"Accept", "application/json"});
    if (!token.empty()) {
      request.http.headers.push_back({"Authorization", std::string(token.reveal())});
    }
    request.http.timeout = kTimeout;
    request.http.body_bytes_max = kAnswerBytesMax;
    return request;
  }

  static base::Result<Credentials> read(const http::ClientResponse& response) {
    const std::string endpoint = "the container's credential endpoint ";
    if (response.status == 429 || response.status >= 500) {
      return Error{Errc::unavailable, endpoint + "answers " + std::to_string(response.status)};
    }
    if (response.status != 200) {
      return Error{Errc::denied, endpoint + "answers " + std::to_string(response.status) +
                                     "; check the task's or pod's role and the authorization "
                                     "token"};
    }
    const auto document = base::JsonDocument::parse(response.body.reveal());
    if (!document || !document->root().is_object()) {
      return Error{Errc::unavailable, endpoint + "answered with something that is no JSON object"};
    }
    auto credentials = read_credentials(document->root(), {"Token", Expiry::required});
    if (!credentials) {
      return Error{Errc::unavailable,
                   endpoint + "gave no usable credentials: " + credentials.error().detail};
    }
    return credentials;
  }

  const CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> container_credentials(CredentialsContext context) {
  return std::make_unique<ContainerCredentials>(std::move(context));
}

}  // namespace gatehouse::aws
