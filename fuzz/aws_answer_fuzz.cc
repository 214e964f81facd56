// SPDX-License-Identifier: Apache-2.0
//
// What AWS answers, or somebody on the way to it: errors in JSON and XML, and credentials. The
// input is header lines, then a body behind a line `--`.
#include "fuzzing.h"
#include "gatehouse/aws/aws_error.h"
#include "gatehouse/aws/credentials_document.h"
#include "gatehouse/aws/xml_answer.h"

namespace gatehouse::fuzzing {
namespace {

void check_error(const aws::AwsError& error) {
  assert(error.type.size() <= 128 && error.request_id.size() <= 128);
  assert(error.message.size() <= 600 && base::is_valid_utf8(error.message));
  assert(error.message.find_first_of("\r\n") == std::string::npos);
  assert(error.message.find("The Canonical String") == std::string::npos);
  assert(!error.message.empty() || !error.type.empty());
  const base::Error words = aws::to_error("sts AssumeRole", error);
  assert(words.code == error.code && words.detail.starts_with("sts AssumeRole"));
}

void check_errors(std::string_view headers, std::string_view body) {
  http::ClientResponse response;
  while (!headers.empty()) {
    const std::string_view line = take_line(headers);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(base::trim(line.substr(colon + 1)))});
  }
  response.body = base::Secret::copy_of(body);
  for (const int status : {400, 403, 500}) {
    response.status = status;
    check_error(aws::read_json_error(response));
    check_error(aws::read_query_error(response));
  }
}

void check_xml(std::string_view body) {
  const auto answer = aws::XmlAnswer::parse(body);
  if (!answer) {
    assert(is_single_line(answer.error().detail));
    return;
  }
  assert(!answer->root().empty() && body.size() <= 64 * 1024);
  const base::Secret* const code = answer->find("Error/Code");
  if (code != nullptr) assert(base::is_valid_utf8(code->reveal()));
}

void check_credentials(std::string_view body) {
  const auto document = base::JsonDocument::parse(body);
  if (!document) return;
  for (const aws::Expiry expiry : {aws::Expiry::required, aws::Expiry::optional}) {
    const aws::DocumentForm form{"Token", expiry};
    const auto credentials = aws::read_credentials(document->root(), form);
    if (!credentials) {
      assert(is_single_line(credentials.error().detail));
      continue;
    }
    assert(!credentials->access_key_id.empty() && is_visible_ascii(credentials->access_key_id));
    assert(is_visible_ascii(credentials->secret_access_key.reveal()));
    assert(is_visible_ascii(credentials->session_token.reveal()));
    assert(credentials->expires || expiry == aws::Expiry::optional);
  }
}

}  // namespace

void run(std::string_view input) {
  const std::string_view headers = take_part(input);
  check_errors(headers, input);
  check_xml(input);
  check_credentials(input);
}

}  // namespace gatehouse::fuzzing
