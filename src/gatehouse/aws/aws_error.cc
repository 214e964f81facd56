// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/aws/aws_error.h"

#include <algorithm>
#include <optional>

#include "gatehouse/aws/retry_judge.h"
#include "gatehouse/aws/xml_answer.h"
#include "gatehouse/base/encoding.h"
#include "gatehouse/base/json.h"

namespace gatehouse::aws {
namespace {

constexpr std::size_t kTypeBytesMax = 128;
constexpr std::size_t kMessageBytesMax = 512;
constexpr std::size_t kRequestIdBytesMax = 128;

bool is_name_char(char c) {
  const bool alphanumeric =
      (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || c == '.' || c == '_' || c == '-';
}

// "com.amazonaws.dynamodb.v20120810#ThrottlingException:http://internal/..." in its middle.
std::string plain_type(std::string_view text) {
  const std::size_t hash = text.find('#');
  if (hash != std::string_view::npos) text.remove_prefix(hash + 1);
  text = text.substr(0, text.find_first_of(":, "));
  const bool plausible = !text.empty() && text.size() <= kTypeBytesMax &&
                         std::all_of(text.begin(), text.end(), is_name_char);
  return plausible ? std::string(text) : std::string();
}

// A refused signature is explained with the request as AWS has read it, headers included.
std::string plain_message(std::string_view text) {
  text = text.substr(0, text.find("The Canonical String"));
  text = text.substr(0, text.find("The String-to-Sign"));
  text = text.substr(0, text.find_first_of("\r\n"));
  std::size_t size = std::min(text.size(), kMessageBytesMax);
  while (size > 0 && size < text.size() && (text[size] & 0xC0) == 0x80) --size;
  return std::string(base::trim(text.substr(0, size)));
}

std::string plain_request_id(std::string_view text) {
  const bool plausible =
      text.size() <= kRequestIdBytesMax && std::all_of(text.begin(), text.end(), is_name_char);
  return plausible ? std::string(text) : std::string();
}

AwsError assemble(int status, std::string_view type, std::string_view message,
                  std::string_view request_id) {
  AwsError error;
  error.type = plain_type(type);
  error.message = plain_message(message);
  error.request_id = plain_request_id(request_id);
  error.status = status;
  error.code = judge(status, error.type, error.message).code;
  if (error.message.empty() && error.type.empty()) {
    error.message = "HTTP status " + std::to_string(status) + " without a readable answer";
  }
  return error;
}

std::string_view request_id_of(const http::ClientResponse& response) {
  const std::string_view id = response.header("x-amzn-requestid");
  return id.empty() ? response.header("x-amz-request-id") : id;
}

std::string_view text_of(const XmlAnswer& answer, std::string_view path) {
  const base::Secret* const text = answer.find(path);
  return text == nullptr ? std::string_view() : text->reveal();
}

}  // namespace

base::Error to_error(std::string_view call, const AwsError& error) {
  std::string detail(call);
  if (!error.type.empty()) detail += ": " + error.type;
  if (!error.request_id.empty()) detail += " (request " + error.request_id + ")";
  if (!error.message.empty()) detail += ": " + error.message;
  return base::Error{error.code, detail};
}

AwsError read_json_error(const http::ClientResponse& response) {
  base::JsonLimits limits;
  limits.refuse_duplicate_names = false;
  const auto document = base::JsonDocument::parse(response.body.reveal(), limits);
  const auto member = [&](std::string_view name) {
    return document ? document->root().find_string(name) : std::nullopt;
  };
  std::string_view type = response.header("x-amzn-errortype");
  for (const std::string_view name : {"code", "Code", "__type"}) {
    const auto value = member(name);
    if (value && type.empty()) type = *value;
  }
  // AWS's own `__type` is the most exact of them.
  const auto own = member("__type");
  if (own) type = *own;
  std::string_view message = response.header("x-amzn-error-message");
  for (const std::string_view name : {"message", "Message", "errorMessage"}) {
    const auto value = member(name);
    if (value && message.empty()) message = *value;
  }
  return assemble(response.status, type, message, request_id_of(response));
}

AwsError read_query_error(const http::ClientResponse& response) {
  const auto answer = XmlAnswer::parse(response.body.reveal());
  if (!answer) return assemble(response.status, "", "", request_id_of(response));
  const std::string_view body_id = text_of(*answer, "RequestId");
  return assemble(response.status, text_of(*answer, "Error/Code"),
                  text_of(*answer, "Error/Message"),
                  body_id.empty() ? request_id_of(response) : body_id);
}

}  // namespace gatehouse::aws
