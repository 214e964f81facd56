// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/pause.h"
#include "gatehouse/base/random.h"
#include "gatehouse/google/api.h"
#include "gatehouse/google/api_document.h"
#include "gatehouse/google/api_error.h"
#include "gatehouse/google/quotas.h"
#include "gatehouse/google/token_source.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::google {

struct CallCounts;

// One call. Path segments that come from outside are added with segment(), which encodes them.
struct ApiCall {
  ApiCall(Api which, http::Method verb, std::string fixed_path)
      : api(which), method(verb), path(std::move(fixed_path)) {}

  // Appends "/" + percent-encoded. An empty segment and one of dots would name another resource, in
  // whatever encoding: they make the call malformed, and it is answered with
  // ApiFault::invalid_argument instead of being sent.
  ApiCall& segment(std::string_view raw);
  ApiCall& literal(std::string_view fixed);  // appends as is
  ApiCall& parameter(std::string_view name,
                     std::string_view value);  // appends to the query, encoded

  Api api;
  http::Method method;
  std::string path;  // "/gmail/v1/users/me/messages"
  std::string query;
  std::string json_body;
  // Instead of json_body: what to send as it stands, and its Content-Type. It is lent to the
  // request of each attempt, so that it is in memory once.
  std::shared_ptr<base::Secret> upload;
  std::string upload_type;
  std::string_view method_id;  // Google's, literal: "gmail.users.messages.get"; tells the price
  std::size_t answer_bytes_max = 32 * 1024 * 1024;
  bool repeatable = true;  // safe to send twice; set false for sends and inserts
  bool malformed = false;
};

struct ApiClientOptions {
  std::string base_url;  // replaces every https://NAME.googleapis.com; empty: Google's own
  Quotas quotas;
  int calls_per_user_at_once = 30;  // a page of search results goes out at once
  std::chrono::milliseconds call_timeout{20'000};
  std::chrono::milliseconds total_limit{
      40'000};  // retries and waits included; uploads may use it up
  int attempts_max = 5;
  // How to wait; tests give one that advances their clock. Empty: a timer on the loop.
  base::Pause pause;
  // Counted into, when set; outlives the client.
  CallCounts* counts = nullptr;
};

// Google's JSON APIs: the caller's token, limits, retries by reason, errors in one shape.
class ApiClient {
 public:
  ApiClient(http::Client& client, ApiClientOptions options, const base::Clock& clock,
            base::Random& random, telemetry::Log& log);
  ~ApiClient();

  ApiTask<ApiDocument> call(TokenSource& tokens, const ApiCall& call);

  // Several read calls at once under the user's limits; results in the order of the calls, each
  // with its own outcome. Cancelling the awaiting coroutine cancels the calls and waits for their
  // end.
  base::Coroutine<std::vector<ApiResult<ApiDocument>>> call_each(TokenSource& tokens,
                                                                 const std::vector<ApiCall>& calls);

  // Units of Gmail's that the user may still spend in this minute, for whoami.
  int units_left(const std::string& user_key) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::google
