// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/aws/credentials.h"
#include "gatehouse/aws/credentials_context.h"
#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/await_for_test.h"
#include "gatehouse/http/scripted_client.h"

namespace gatehouse::aws {

inline base::Coroutine<void> no_time() { co_return; }

// For tests: a directory that goes with its owner.
class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "gatehouse-aws-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  std::string write(const std::string& name, std::string_view content) const {
    const std::string path = path_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// For tests: what a source of credentials works with, without network and without waiting.
struct SourceBench {
  SourceBench() { environment.set("HOME", directory.path()).set("AWS_REGION", "eu-central-1"); }

  CredentialsContext context() {
    const auto shared = std::make_shared<const Environment>(environment.clone());
    return CredentialsContext{shared, client, clock, random,
                              [this](std::chrono::milliseconds time) {
                                pauses.push_back(time);
                                return no_time();
                              }};
  }
  base::Result<Credentials> fetch(CredentialsSource& source) {
    return http::await_for_test(loop, source.fetch());
  }
  void write_config(std::string_view text) { directory.write(".aws/config", text); }
  void write_credentials(std::string_view text) { directory.write(".aws/credentials", text); }

  boost::asio::io_context loop{1};
  base::FixedClock clock{base::from_epoch_seconds(1'795'492'800)};  // 2026-11-24T04:00:00Z
  base::SeededRandom random{7};
  http::ScriptedClient client{[](const http::SeenRequest&) {
    return http::ScriptedClient::failure(base::Errc::unavailable);
  }};
  TestDirectory directory;
  Environment environment;
  std::vector<std::chrono::milliseconds> pauses;
};

}  // namespace gatehouse::aws
