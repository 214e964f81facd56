// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/aws/settings.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::aws {

// The settings of one section, names in lower case. A setting below an empty one, as `services`
// sections have them, is named "dynamodb.endpoint_url".
class ProfileSection {
 public:
  // nullopt when absent or empty.
  std::optional<std::string> find(std::string_view name) const;
  const base::Secret* secret(std::string_view name) const;  // nullptr likewise
  bool has(std::string_view name) const { return secret(name) != nullptr; }

  void set(const std::string& name, std::string_view value);
  void append(const std::string& name, std::string_view more);

 private:
  std::map<std::string, base::Secret, std::less<>> values_;
};

// The shared files of AWS's tools: ~/.aws/config and ~/.aws/credentials, or what AWS_CONFIG_FILE
// and AWS_SHARED_CREDENTIALS_FILE name. Files that are absent are empty ones. What the credentials
// file says of a profile goes before what the other says.
class ProfileFiles {
 public:
  // Errc::invalid_argument names file and line.
  static base::Result<ProfileFiles> load(const Environment& environment);

  base::Result<void> add_config(std::string_view text, const std::string& path);
  base::Result<void> add_credentials(std::string_view text, const std::string& path);

  // AWS_PROFILE, else "default".
  static std::string chosen_profile(const Environment& environment);

  const ProfileSection* profile(std::string_view name) const;
  const ProfileSection* services(std::string_view name) const;
  // "profile reports is in neither /x/config nor /x/credentials", with a hint at a likely slip.
  std::string absence(std::string_view name) const;

 private:
  using Sections = std::map<std::string, ProfileSection, std::less<>>;

  Sections profiles_;
  Sections services_;
  std::vector<std::string> paths_;
  std::vector<std::string> misnamed_;  // sections of the config file that lack the word "profile"
};

}  // namespace gatehouse::aws
