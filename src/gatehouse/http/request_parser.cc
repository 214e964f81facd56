// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/request_parser.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "gatehouse/base/encoding.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/http/field_text.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t kFirstCapacity = 8 * 1024;
constexpr std::size_t kKeptCapacityMax = 32 * 1024;
constexpr std::size_t kReadableBehindBody = 64;  // simdjson reads that far
constexpr std::size_t kMethodSizeMax = 32;
constexpr std::size_t kChunkLineMax = 256;
constexpr std::size_t kChunkDigitsMax = 8;
constexpr std::size_t kOverheadBytesMax = 8 * 1024;

// `line` is followed by the CR that ended it, which is no token character and stops the scan.
std::size_t token_length(std::string_view line) {
  const char* at = line.data();
  while (is_token_char(*at)) ++at;
  return static_cast<std::size_t>(at - line.data());
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Anything but visible ASCII, and the fragment mark, which has no business in a request.
bool is_target(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Method method_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return Method::get;
      if (name == "PUT") return Method::put;
      break;
    case 4:
      if (name == "POST") return Method::post;
      if (name == "HEAD") return Method::head;
      break;
    case 5:
      if (name == "PATCH") return Method::patch;
      break;
    case 6:
      if (name == "DELETE") return Method::del;
      break;
    case 7:
      if (name == "OPTIONS") return Method::options;
      break;
    default:
      break;
  }
  return Method::other;
}

// uri-host [":" port] with a name, an IPv4 or a bracketed IPv6 address; no escapes, no user, no
// list.
bool is_host(std::string_view text) {
  std::size_t end = 0;
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const std::string_view address = text.substr(1, end - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
      return false;
    ++end;
  } else {
    while (end < text.size() && text[end] != ':') {
      const char c = text[end++];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !is_digit(c) && c != '.' && c != '-' && c != '_') return false;
    }
    if (end == 0) return false;
  }
  text.remove_prefix(end);
  if (text.empty()) return true;
  text.remove_prefix(1);
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

RequestParser::~RequestParser() {
  if (bytes_) base::wipe_memory(bytes_.get(), end_);
}

RequestParser::Verdict RequestParser::parse() {
  if (refused_) return Verdict::refused;
  while (phase_ != Phase::done) {
    switch (advance()) {
      case Step::proceed:
        break;
      case Step::wait:
        return Verdict::need_more;
      case Step::refuse:
        refused_ = true;
        keep_alive_ = false;
        return Verdict::refused;
    }
  }
  return Verdict::complete;
}

RequestParser::Step RequestParser::advance() {
  switch (phase_) {
    case Phase::request_line:
      return read_request_line();
    case Phase::fields:
      return read_field();
    case Phase::body:
      return read_body();
    case Phase::chunk_size:
      return read_chunk_size();
    case Phase::chunk_data:
      return read_chunk_data();
    case Phase::chunk_end:
      return read_chunk_end();
    case Phase::trailers:
      return read_trailer();
    case Phase::done:
      break;
  }
  return Step::wait;
}

RequestParser::Step RequestParser::refuse(int status, std::string_view reason) {
  refusal_ = {status, reason};
  return Step::refuse;
}

RequestParser::Stage RequestParser::stage() const {
  if (phase_ > Phase::fields) return Stage::body;
  return size() == 0 ? Stage::between_requests : Stage::head;
}

bool RequestParser::take_expectation() {
  const bool due = expects_continue_ && stage() == Stage::body && size() == consumed_;
  if (due) expects_continue_ = false;
  return due;
}

// The line without its CRLF. Lines end with CRLF and nothing else (HP-04).
RequestParser::Step RequestParser::take_line(std::string_view& line, std::size_t bytes_max,
                                             int status) {
  const void* found =
      scanned_ < size() ? std::memchr(at(scanned_), '\n', size() - scanned_) : nullptr;
  if (found == nullptr) {
    scanned_ = size();
    if (size() - consumed_ > bytes_max + 1) return refuse(status, "line too long");
    return Step::wait;
  }
  const std::size_t end = static_cast<std::size_t>(static_cast<const char*>(found) - at(0));
  if (end == consumed_ || *at(end - 1) != '\r') return refuse(400, "bare LF");
  line_begin_ = consumed_;
  line = std::string_view(at(consumed_), end - 1 - consumed_);
  if (line.size() > bytes_max) return refuse(status, "line too long");
  consumed_ = end + 1;
  scanned_ = consumed_;
  return Step::proceed;
}

