// SPDX-License-Identifier: Apache-2.0
//
// The shared files of AWS's tools and the commands that they name. The input is a config file, then
// a credentials file behind a line `--`.
#include <algorithm>

#include "fuzzing.h"
#include "gatehouse/aws/command_line.h"
#include "gatehouse/aws/profile_file.h"

namespace gatehouse::fuzzing {
namespace {

void check_files(std::string_view config, std::string_view credentials) {
  aws::ProfileFiles files;
  const auto added = files.add_config(config, "/x/config");
  if (!added) {
    assert(is_single_line(added.error().detail));
    assert(added.error().detail.starts_with("/x/config line "));
  }
  const auto more = files.add_credentials(credentials, "/x/credentials");
  if (!more) assert(more.error().detail.starts_with("/x/credentials line "));
  const aws::ProfileSection* const profile = files.profile("default");
  for (const std::string_view name : {"aws_access_key_id", "role_arn", "credential_process"}) {
    const auto value = profile == nullptr ? std::nullopt : profile->find(name);
    // A value that goes on over several lines keeps their ends; nothing else passes.
    for (const char c : value.value_or("")) {
      assert(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n');
    }
    assert(!value || !value->empty());
  }
  (void)files.services("local");
  assert(!files.absence("reports").empty());
}

void check_command(std::string_view text) {
  const auto words = aws::split_command(text);
  if (!words) {
    assert(text.find_first_of("'\"\\") != std::string_view::npos);
    return;
  }
  // Quoted the plainest way, the same words come back.
  std::string quoted;
  for (const std::string& word : *words) {
    quoted += '\'';
    for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    quoted += "' ";
  }
  const auto again = aws::split_command(quoted);
  assert(again && *again == *words);
}

}  // namespace

void run(std::string_view input) {
  check_command(input);
  const std::string_view config = take_part(input);
  check_files(config, input);
}

}  // namespace gatehouse::fuzzing
