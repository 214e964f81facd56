// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/profile_file.h"

#include <algorithm>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/small_file.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

constexpr std::size_t kFileBytesMax = 1024 * 1024;
constexpr std::size_t kLineBytesMax = 16 * 1024;
constexpr std::size_t kSettingsMax = 20'000;

// What a section's header says: [default], [profile reports], [services local].
struct Header {
  std::string kind;  // "profile" in a credentials file, else the first word
  std::string name;
};

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Header header_of(std::string_view inside) {
  const std::string_view text = base::trim(inside);
  const std::size_t space = text.find_first_of(" \t");
  if (space == std::string_view::npos) return {"", std::string(unquoted(text))};
  return {std::string(text.substr(0, space)),
          std::string(unquoted(base::trim(text.substr(space + 1))))};
}

bool has_controls(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

// Hands the lines of one file to whoever decides where a section goes.
class FileReader {
 public:
  explicit FileReader(const std::string& path) : path_(path) {}
  virtual ~FileReader() = default;

  base::Result<void> read(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_number_;
      const auto taken = take(text.substr(0, end));
      if (!taken) return taken.error();
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return {};
  }

 protected:
  // Where the settings of that section go; nullptr: nowhere.
  virtual ProfileSection* open(const Header& header) = 0;

 private:
  Error odd(const std::string& what) const {
    return Error{Errc::invalid_argument,
                 path_ + " line " + std::to_string(line_number_) + ": " + what};
  }

  base::Result<void> take(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > kLineBytesMax) return odd("longer than 16 KB");
    if (has_controls(line)) return odd("holds control characters");
    const std::string_view text = base::trim(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    if (line.front() == '[') return take_header(text);
    if (!in_section_) return odd("a setting stands before the first [section]");
    const bool indented = line.front() == ' ' || line.front() == '\t';
    if (indented && !setting_.empty()) return take_continuation(text);
    return take_setting(text);
  }

  base::Result<void> take_header(std::string_view text) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return odd("a section's name ends with ]");
    const std::string_view rest = base::trim(text.substr(end + 1));
    if (!rest.empty() && rest.front() != '#' && rest.front() != ';') {
      return odd("something follows the ] of a section's name");
    }
    const Header header = header_of(text.substr(1, end - 1));
    if (header.name.empty()) return odd("a section without a name");
    in_section_ = true;
    section_ = open(header);
    setting_.clear();
    return {};
  }

  base::Result<void> take_setting(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return odd("neither `name = value` nor a [section]");
    const std::string name = base::to_lower_ascii(base::trim(text.substr(0, equals)));
    if (name.empty()) return odd("a value without a name");
    const std::string_view value = base::trim(text.substr(equals + 1));
    setting_ = name;
    opens_group_ = value.empty();
    return keep(name, value);
  }

  base::Result<void> take_continuation(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (opens_group_ && equals != std::string_view::npos) {
      const std::string name = base::to_lower_ascii(base::trim(text.substr(0, equals)));
      return keep(setting_ + "." + name, base::trim(text.substr(equals + 1)));
    }
    if (opens_group_) return odd("neither `name = value` nor a [section]");
    if (section_ != nullptr) section_->append(setting_, text);
    return {};
  }

  base::Result<void> keep(const std::string& name, std::string_view value) {
    if (++settings_ > kSettingsMax) return odd("more settings than Gatehouse takes");
    if (section_ != nullptr) section_->set(name, value);
    return {};
  }

  const std::string path_;
  std::size_t line_number_ = 0;
  std::size_t settings_ = 0;
  bool in_section_ = false;
  ProfileSection* section_ = nullptr;
  std::string setting_;
  bool opens_group_ = false;
};

using Sections = std::map<std::string, ProfileSection, std::less<>>;

class ConfigReader final : public FileReader {
 public:
  ConfigReader(const std::string& path, Sections& profiles, Sections& services,
               std::vector<std::string>& misnamed)
      : FileReader(path), profiles_(profiles), services_(services), misnamed_(misnamed) {}

