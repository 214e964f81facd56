// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/aws/credential_chain.h"
#include "gatehouse/aws/settings.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::aws {

// Why a call failed. `code` follows the kind of failure: conflict (ConditionalCheckFailedException,
// TransactionConflictException), not_found (ResourceNotFoundException, NotFoundException), denied
// (AccessDeniedException, signature and key state refusals: asking again will not help),
// invalid_argument (ValidationException and other 4xx), unavailable (throttling, 5xx, no
// connection, a garbled answer: all after retries), timeout (the call's deadline passed; the
// outcome is unknown).
struct AwsError {
  base::Errc code = base::Errc::internal;
  std::string type;        // "ThrottlingException"; empty when there was no readable answer
  std::string message;     // AWS's words, for operators
  std::string request_id;  // for AWS's support; empty when there was none
  int status = 0;          // HTTP; 0 when there was no answer
};

// "dynamodb GetItem: AccessDeniedException (request 4K2...): User ... is not authorized ..."
base::Error to_error(std::string_view call, const AwsError& error);

template <class T>
using AwsResult = base::Result<T, AwsError>;
template <class T>
using AwsTask = base::Coroutine<AwsResult<T>>;

struct JsonClientOptions {
  JsonClientOptions() {}
  std::chrono::milliseconds attempt_timeout{3'000};
  std::chrono::milliseconds deadline{8'000};  // retries and waits included
  int attempts_max = 5;
  std::chrono::milliseconds delay_base{25};  // doubled per attempt, full jitter
  std::chrono::milliseconds delay_max{2'000};
};

// Calls one service over AWS's JSON protocol: signed, retried by AWS's error codes with jitter
// inside one deadline, the clock's skew corrected once when AWS points it out, `x-amz-crc32`
// checked, request ids logged with failures. A write may have been applied although its answer was
// lost; retries are therefore for callers whose writes are conditional (own writes are then
// recognised by what they wrote).
class JsonClient {
 public:
  JsonClient(Service service, Endpoint endpoint, http::Client& client,
             CachedCredentials& credentials, JsonClientOptions options, const base::Clock& clock,
             base::Random& random, telemetry::Log& log);
  ~JsonClient();

  // `operation` as in the API reference ("GetItem"); `body` is JSON.
  AwsTask<base::JsonDocument> call(std::string_view operation, const base::Secret& body);

  const Endpoint& endpoint() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::aws
