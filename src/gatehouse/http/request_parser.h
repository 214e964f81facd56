// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/http/message.h"

namespace gatehouse::http {

struct RequestLimits {
  std::size_t head_bytes_max = 16 * 1024;        // 431
  std::size_t line_bytes_max = 8 * 1024;         // 431; the request line 414
  std::size_t headers_max = 100;                 // 431
  std::size_t body_bytes_max = 4 * 1024 * 1024;  // 413
  // PUT and POST to paths that begin so may bring more; empty: none.
  std::string large_body_path;
  std::size_t large_body_bytes_max = 0;
};

// Reads requests out of a byte stream, RFC 9112, and refuses whatever two parsers might read
// differently: bytes in, verdict out, no I/O. Owns the buffer that the request's views point into;
// at most one head, one body and one read are kept. What has been consumed is wiped, because heads
// carry bearers.
//
//   while (true) {
//     switch (parser.parse()) {
//       case need_more: fill parser.space(), then parser.received(n); break;
//       case complete:  serve parser.request(); parser.next(); break;
//       case refused:   answer parser.refusal() and close the connection.
class RequestParser {
 public:
  enum class Verdict { need_more, complete, refused };
  enum class Stage { between_requests, head, body };

  struct Refusal {
    int status = 400;
    std::string_view reason;  // fixed words of ours
  };

  explicit RequestParser(const RequestLimits& limits) : limits_(limits) {}
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Room for the next bytes, never empty. Moves the buffer, so only while the verdict is need_more.
  std::span<char> space();
  void received(std::size_t count) { end_ += count; }

  // After `complete` the verdict stays until next(); after `refused` for good.
  Verdict parse();

  // Valid after `complete`, until next(), and after read_head_alone(). The parser leaves `peer` to
  // the connection.
  Request& request() { return request_; }
  const Refusal& refusal() const { return refusal_; }
  Stage stage() const;

  // True once per request whose client waits for `100 Continue` before it sends the body.
  bool take_expectation();

  // Whether the request may bring more than bodies usually are; known once its head is. Also of one
  // that was refused for bringing more than even that.
  bool takes_large_body() const { return body_bytes_max_ > limits_.body_bytes_max; }
  // Of the body, so far.
  std::size_t body_received() const;
  // At Stage::body: makes request() what the head says, with an empty body, until space() or
  // parse().
  void read_head_alone();

  // Whether the connection may go on after the answer.
  bool keep_alive() const { return keep_alive_; }
  // An HTTP/1.0 client does not know chunked coding.
  bool is_http_1_0() const { return is_http_1_0_; }

  // Wipes the complete request and turns to the bytes behind it.
  void next();

  // Bytes have come behind the request that is complete or refused.
  bool has_more() const { return size() > consumed_; }

  std::size_t capacity() const { return capacity_; }
  // Gives the buffer back; only at Stage::between_requests.
  void release();

 private:
  enum class Phase {
    request_line,
    fields,
    body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    done
  };
  enum class Step { proceed, wait, refuse };
  struct FieldPosition {
    std::uint32_t name, name_size, value, value_size;
  };

  Step advance();
  Step refuse(int status, std::string_view reason);
  Step take_line(std::string_view& line, std::size_t bytes_max, int status);
  Step read_request_line();
  Step read_method(std::string_view name);
  Step read_version(std::string_view version);
  Step read_target(std::string_view target);
  Step read_field();
  Step split_field(std::string_view line, FieldPosition& field);
  Step note_field(std::string_view name, std::string_view value, std::string_view raw_value);
  Step note_content_length(std::string_view value);
  Step note_transfer_encoding(std::string_view raw_value);
  Step note_host(std::string_view value);
  Step check_content_encoding(std::string_view value);
  void note_connection(std::string_view value);
  Step end_head();
  std::size_t body_bytes_max() const;
  Step read_body();
  Step read_chunk_size();
  Step read_chunk_data();
  Step read_chunk_end();
  Step read_trailer();
  void finish();
  void describe(std::string_view body);
  void forget_request();
  void close_gap();
  void grow();

  const char* at(std::size_t offset) const { return bytes_.get() + begin_ + offset; }
  std::size_t size() const { return end_ - begin_; }

  RequestLimits limits_;
  std::unique_ptr<char[]>
      bytes_;  // capacity_ bytes and 64 more, so that the body may be read past its end
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;  // of the current request
  std::size_t end_ = 0;    // of what was received

  // Offsets from begin_.
  std::size_t consumed_ = 0;  // read and understood
  std::size_t scanned_ = 0;   // known to hold no line end
  std::size_t body_begin_ = 0;
  std::size_t body_size_ = 0;
  std::size_t target_begin_ = 0;
  std::size_t target_size_ = 0;
  std::size_t method_size_ = 0;
  std::size_t line_begin_ = 0;

  std::size_t body_bytes_max_ = 0;  // of this request
  std::uint64_t content_length_ = 0;
  std::size_t chunk_left_ = 0;
  std::size_t overhead_bytes_ = 0;  // chunk extensions and trailers so far
  Method method_ = Method::get;
  Phase phase_ = Phase::request_line;
  bool refused_ = false;
  bool skipped_empty_line_ = false;
  bool is_http_1_0_ = false;
  bool keep_alive_ = true;
  bool has_host_ = false;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool expects_continue_ = false;

  std::vector<FieldPosition> fields_;
  std::vector<HeaderView> views_;
  Request request_;
  Refusal refusal_;
};

}  // namespace gatehouse::http
