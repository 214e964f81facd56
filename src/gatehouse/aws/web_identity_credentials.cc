// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/web_identity_credentials.h"

#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/small_file.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kTokenBytesMax = 20'000;  // STS's own limit

std::string_view without_surrounding_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

class WebIdentityCredentials final : public CredentialsSource {
 public:
  WebIdentityCredentials(CredentialsContext context, RoleRequest role, std::string token_file,
                         std::string origin)
      : sts_(std::move(context)),
        role_(std::move(role)),
        token_file_(std::move(token_file)),
        origin_(std::move(origin)) {}

  base::Task<Credentials> fetch() override {
    auto content = base::read_small_file(token_file_, kTokenBytesMax);
    if (!content) {
      co_return Error{Errc::invalid_argument, origin_ + ": " + content.error().detail};
    }
    const base::Secret token = base::Secret::copy_of(without_surrounding_space(content->reveal()));
    if (token.empty()) {
      co_return Error{Errc::invalid_argument, origin_ + ": " + token_file_ + " is empty"};
    }
    auto credentials = co_await sts_.assume_role_with_web_identity(role_, token);
    if (!credentials) co_return credentials.error();
    credentials->source = "web identity";
    co_return std::move(*credentials);
  }

 private:
  StsClient sts_;
  const RoleRequest role_;
  const std::string token_file_;
  const std::string origin_;
};

class EnvironmentWebIdentityCredentials final : public CredentialsSource {
 public:
  explicit EnvironmentWebIdentityCredentials(CredentialsContext context)
      : context_(std::move(context)) {}

  base::Task<Credentials> fetch() override {
    const Environment& environment = *context_.environment;
    const auto file = environment.find("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!file) co_return Error{Errc::not_found, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
    RoleRequest role;
    role.role_arn = environment.find("AWS_ROLE_ARN").value_or("");
    role.session_name = environment.find("AWS_ROLE_SESSION_NAME").value_or(role.session_name);
    if (!role.role_arn.starts_with("arn:")) {
      co_return Error{Errc::invalid_argument,
                      "AWS_WEB_IDENTITY_TOKEN_FILE is set, so set AWS_ROLE_ARN to the role to take "
                      "on (arn:aws:iam::ACCOUNT:role/NAME)"};
    }
    WebIdentityCredentials source(context_, std::move(role), *file, "AWS_WEB_IDENTITY_TOKEN_FILE");
    auto credentials = co_await source.fetch();
    co_return credentials;
  }

 private:
  const CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> web_identity_credentials(CredentialsContext context,
                                                            RoleRequest role,
                                                            std::string token_file,
                                                            std::string origin) {
  return std::make_unique<WebIdentityCredentials>(std::move(context), std::move(role),
                                                  std::move(token_file), std::move(origin));
}

std::unique_ptr<CredentialsSource> environment_web_identity_credentials(
    CredentialsContext context) {
  return std::make_unique<EnvironmentWebIdentityCredentials>(std::move(context));
}

}  // namespace gatehouse::aws
