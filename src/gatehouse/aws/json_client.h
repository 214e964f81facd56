// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/aws/aws_error.h"
#include "gatehouse/aws/cached_credentials.h"
#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::aws {

struct JsonClientOptions {
  JsonClientOptions() {}
  std::chrono::milliseconds attempt_timeout{3'000};
  std::chrono::milliseconds deadline{8'000};  // retries and waits included
  int attempts_max = 5;
  std::chrono::milliseconds delay_base{25};  // doubled per attempt, full jitter
  std::chrono::milliseconds delay_max{2'000};
  std::size_t answer_bytes_max = 17 * 1024 * 1024;  // a BatchGetItem may give 16 MB
  // How to wait; tests give one that advances their clock. Empty: a timer on the loop.
  base::Pause pause;
};

// Calls one service over AWS's JSON protocol: signed, retried by AWS's error codes with jitter
// inside one deadline, the clock's skew corrected once when AWS points it out, `x-amz-crc32`
// checked, request ids logged with failures. A write may have been applied although its answer was
// lost; retries are therefore for callers whose writes are conditional (own writes are then
// recognised by what they wrote). Not for STS, which speaks another protocol.
class JsonClient {
 public:
  JsonClient(Service service, Endpoint endpoint, http::Client& client,
             CachedCredentials& credentials, JsonClientOptions options, const base::Clock& clock,
             base::Random& random, telemetry::Log& log);
  ~JsonClient();

  // `operation` as in the API reference ("GetItem"); `body` is JSON.
  AwsTask<base::JsonDocument> call(std::string_view operation, const base::Secret& body);

  const Endpoint& endpoint() const;

  // Calls that gave nothing although all was tried; conditions that did not hold are none.
  std::uint64_t failures() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::aws