RequestParser::Step RequestParser::read_request_line() {
  // What is no HTTP at all, such as a TLS handshake, is refused at its first byte.
  if (size() > consumed_ && !is_token_char(*at(consumed_)) && *at(consumed_) != '\r') {
    return refuse(400, "no request line");
  }
  std::string_view line;
  const Step step = take_line(line, limits_.line_bytes_max, 414);
  if (step != Step::proceed) return step;
  if (line.empty()) {  // one empty line before a request is ignored, RFC 9112 section 2.2
    if (skipped_empty_line_) return refuse(400, "empty lines before the request");
    skipped_empty_line_ = true;
    return Step::proceed;
  }
  method_size_ = token_length(line);
  if (method_size_ == 0 || method_size_ == line.size() || line[method_size_] != ' ') {
    return refuse(400, "malformed request line");
  }
  const std::string_view rest = line.substr(method_size_ + 1);
  const std::size_t target_end = rest.find(' ');
  if (target_end == std::string_view::npos) return refuse(400, "malformed request line");

  const Step version = read_version(rest.substr(target_end + 1));
  if (version != Step::proceed) return version;
  const Step method = read_method(line.substr(0, method_size_));
  if (method != Step::proceed) return method;
  return read_target(rest.substr(0, target_end));
}

RequestParser::Step RequestParser::read_version(std::string_view version) {
  if (version == "HTTP/1.1") return Step::proceed;
  if (version == "HTTP/1.0") {
    is_http_1_0_ = true;
    keep_alive_ = false;
    return Step::proceed;
  }
  const bool other_version = version.size() == 8 && version.starts_with("HTTP/") &&
                             is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
  if (other_version) return refuse(505, "HTTP version");
  return refuse(400, "malformed request line");
}

RequestParser::Step RequestParser::read_method(std::string_view name) {
  if (name.size() > kMethodSizeMax) return refuse(501, "method too long");
  if (name == "CONNECT") return refuse(501, "CONNECT");
  method_ = method_of(name);
  return Step::proceed;
}

RequestParser::Step RequestParser::read_target(std::string_view target) {
  if (target.empty() || target[0] != '/') return refuse(400, "target not in origin form");
  if (!is_target(target)) return refuse(400, "illegal byte in the target");
  target_begin_ = static_cast<std::size_t>(target.data() - at(0));
  target_size_ = target.size();
  phase_ = Phase::fields;
  return Step::proceed;
}

RequestParser::Step RequestParser::read_field() {
  std::string_view line;
  const Step step = take_line(line, limits_.line_bytes_max, 431);
  if (step == Step::refuse) return step;
  if (consumed_ > limits_.head_bytes_max ||
      (step == Step::wait && size() > limits_.head_bytes_max)) {
    return refuse(431, "head too large");
  }
  if (step == Step::wait) return step;
  if (line.empty()) return end_head();
  if (fields_.size() == limits_.headers_max) return refuse(431, "too many header fields");
  FieldPosition field{};
  const Step split = split_field(line, field);
  if (split != Step::proceed) return split;
  fields_.push_back(field);
  const std::string_view name(at(field.name), field.name_size);
  const std::string_view value(at(field.value), field.value_size);
  return note_field(name, value, line.substr(name.size() + 1));
}

RequestParser::Step RequestParser::split_field(std::string_view line, FieldPosition& field) {
  const std::size_t name_size = token_length(line);
  if (name_size == 0) return refuse(400, "folded line or empty header name");
  if (name_size == line.size() || line[name_size] != ':')
    return refuse(400, "malformed header name");
  const std::string_view value = trim(line.substr(name_size + 1));
  if (has_control(value)) return refuse(400, "control byte in a header value");
  field.name = static_cast<std::uint32_t>(line_begin_);
  field.name_size = static_cast<std::uint32_t>(name_size);
  field.value = static_cast<std::uint32_t>(value.data() - at(0));
  field.value_size = static_cast<std::uint32_t>(value.size());
  return Step::proceed;
}

// The fields that frame the message or steer the connection.
RequestParser::Step RequestParser::note_field(std::string_view name, std::string_view value,
                                              std::string_view raw_value) {
  switch (name.size()) {
    case 4:
      if (base::equal_ignoring_case(name, "host")) return note_host(value);
      break;
    case 6:
      if (!base::equal_ignoring_case(name, "expect") || is_http_1_0_) break;
      if (expects_continue_ || !base::equal_ignoring_case(value, "100-continue")) {
        return refuse(417, "expectation");
      }
      expects_continue_ = true;
      break;
    case 10:
      if (base::equal_ignoring_case(name, "connection")) note_connection(value);
      break;
    case 14:
      if (base::equal_ignoring_case(name, "content-length")) return note_content_length(value);
      break;
    case 16:
      if (base::equal_ignoring_case(name, "content-encoding")) return check_content_encoding(value);
      break;
    case 17:
      if (base::equal_ignoring_case(name, "transfer-encoding"))
        return note_transfer_encoding(raw_value);
      break;
    default:
      break;
  }
  return Step::proceed;
}

