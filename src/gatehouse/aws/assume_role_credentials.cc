// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/assume_role_credentials.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr int kDurationMin = 900;
constexpr int kDurationMax = 43'200;

std::optional<int> parse_duration(std::string_view text) {
  int seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!whole || seconds < kDurationMin || seconds > kDurationMax) return std::nullopt;
  return seconds;
}

class AssumeRoleCredentials final : public CredentialsSource {
 public:
  AssumeRoleCredentials(CredentialsContext context, RoleRequest role,
                        std::unique_ptr<CredentialsSource> source, std::string profile)
      : sts_(std::move(context)),
        role_(std::move(role)),
        source_(std::move(source)),
        profile_(std::move(profile)) {}

  base::Task<Credentials> fetch() override {
    auto source = co_await source_->fetch();
    if (!source) {
      // Named in a profile, it has to be there: the search must not go on elsewhere.
      const Errc code = source.error().code;
      co_return Error{code == Errc::not_found ? Errc::invalid_argument : code,
                      "profile " + profile_ +
                          " has no credentials to take its role with: " + source.error().detail};
    }
    auto credentials = co_await sts_.assume_role(role_, *source);
    if (!credentials) co_return credentials.error();
    credentials->source = "role of profile " + profile_;
    co_return std::move(*credentials);
  }

 private:
  StsClient sts_;
  const RoleRequest role_;
  const std::unique_ptr<CredentialsSource> source_;
  const std::string profile_;
};

}  // namespace

base::Result<RoleRequest> role_request_of(const ProfileSection& profile, const std::string& name) {
  RoleRequest role;
  role.role_arn = profile.find("role_arn").value_or("");
  role.session_name = profile.find("role_session_name").value_or(role.session_name);
  role.external_id = profile.find("external_id").value_or("");
  if (!role.role_arn.starts_with("arn:")) {
    return Error{Errc::invalid_argument, "role_arn of profile " + name +
                                             " is no ARN; write arn:aws:iam::ACCOUNT:role/NAME"};
  }
  if (profile.has("mfa_serial")) {
    return Error{Errc::invalid_argument, "profile " + name +
                                             " asks for a second factor (mfa_serial), which a "
                                             "server cannot give; use another profile"};
  }
  const auto duration = profile.find("duration_seconds");
  if (!duration) return role;
  role.duration_seconds = parse_duration(*duration);
  if (role.duration_seconds) return role;
  return Error{Errc::invalid_argument,
               "duration_seconds of profile " + name + " is refused: 900 to 43200"};
}

std::unique_ptr<CredentialsSource> assume_role_credentials(
    CredentialsContext context, RoleRequest role, std::unique_ptr<CredentialsSource> source,
    std::string profile) {
  return std::make_unique<AssumeRoleCredentials>(std::move(context), std::move(role),
                                                 std::move(source), std::move(profile));
}

}  // namespace gatehouse::aws
