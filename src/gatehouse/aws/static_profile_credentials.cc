// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/static_profile_credentials.h"

#include "gatehouse/aws/credentials_document.h"

namespace gatehouse::aws {

base::Result<Credentials> static_profile_credentials(const ProfileSection& profile,
                                                     const std::string& name) {
  const base::Secret* const secret = profile.secret("aws_secret_access_key");
  const base::Secret* const token = profile.secret("aws_session_token");
  const auto id = profile.find("aws_access_key_id");
  if (!id || secret == nullptr) {
    const std::string missing = id ? "aws_secret_access_key" : "aws_access_key_id";
    return base::Error{base::Errc::invalid_argument,
                       "profile " + name + " has only one half of a key: add " + missing};
  }
  Credentials credentials;
  credentials.access_key_id = *id;
  credentials.secret_access_key = secret->clone();
  if (token != nullptr) credentials.session_token = token->clone();
  credentials.source = "profile " + name;
  const auto checked = check_credentials(credentials);
  if (!checked) {
    return base::Error{base::Errc::invalid_argument,
                       "profile " + name + ": " + checked.error().detail};
  }
  return credentials;
}

}  // namespace gatehouse::aws
