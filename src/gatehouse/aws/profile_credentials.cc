// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/profile_credentials.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/aws/assume_role_credentials.h"
#include "gatehouse/aws/container_credentials.h"
#include "gatehouse/aws/environment_credentials.h"
#include "gatehouse/aws/instance_credentials.h"
#include "gatehouse/aws/process_credentials.h"
#include "gatehouse/aws/profile_file.h"
#include "gatehouse/aws/static_profile_credentials.h"
#include "gatehouse/aws/web_identity_credentials.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;
using SourcePtr = std::unique_ptr<CredentialsSource>;

// Each is a call to STS.
constexpr std::size_t kProfilesMax = 8;

class KnownCredentials final : public CredentialsSource {
 public:
  explicit KnownCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  base::Task<Credentials> fetch() override { co_return credentials_.clone(); }

 private:
  const Credentials credentials_;
};

bool has_keys(const ProfileSection& profile) {
  return profile.has("aws_access_key_id") || profile.has("aws_secret_access_key");
}

bool has_sign_on(const ProfileSection& profile) {
  return profile.has("sso_session") || profile.has("sso_start_url");
}

// Follows one profile, and those it names, to the source that they describe.
class ProfileReader {
 public:
  ProfileReader(const CredentialsContext& context, const ProfileFiles& files)
      : context_(context), files_(files) {}

  // Errc::not_found: the profile says nothing of credentials.
  base::Result<SourcePtr> source_of(const std::string& name) {
    const ProfileSection* const profile = files_.profile(name);
    if (profile == nullptr) return Error{Errc::invalid_argument, files_.absence(name)};
    if (visited_.size() >= kProfilesMax) {
      return Error{Errc::invalid_argument,
                   "source_profile leads through too many profiles: " + way_to(name)};
    }
    visited_.push_back(name);
    if (profile->has("role_arn") && profile->has("web_identity_token_file")) {
      return web_identity(*profile, name);
    }
    if (profile->has("role_arn")) return role(*profile, name);
    if (has_keys(*profile)) return keys(*profile, name);
    if (const auto command = profile->find("credential_process")) {
      return process_credentials(*command, name);
    }
    if (has_sign_on(*profile)) {
      return Error{Errc::invalid_argument,
                   "profile " + name +
                       " signs in by IAM Identity Center (sso_...), which needs the AWS CLI: give "
                       "the profile `credential_process = aws configure export-credentials "
                       "--format process --profile NAME`"};
    }
    return Error{Errc::not_found, "profile " + name + " names no credentials"};
  }

 private:
  base::Result<SourcePtr> keys(const ProfileSection& profile, const std::string& name) {
    auto credentials = static_profile_credentials(profile, name);
    if (!credentials) return credentials.error();
    return SourcePtr(std::make_unique<KnownCredentials>(std::move(*credentials)));
  }

  base::Result<SourcePtr> web_identity(const ProfileSection& profile, const std::string& name) {
    auto request = role_request_of(profile, name);
    if (!request) return request.error();
    return web_identity_credentials(context_, std::move(*request),
                                    *profile.find("web_identity_token_file"),
                                    "web_identity_token_file of profile " + name);
  }

  base::Result<SourcePtr> role(const ProfileSection& profile, const std::string& name) {
    auto request = role_request_of(profile, name);
    if (!request) return request.error();
    auto source = role_source(profile, name);
    if (!source) return Error{Errc::invalid_argument, source.error().detail};
    return assume_role_credentials(context_, std::move(*request), std::move(*source), name);
  }

  base::Result<SourcePtr> role_source(const ProfileSection& profile, const std::string& name) {
    const auto from_profile = profile.find("source_profile");
    const auto from_place = profile.find("credential_source");
    if (from_profile.has_value() == from_place.has_value()) {
      return Error{Errc::invalid_argument, "profile " + name +
                                               " has role_arn and needs exactly one of "
                                               "source_profile and credential_source"};
    }
    if (from_place) return named_place(*from_place, name);
    // A profile that names itself takes the role with its own keys.
    if (*from_profile == name && has_keys(profile)) return keys(profile, name);
    if (std::find(visited_.begin(), visited_.end(), *from_profile) != visited_.end()) {
      return Error{Errc::invalid_argument,
                   "source_profile goes in a circle: " + way_to(*from_profile)};
    }
    return source_of(*from_profile);
  }

  base::Result<SourcePtr> named_place(const std::string& place, const std::string& name) {
    if (place == "Environment") return environment_credentials(context_);
    if (place == "Ec2InstanceMetadata") return instance_credentials(context_);
    if (place == "EcsContainer") return container_credentials(context_);
    return Error{Errc::invalid_argument, "credential_source of profile " + name +
                                             " is refused: Environment, Ec2InstanceMetadata or "
                                             "EcsContainer"};
  }

  std::string way_to(const std::string& name) const {
    std::string way;
    for (const std::string& visited : visited_) way += visited + " -> ";
    return way + name;
  }

  const CredentialsContext& context_;
  const ProfileFiles& files_;
  std::vector<std::string> visited_;
};

class ProfileCredentials final : public CredentialsSource {
 public:
  explicit ProfileCredentials(CredentialsContext context) : context_(std::move(context)) {}

  base::Task<Credentials> fetch() override {
    const auto source = resolve();
    if (!source) co_return source.error();
    auto credentials = co_await (*source)->fetch();
    co_return credentials;
  }

 private:
  base::Result<SourcePtr> resolve() const {
    const auto files = ProfileFiles::load(*context_.environment);
    if (!files) return files.error();
    const std::string name = ProfileFiles::chosen_profile(*context_.environment);
    const bool chosen = context_.environment->find("AWS_PROFILE").has_value();
    if (!chosen && files->profile(name) == nullptr) {
      return Error{Errc::not_found, files->absence(name)};
    }
    // A profile may be chosen for its region alone; then the search goes on.
    ProfileReader reader(context_, *files);
    return reader.source_of(name);
  }

  const CredentialsContext context_;
};

}  // namespace

std::unique_ptr<CredentialsSource> profile_credentials(CredentialsContext context) {
  return std::make_unique<ProfileCredentials>(std::move(context));
}

}  // namespace gatehouse::aws
