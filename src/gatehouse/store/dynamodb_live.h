// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <memory>
#include <string>

#include "gatehouse/http/curl_client.h"
#include "gatehouse/store/dynamodb_fixture.h"

// For tests: a DynamoDB that runs, at the endpoint in GATEHOUSE_TEST_DYNAMODB
// ("http://127.0.0.1:5000").
namespace gatehouse::store {

inline std::string live_dynamodb() {
  const char* const endpoint = std::getenv("GATEHOUSE_TEST_DYNAMODB");
  return endpoint == nullptr ? "" : endpoint;
}

inline std::string reason_to_skip_live_dynamodb() {
  return live_dynamodb().empty() ? "GATEHOUSE_TEST_DYNAMODB names no endpoint" : "";
}

class LiveDynamodb {
 public:
  explicit LiveDynamodb(boost::asio::io_context& loop)
      : http_(loop, http::CurlClientOptions()),
        credentials_(std::make_unique<FixedCredentials>(), clock_, log_),
        client_(aws::Service::dynamodb, endpoint(), http_, credentials_, aws::JsonClientOptions(),
                clock_, random_, log_) {}

  aws::JsonClient& client() { return client_; }

  // A name that no other test uses.
  static std::string fresh_table() {
    static int tables = 0;
    return "gatehouse-test-" + std::to_string(getpid()) + "-" + std::to_string(++tables);
  }

 private:
  static aws::Endpoint endpoint() {
    aws::Endpoint endpoint;
    endpoint.url = live_dynamodb();
    endpoint.region = "eu-central-1";
    return endpoint;
  }

  base::SystemClock clock_;  // signatures have the real date
  telemetry::MemoryLog log_;
  base::SystemRandom random_;
  http::CurlClient http_;
  aws::CachedCredentials credentials_;
  aws::JsonClient client_;
};

}  // namespace gatehouse::store
