// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::telemetry {

// `audit` is for what has to be provable later: who was let in or refused, and what was done with
// whose data. It is written whatever level was asked for.
enum class Level { debug, info, warn, error, audit };

// Every field that may ever appear in a log line. What is not in this list cannot be logged: no
// tokens, codes, cookies, addresses of people, queries or content. Values of outside origin are
// escaped and cut to 256 bytes by the logger.
enum class Field {
  reason,  // short words of ours
  detail,  // Error::detail: for operators, never a secret
  method,  // HTTP method
  route,   // path of the route table, never the raw target
  status,  // HTTP status
  duration_ms,
  bytes,
  count,
  peer,         // TCP peer address
  trace_id,     // of the request, as its caller or we named it (W3C trace context)
  request_id,   // of our part of that trace
  client,       // client id
  client_name,  // as registered
  user,         // HMAC of the subject, first 12 characters
  grant,        // first 6 characters of the grant's hash
  tool,
  object,    // Google's id of what a tool changed
  outside,   // how many of `count` recipients are outside the user's organisation
  upstream,  // host or API of an outgoing call
  upstream_status,
  attempt,
  operation,       // of an outgoing call: "GetItem"
  error_type,      // as AWS names it
  aws_request_id,  // for AWS's support
  setting,
  path,  // file of ours
  version,
  url,     // our own public URLs only
  domain,  // hosted domain of a sign-in
};

std::string_view name_of(Field field);  // as it stands in the line
std::string_view name_of(Level level);

struct LogField {
  Field field;
  std::variant<std::int64_t, std::string_view> value;
};

// Safe from any thread; never throws, never fails, never blocks for longer than a write to stdout.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool enabled(Level level) const = 0;
  // `event` is a fixed phrase of ours, such as "sign-in refused".
  virtual void put(Level level, std::string_view event, std::span<const LogField> fields) = 0;

  void write(Level level, std::string_view event, std::initializer_list<LogField> fields = {}) {
    put(level, event, {fields.begin(), fields.size()});
  }

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(Level::debug, event, fields);
  }
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(Level::info, event, fields);
  }
  void warn(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(Level::warn, event, fields);
  }
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(Level::error, event, fields);
  }
  void audit(std::string_view event, std::initializer_list<LogField> fields = {}) {
    write(Level::audit, event, fields);
  }
};

// One JSON object per line on stdout, or readable text when stdout is a terminal at this moment.
// Lines below `warn` may wait 100 ms to be written with others; destroying the log writes what
// waits.
std::unique_ptr<Log> make_console_log(Level level);

// Keeps what was written, for tests.
class MemoryLog final : public Log {
 public:
  bool enabled(Level) const override { return true; }
  void put(Level level, std::string_view event, std::span<const LogField> fields) override;
  // One JSON object per line. Not while another thread writes.
  const std::string& text() const { return text_; }

 private:
  std::mutex mutex_;
  std::string text_;
};

}  // namespace gatehouse::telemetry