RequestParser::Step RequestParser::note_host(std::string_view value) {
  if (has_host_) return refuse(400, "more than one Host");
  if (!is_host(value)) return refuse(400, "malformed Host");
  has_host_ = true;
  return Step::proceed;
}

// Canonical decimal only: no sign, list, blank, other base or leading zero (HP-02).
RequestParser::Step RequestParser::note_content_length(std::string_view value) {
  if (has_content_length_) return refuse(400, "more than one Content-Length");
  const bool canonical = !value.empty() && value.size() <= 19 &&
                         std::all_of(value.begin(), value.end(), is_digit) &&
                         (value.size() == 1 || value[0] != '0');
  if (!canonical) return refuse(400, "malformed Content-Length");
  has_content_length_ = true;
  for (char c : value) content_length_ = content_length_ * 10 + static_cast<std::uint64_t>(c - '0');
  return Step::proceed;
}

// Exactly `chunked` behind at most one space. Tabs, blanks and lists around it are how requests are
// smuggled (HP-03).
RequestParser::Step RequestParser::note_transfer_encoding(std::string_view raw_value) {
  if (has_transfer_encoding_) return refuse(400, "more than one Transfer-Encoding");
  if (raw_value.starts_with(' ')) raw_value.remove_prefix(1);
  if (raw_value != "chunked") return refuse(400, "Transfer-Encoding other than chunked");
  has_transfer_encoding_ = true;
  return Step::proceed;
}

// No route decodes. A proxy in front that does would judge another body than the one we read.
RequestParser::Step RequestParser::check_content_encoding(std::string_view value) {
  if (value.empty() || base::equal_ignoring_case(value, "identity")) return Step::proceed;
  return refuse(415, "coded body");
}

void RequestParser::note_connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view option = trim(value.substr(0, comma));
    if (base::equal_ignoring_case(option, "close")) keep_alive_ = false;
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
}

RequestParser::Step RequestParser::end_head() {
  if (!has_host_) return refuse(400, "no Host");
  body_begin_ = consumed_;
  body_bytes_max_ = body_bytes_max();
  if (has_transfer_encoding_) {
    if (has_content_length_) return refuse(400, "two lengths");
    if (is_http_1_0_) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    phase_ = Phase::chunk_size;
    return Step::proceed;
  }
  if (content_length_ > body_bytes_max_) return refuse(413, "body too large");
  phase_ = Phase::body;
  return Step::proceed;
}

std::size_t RequestParser::body_bytes_max() const {
  const std::string_view target(at(target_begin_), target_size_);
  const bool is_large = !limits_.large_body_path.empty() &&
                        (method_ == Method::put || method_ == Method::post) &&
                        target.starts_with(limits_.large_body_path);
  return is_large ? limits_.large_body_bytes_max : limits_.body_bytes_max;
}

std::size_t RequestParser::body_received() const {
  if (phase_ < Phase::body) return 0;
  return phase_ == Phase::body ? size() - body_begin_ : body_size_;
}

RequestParser::Step RequestParser::read_body() {
  if (size() - body_begin_ < content_length_) return Step::wait;
  body_size_ = static_cast<std::size_t>(content_length_);
  consumed_ = body_begin_ + body_size_;
  finish();
  return Step::proceed;
}

// chunk-size [";" extension]. Blanks before the semicolon are refused; extensions are bounded and
// ignored.
RequestParser::Step RequestParser::read_chunk_size() {
  std::string_view line;
  const Step step = take_line(line, kChunkLineMax, 400);
  if (step != Step::proceed) return step;
  std::size_t digits = 0;
  std::size_t length = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (digits == kChunkDigitsMax) return refuse(400, "chunk size");
    length = length * 16 + static_cast<std::size_t>(hex_digit(line[digits++]));
  }
  if (digits == 0) return refuse(400, "chunk size");
  const std::string_view extension = line.substr(digits);
  if (!extension.empty() && (extension[0] != ';' || has_control(extension))) {
    return refuse(400, "chunk extension");
  }
  overhead_bytes_ += extension.size();
  if (overhead_bytes_ > kOverheadBytesMax) return refuse(400, "chunk extensions too large");
  if (length > body_bytes_max_ - body_size_) return refuse(413, "body too large");
  chunk_left_ = length;
  phase_ = length == 0 ? Phase::trailers : Phase::chunk_data;
  return Step::proceed;
}

// Moves what has arrived of the chunk behind the chunks before it: the body ends up in one piece.
RequestParser::Step RequestParser::read_chunk_data() {
  const std::size_t count = std::min(chunk_left_, size() - consumed_);
  std::memmove(bytes_.get() + begin_ + body_begin_ + body_size_, at(consumed_), count);
  body_size_ += count;
  consumed_ += count;
  scanned_ = consumed_;
  chunk_left_ -= count;
  if (chunk_left_ > 0) return Step::wait;
  phase_ = Phase::chunk_end;
  return Step::proceed;
}

