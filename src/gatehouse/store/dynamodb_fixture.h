// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/aws/json_client.h"
#include "gatehouse/base/clock.h"
#include "gatehouse/base/json.h"
#include "gatehouse/base/random.h"
#include "gatehouse/http/scripted_client.h"
#include "gatehouse/telemetry/log.h"

// For tests: DynamoDB as a script of HTTP answers.
namespace gatehouse::store {

class FixedCredentials final : public aws::CredentialsSource {
 public:
  base::Task<aws::Credentials> fetch() override {
    aws::Credentials credentials;
    credentials.access_key_id = "AKIDEXAMPLE";
    credentials.secret_access_key = base::Secret::copy_of("secret");
    credentials.source = "test";
    co_return credentials;
  }
};

inline aws::JsonClientOptions quick_options() {
  aws::JsonClientOptions options;
  options.attempts_max = 3;
  options.delay_base = std::chrono::milliseconds(1);
  options.delay_max = std::chrono::milliseconds(2);
  return options;
}

// What was asked for: "PutItem" and its body.
struct SeenCall {
  std::string operation;
  std::string body;
};

// Answers each operation with its answers in their order. A call beyond the script fails the test.
class ScriptedDynamodb {
 public:
  using Answer = http::ScriptedClient::Answer;

  explicit ScriptedDynamodb(const base::Clock& clock)
      : credentials_(std::make_unique<FixedCredentials>(), clock, log_),
        client_(aws::Service::dynamodb, endpoint(), http_, credentials_, quick_options(), clock,
                random_, log_) {
    http_.set_script([this](const http::SeenRequest& request) { return answer_to(request); });
  }

  aws::JsonClient& client() { return client_; }

  ScriptedDynamodb& answer(const std::string& operation, std::string_view body, int status = 200) {
    script_[operation].push_back(http::ScriptedClient::answer(status, body));
    return *this;
  }
  ScriptedDynamodb& fail(const std::string& operation, base::Errc code) {
    script_[operation].push_back(http::ScriptedClient::failure(code));
    return *this;
  }
  // `type` as in AWS's reference: "ThrottlingException".
  ScriptedDynamodb& refuse(const std::string& operation, const std::string& type,
                           const std::string& message = "told by the test", int status = 400) {
    return answer(operation,
                  R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + type + R"(","message":")" +
                      message + R"("})",
                  status);
  }

  std::vector<SeenCall> calls() const {
    std::vector<SeenCall> calls;
    for (const auto& request : http_.seen()) {
      calls.push_back({operation_of(request), request.body});
    }
    return calls;
  }
  // "GetItem PutItem "
  std::string operations() const {
    std::string joined;
    for (const SeenCall& call : calls()) joined += call.operation + " ";
    return joined;
  }
  bool is_played() const {
    return std::all_of(script_.begin(), script_.end(),
                       [](const auto& entry) { return entry.second.empty(); });
  }

 private:
  static aws::Endpoint endpoint() {
    aws::Endpoint endpoint;
    endpoint.url = "https://dynamodb.eu-central-1.amazonaws.com";
    endpoint.region = "eu-central-1";
    return endpoint;
  }

  static std::string operation_of(const http::SeenRequest& request) {
    for (const http::Header& header : request.headers) {
      std::string name = header.name;
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      if (name == "x-amz-target") return header.value.substr(header.value.find('.') + 1);
    }
    return "";
  }

  Answer answer_to(const http::SeenRequest& request) {
    const std::string operation = operation_of(request);
    auto& answers = script_[operation];
    if (answers.empty()) {
      ADD_FAILURE() << "an unexpected " << operation << ": " << request.body;
      return http::ScriptedClient::answer(400, R"({"__type":"UnexpectedException"})");
    }
    Answer next = std::move(answers.front());
    answers.pop_front();
    return next;
  }

  std::map<std::string, std::deque<Answer>> script_;
  http::ScriptedClient http_;
  telemetry::MemoryLog log_;
  base::SeededRandom random_{7};
  aws::CachedCredentials credentials_;
  aws::JsonClient client_;
};

}  // namespace gatehouse::store
