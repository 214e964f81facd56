// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/sts_client.h"

#include <utility>

#include "gatehouse/aws/backoff.h"
#include "gatehouse/aws/clock_offset.h"
#include "gatehouse/aws/credentials_document.h"
#include "gatehouse/aws/credentials_request.h"
#include "gatehouse/aws/retry_judge.h"
#include "gatehouse/aws/sigv4.h"
#include "gatehouse/aws/time_text.h"
#include "gatehouse/aws/xml_answer.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::string_view kVersion = "2011-06-15";
constexpr std::chrono::milliseconds kTimeout{5'000};
constexpr std::size_t kAnswerBytesMax = 64 * 1024;
constexpr int kAttemptsMax = 3;
constexpr std::chrono::seconds kHarmlessOffset{30};
constexpr Backoff kBackoff{std::chrono::milliseconds(100), std::chrono::milliseconds(2'000)};

void add_role(http::SecretForm& form, std::string_view action, const RoleRequest& role) {
  form.add("Action", action);
  form.add("Version", kVersion);
  form.add("RoleArn", role.role_arn);
  form.add("RoleSessionName", role.session_name);
  if (role.duration_seconds) form.add("DurationSeconds", std::to_string(*role.duration_seconds));
}

std::string_view host_of(std::string_view origin) { return origin.substr(origin.find("//") + 2); }

CredentialedRequest request_to(const Endpoint& endpoint, const base::Secret& body,
                               const Credentials* signer, base::SystemTime at) {
  CredentialedRequest request;
  request.http.method = http::Method::post;
  request.http.url = endpoint.url + "/";
  request.http.headers.push_back(
      {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
  request.http.body = body.clone();
  request.http.timeout = kTimeout;
  request.http.body_bytes_max = kAnswerBytesMax;
  if (signer == nullptr) return request;
  SigningRequest signing;
  signing.host = host_of(endpoint.url);
  signing.headers = request.http.headers;
  signing.body = body.reveal();
  SigningScope scope;
  scope.region = endpoint.region;
  scope.service = name_of(Service::sts);
  for (http::Header& header : sign(signing, scope, *signer, at)) {
    request.http.headers.push_back(std::move(header));
  }
  return request;
}

base::Result<Credentials> read_answer(const http::ClientResponse& response,
                                      const std::string& action) {
  const auto answer = XmlAnswer::parse(response.body.reveal());
  if (!answer)
    return Error{Errc::unavailable, "the answer is unreadable: " + answer.error().detail};
  const std::string path = action + "Result/Credentials/";
  const base::Secret* const id = answer->find(path + "AccessKeyId");
  const base::Secret* const secret = answer->find(path + "SecretAccessKey");
  const base::Secret* const token = answer->find(path + "SessionToken");
  const base::Secret* const expiration = answer->find(path + "Expiration");
  if (id == nullptr || secret == nullptr || token == nullptr || expiration == nullptr) {
    return Error{Errc::unavailable, "the answer holds no credentials"};
  }
  Credentials credentials;
  credentials.access_key_id = std::string(id->reveal());
  credentials.secret_access_key = secret->clone();
  credentials.session_token = token->clone();
  credentials.expires = parse_timestamp(expiration->reveal());
  const auto checked = check_credentials(credentials);
  if (!checked) return Error{Errc::unavailable, "in the answer " + checked.error().detail};
  if (!credentials.expires) return Error{Errc::unavailable, "Expiration is no timestamp"};
  return credentials;
}

std::string advice(const AwsError& error, bool is_signed) {
  if (error.code == Errc::invalid_argument && !is_signed) {
    return "; check the token file, the role and the OIDC provider in IAM";
  }
  if (error.code != Errc::denied) return "";
  return is_signed ? "; allow sts:AssumeRole to the source credentials and name them in the role's "
                     "trust policy"
                   : "; check that the role's trust policy names the OIDC provider, its audience "
                     "and subject";
}

// An answer with an error status.
struct Refusal {
  Refusal() {}
  Error error{Errc::unavailable, ""};
  Remedy remedy = Remedy::none;
  std::chrono::seconds offset{0};  // AWS's clock less ours
};

Refusal read_refusal(const http::ClientResponse& response, const std::string& what, bool is_signed,
                     base::SystemTime now) {
  const AwsError aws = read_query_error(response);
  Refusal refusal;
  refusal.remedy = judge(aws.status, aws.type, aws.message).remedy;
  refusal.error = to_error(what, aws);
  refusal.error.detail += advice(aws, is_signed);
  if (refusal.remedy != Remedy::correct_clock) return refusal;
  refusal.offset = clock_offset(response, now).value_or(std::chrono::seconds(0));
  if (std::chrono::abs(refusal.offset) <= kHarmlessOffset) {
    refusal.remedy = Remedy::none;
  } else {
    refusal.error.detail += "; " + describe_clock_offset(refusal.offset);
  }
  return refusal;
}

}  // namespace

StsClient::StsClient(CredentialsContext context) : context_(std::move(context)) {}

base::Task<Credentials> StsClient::assume_role(const RoleRequest& role, const Credentials& source) {
  const std::string action = "AssumeRole";
  http::SecretForm form;
  add_role(form, action, role);
  if (!role.external_id.empty()) form.add("ExternalId", role.external_id);
  auto credentials = co_await call(role, std::move(form), action, &source);
  co_return credentials;
}

base::Task<Credentials> StsClient::assume_role_with_web_identity(const RoleRequest& role,
                                                                 const base::Secret& token) {
  const std::string action = "AssumeRoleWithWebIdentity";
  http::SecretForm form;
  add_role(form, action, role);
  form.add("WebIdentityToken", token.reveal());
  auto credentials = co_await call(role, std::move(form), action, nullptr);
  co_return credentials;
}

base::Task<Credentials> StsClient::call(const RoleRequest& role, http::SecretForm form,
                                        const std::string& action, const Credentials* signer) {
  const auto region = region_of(*context_.environment);
  if (!region) co_return region.error();
  const auto endpoint = endpoint_of(Service::sts, *region, *context_.environment);
  if (!endpoint) co_return endpoint.error();
  const base::Secret body = form.take();
  const std::string what = "sts " + action + " of " + role.role_arn;
  std::chrono::seconds offset{0};
  bool corrected = false;

  for (int attempt = 1;; ++attempt) {
    const base::SystemTime now = context_.clock.now();
    const CredentialedRequest request = request_to(*endpoint, body, signer, now + offset);
    auto response = co_await context_.client.send(request.http);
    if (!response) {
      const Error error = no_answer_from(what, response.error());
      if (error.code != Errc::unavailable || attempt >= kAttemptsMax) co_return error;
    } else if (response->status == 200) {
      auto credentials = read_answer(*response, action);
      if (credentials) co_return std::move(*credentials);
      if (attempt >= kAttemptsMax) {
        co_return Error{Errc::unavailable, what + ": " + credentials.error().detail};
      }
    } else {
      const Refusal refusal = read_refusal(*response, what, signer != nullptr, now);
      if (refusal.remedy == Remedy::correct_clock && !std::exchange(corrected, true)) {
        offset = refusal.offset;
        continue;
      }
      const bool passes = refusal.remedy == Remedy::wait || refusal.remedy == Remedy::wait_longer;
      if (!passes || attempt >= kAttemptsMax) co_return refusal.error;
    }
    const std::chrono::milliseconds delay = delay_after(attempt, kBackoff, context_.random);
    co_await context_.pause(delay);
  }
}

}  // namespace gatehouse::aws