RequestParser::Step RequestParser::read_chunk_end() {
  const std::string_view end(at(consumed_), std::min<std::size_t>(2, size() - consumed_));
  if (!std::string_view("\r\n").starts_with(end)) return refuse(400, "chunk longer than its size");
  if (end.size() < 2) return Step::wait;
  consumed_ += 2;
  scanned_ = consumed_;
  phase_ = Phase::chunk_size;
  return Step::proceed;
}

// Trailers are checked like header fields, counted and dropped.
RequestParser::Step RequestParser::read_trailer() {
  std::string_view line;
  const Step step = take_line(line, limits_.line_bytes_max, 431);
  if (step != Step::proceed) return step;
  if (line.empty()) {
    finish();
    return Step::proceed;
  }
  overhead_bytes_ += line.size() + 2;
  if (overhead_bytes_ > kOverheadBytesMax) return refuse(431, "trailers too large");
  FieldPosition dropped{};
  return split_field(line, dropped);
}

void RequestParser::read_head_alone() {
  assert(stage() == Stage::body && phase_ != Phase::done);
  describe(std::string_view(at(body_begin_), 0));
}

void RequestParser::finish() {
  describe(std::string_view(at(body_begin_), body_size_));
  phase_ = Phase::done;
}

void RequestParser::describe(std::string_view body) {
  views_.clear();
  for (const FieldPosition& field : fields_) {
    views_.push_back({std::string_view(at(field.name), field.name_size),
                      std::string_view(at(field.value), field.value_size)});
  }
  const std::string_view target(at(target_begin_), target_size_);
  const std::size_t mark = target.find('?');
  request_ = Request();
  request_.method = method_;
  request_.method_name = std::string_view(target.data() - 1 - method_size_, method_size_);
  request_.target = target;
  request_.path = target.substr(0, mark);
  request_.query =
      mark == std::string_view::npos ? target.substr(target.size()) : target.substr(mark + 1);
  request_.headers = views_;
  request_.body = body;
}

void RequestParser::next() {
  assert(phase_ == Phase::done);
  base::wipe_memory(bytes_.get() + begin_, consumed_);
  begin_ += consumed_;
  if (begin_ == end_) begin_ = end_ = 0;
  forget_request();
  if (end_ == 0 && capacity_ > kKeptCapacityMax) release();
}

void RequestParser::forget_request() {
  consumed_ = scanned_ = body_begin_ = body_size_ = body_bytes_max_ = line_begin_ = 0;
  content_length_ = 0;
  chunk_left_ = overhead_bytes_ = 0;
  phase_ = Phase::request_line;
  skipped_empty_line_ = is_http_1_0_ = has_host_ = false;
  has_content_length_ = has_transfer_encoding_ = expects_continue_ = false;
  keep_alive_ = true;
  fields_.clear();
}

void RequestParser::release() {
  assert(end_ == 0 && phase_ == Phase::request_line);
  bytes_.reset();
  capacity_ = 0;
}

std::span<char> RequestParser::space() {
  constexpr std::size_t kWorthReading = 1024;
  assert(phase_ != Phase::done);
  if (capacity_ - end_ < kWorthReading && begin_ > 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, size());
    base::wipe_memory(bytes_.get() + size(), begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ < kWorthReading) close_gap();
  if (capacity_ == end_) grow();
  return {bytes_.get() + end_, capacity_ - end_};
}

// Chunk framing that has been read leaves a gap between the body so far and what follows.
void RequestParser::close_gap() {
  if (phase_ < Phase::chunk_size) return;
  const std::size_t body_end = body_begin_ + body_size_;
  const std::size_t gap = consumed_ - body_end;
  if (gap == 0) return;
  std::memmove(bytes_.get() + begin_ + body_end, at(consumed_), size() - consumed_);
  base::wipe_memory(bytes_.get() + end_ - gap, gap);
  consumed_ -= gap;
  scanned_ -= gap;
  end_ -= gap;
}

// Doubles, so that memory follows what has been sent and not what has been announced.
void RequestParser::grow() {
  std::size_t capacity = std::max(kFirstCapacity, capacity_ * 2);
  if (phase_ == Phase::body) {
    const std::size_t wanted = body_begin_ + static_cast<std::size_t>(content_length_);
    capacity = std::min(capacity, std::max(wanted, capacity_ + 1));
  }
  auto bytes = std::make_unique_for_overwrite<char[]>(capacity + kReadableBehindBody);
  if (bytes_) {
    std::memcpy(bytes.get(), bytes_.get() + begin_, size());
    base::wipe_memory(bytes_.get(), end_);
  }
  std::memset(bytes.get() + capacity, 0, kReadableBehindBody);
  end_ -= begin_;
  begin_ = 0;
  bytes_ = std::move(bytes);
  capacity_ = capacity;
}

}  // namespace gatehouse::http
