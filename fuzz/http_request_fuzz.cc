// SPDX-License-Identifier: Apache-2.0
//
// A stream of requests means the same however it is cut into reads, and a request that was
// accepted means the same to a second parser that sees it written plainly.
#include <algorithm>
#include <cstring>
#include <utility>

#include "fuzzing.h"
#include "gatehouse/http/request_parser.h"

namespace gatehouse::fuzzing {
namespace {

using http::RequestLimits;
using http::RequestParser;
using Verdict = RequestParser::Verdict;
using Headers = std::vector<std::pair<std::string, std::string>>;

struct Seen {
  std::string method;
  std::string target;
  Headers headers;
  std::string body;
  bool keep_alive = false;

  bool operator==(const Seen&) const = default;
};

struct Outcome {
  std::vector<Seen> requests;
  Verdict verdict = Verdict::need_more;

  bool operator==(const Outcome&) const = default;
};

Seen seen_by(RequestParser& parser) {
  const http::Request& request = parser.request();
  Seen seen;
  seen.method = request.method_name;
  seen.target = request.target;
  for (const http::HeaderView& field : request.headers) {
    seen.headers.emplace_back(field.name, field.value);
  }
  seen.body = request.body;
  seen.keep_alive = parser.keep_alive();
  // JSON is parsed where it lies.
  volatile char behind = 0;
  for (std::size_t i = 0; i < 64; ++i) behind = request.body.data()[request.body.size() + i];
  (void)behind;
  return seen;
}

// Takes all requests that are complete.
void take_requests(RequestParser& parser, Outcome& outcome) {
  while ((outcome.verdict = parser.parse()) == Verdict::complete) {
    outcome.requests.push_back(seen_by(parser));
    parser.next();
  }
}

// `next_size` says how many bytes the next read gives.
template <class Sizes>
Outcome read_stream(std::string_view stream, const RequestLimits& limits, Sizes next_size) {
  RequestParser parser(limits);
  Outcome outcome;
  take_requests(parser, outcome);
  while (!stream.empty() && outcome.verdict == Verdict::need_more) {
    const std::span<char> space = parser.space();
    assert(!space.empty());
    const std::size_t count = std::min({space.size(), stream.size(), next_size()});
    std::memcpy(space.data(), stream.data(), count);
    parser.received(count);
    stream.remove_prefix(count);
    take_requests(parser, outcome);
  }
  if (outcome.verdict == Verdict::refused) {
    assert(parser.refusal().status >= 400 && !parser.refusal().reason.empty());
    assert(!parser.keep_alive());
  }
  return outcome;
}

bool is_framing(std::string_view name) {
  const std::string lower = base::to_lower_ascii(name);
  return lower == "content-length" || lower == "transfer-encoding" || lower == "expect";
}

void check_promises(const Seen& request, const RequestLimits& limits) {
  assert(request.target.starts_with('/') && is_visible_ascii(request.target));
  assert(request.target.find('#') == std::string::npos);
  assert(request.body.size() <= limits.body_bytes_max);
  assert(request.headers.size() <= limits.headers_max);
  int hosts = 0;
  for (const auto& [name, value] : request.headers) {
    assert(!name.empty() && is_visible_ascii(name) && name.find(':') == std::string::npos);
    assert(value.find_first_of(std::string_view("\r\n\0\x7f", 4)) == std::string::npos);
    assert(base::trim(value) == value);
    if (base::equal_ignoring_case(name, "host")) ++hosts;
  }
  assert(hosts == 1);
}

// What a proxy would pass on: the same fields, the length counted anew.
std::string written_plainly(const Seen& request) {
  std::string text = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!is_framing(name)) text += name + ": " + value + "\r\n";
  }
  return text + "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n" +
         request.body;
}

void check_second_parser(const Seen& request) {
  RequestLimits wide;
  wide.head_bytes_max = wide.line_bytes_max = 1024 * 1024;
  wide.headers_max = 1000;
  const std::string text = written_plainly(request);
  const Outcome again = read_stream(text, wide, [&] { return text.size(); });
  assert(again.requests.size() == 1);
  const Seen& second = again.requests.front();
  assert(second.method == request.method && second.target == request.target);
  assert(second.body == request.body);
  Headers first_fields = request.headers;
  Headers second_fields = second.headers;
  const auto framing = [](const auto& field) { return is_framing(field.first); };
  std::erase_if(first_fields, framing);
  std::erase_if(second_fields, framing);
  assert(first_fields == second_fields);
}

void check(std::string_view stream, const RequestLimits& limits) {
  const Outcome whole = read_stream(stream, limits, [&] { return stream.size(); });
  std::uint64_t state = hash_of(stream) | 1;
  const Outcome pieces = read_stream(stream, limits, [&] {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return 1 + (state >> 33) % 40;
  });
  assert(whole == pieces);
  if (stream.size() <= 512) {
    const Outcome bytes = read_stream(stream, limits, [] { return std::size_t{1}; });
    assert(whole == bytes);
  }
  for (const Seen& request : whole.requests) {
    check_promises(request, limits);
    check_second_parser(request);
  }
}

}  // namespace

void run(std::string_view input) {
  RequestLimits tight;
  tight.head_bytes_max = 300;
  tight.line_bytes_max = 120;
  tight.headers_max = 6;
  tight.body_bytes_max = 200;
  check(input, tight);
  check(input, RequestLimits());
}

}  // namespace gatehouse::fuzzing
