// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"
#include "gatehouse/http/client.h"

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

// What an answer of the JSON protocol with an error status says. Type, message and request id are
// bounded, and the message is cut where AWS begins to repeat the request: that part may hold the
// session token.
AwsError read_json_error(const http::ClientResponse& response);
// The same of the Query protocol, whose answers are XML.
AwsError read_query_error(const http::ClientResponse& response);

}  // namespace gatehouse::aws