 private:
  ProfileSection* open(const Header& header) override {
    if (header.kind == "profile") return &profiles_[header.name];
    if (header.kind == "services") return &services_[header.name];
    if (header.kind.empty() && header.name == "default") return &profiles_[header.name];
    if (header.kind.empty()) misnamed_.push_back(header.name);
    return nullptr;
  }

  Sections& profiles_;
  Sections& services_;
  std::vector<std::string>& misnamed_;
};

class CredentialsReader final : public FileReader {
 public:
  CredentialsReader(const std::string& path, Sections& profiles)
      : FileReader(path), profiles_(profiles) {}

 private:
  ProfileSection* open(const Header& header) override {
    // A name may hold a space here, as nothing else comes first.
    return &profiles_[header.kind.empty() ? header.name : header.kind + " " + header.name];
  }

  Sections& profiles_;
};

std::string path_of(const Environment& environment, std::string_view variable,
                    std::string_view below_home) {
  const std::optional<std::string> home = environment.find("HOME");
  std::string path = environment.find(variable).value_or("");
  if (path.empty()) return home ? *home + std::string(below_home) : std::string();
  if (path.starts_with("~/") && home) return *home + path.substr(1);
  return path;
}

// An absent file is an empty one.
base::Result<base::Secret> read_if_there(const std::string& path) {
  auto content = base::read_small_file(path, kFileBytesMax);
  if (!content && content.error().code == Errc::not_found) return base::Secret();
  return content;
}

}  // namespace

std::optional<std::string> ProfileSection::find(std::string_view name) const {
  const base::Secret* const value = secret(name);
  if (value == nullptr) return std::nullopt;
  return std::string(value->reveal());
}

const base::Secret* ProfileSection::secret(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? nullptr : &found->second;
}

void ProfileSection::set(const std::string& name, std::string_view value) {
  values_[name] = base::Secret::copy_of(value);
}

void ProfileSection::append(const std::string& name, std::string_view more) {
  base::Secret& value = values_[name];
  value.append("\n");
  value.append(more);
}

base::Result<ProfileFiles> ProfileFiles::load(const Environment& environment) {
  ProfileFiles files;
  const std::string config = path_of(environment, "AWS_CONFIG_FILE", "/.aws/config");
  const std::string credentials =
      path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  if (!config.empty()) {
    const auto text = read_if_there(config);
    if (!text) return text.error();
    const auto added = files.add_config(text->reveal(), config);
    if (!added) return added.error();
  }
  if (!credentials.empty()) {
    const auto text = read_if_there(credentials);
    if (!text) return text.error();
    const auto added = files.add_credentials(text->reveal(), credentials);
    if (!added) return added.error();
  }
  return files;
}

base::Result<void> ProfileFiles::add_config(std::string_view text, const std::string& path) {
  paths_.push_back(path);
  ConfigReader reader(path, profiles_, services_, misnamed_);
  return reader.read(text);
}

base::Result<void> ProfileFiles::add_credentials(std::string_view text, const std::string& path) {
  paths_.push_back(path);
  CredentialsReader reader(path, profiles_);
  return reader.read(text);
}

std::string ProfileFiles::chosen_profile(const Environment& environment) {
  return environment.find("AWS_PROFILE").value_or("default");
}

const ProfileSection* ProfileFiles::profile(std::string_view name) const {
  const auto found = profiles_.find(name);
  return found == profiles_.end() ? nullptr : &found->second;
}

const ProfileSection* ProfileFiles::services(std::string_view name) const {
  const auto found = services_.find(name);
  return found == services_.end() ? nullptr : &found->second;
}

std::string ProfileFiles::absence(std::string_view name) const {
  std::string words = "profile " + std::string(name);
  if (paths_.empty()) return words + " was not looked for: HOME is not set";
  words += paths_.size() == 1 ? " is not in " + paths_[0]
                              : " is neither in " + paths_[0] + " nor in " + paths_[1];
  if (std::find(misnamed_.begin(), misnamed_.end(), name) != misnamed_.end()) {
    words += "; the config file has [" + std::string(name) + "], write [profile " +
             std::string(name) + "]";
  }
  return words;
}

}  // namespace gatehouse::aws
