// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/process_credentials.h"

#include <utility>

#include "gatehouse/aws/command_line.h"
#include "gatehouse/aws/credentials_document.h"
#include "gatehouse/base/json.h"

namespace gatehouse::aws {
namespace {

using base::Errc;
using base::Error;

class ProcessCredentials final : public CredentialsSource {
 public:
  ProcessCredentials(std::string command, std::string profile, base::ProgramLimits limits)
      : command_(std::move(command)), profile_(std::move(profile)), limits_(limits) {}

  base::Task<Credentials> fetch() override {
    const auto words = split_command(command_);
    if (!words) co_return named(Error{Errc::invalid_argument, "a quote stays open"});
    auto output = co_await base::run_program(*words, limits_);
    if (!output) co_return named(output.error());
    auto credentials = read(output->reveal());
    if (!credentials) co_return named(credentials.error());
    credentials->source = "credential_process of profile " + profile_;
    co_return std::move(*credentials);
  }

 private:
  static base::Result<Credentials> read(std::string_view text) {
    const auto document = base::JsonDocument::parse(text);
    if (!document || !document->root().is_object()) {
      return Error{Errc::invalid_argument, "what it prints is no JSON object"};
    }
    if (document->root().find_integer("Version") != 1) {
      return Error{Errc::invalid_argument, "what it prints lacks \"Version\": 1"};
    }
    auto credentials = read_credentials(document->root(), {"SessionToken", Expiry::optional});
    if (!credentials) {
      return Error{Errc::invalid_argument, "in what it prints " + credentials.error().detail};
    }
    return credentials;
  }

  Error named(const Error& error) const {
    return Error{error.code, "credential_process of profile " + profile_ + ": " + error.detail};
  }

  const std::string command_;
  const std::string profile_;
  const base::ProgramLimits limits_;
};

}  // namespace

std::unique_ptr<CredentialsSource> process_credentials(std::string command, std::string profile,
                                                       base::ProgramLimits limits) {
  return std::make_unique<ProcessCredentials>(std::move(command), std::move(profile), limits);
}

}  // namespace gatehouse::aws
