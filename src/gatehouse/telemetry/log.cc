// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/telemetry/log.h"

#include <spdlog/logger.h>
// After the logger's header, which it needs.
#include <spdlog/details/periodic_worker.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>

#include "gatehouse/telemetry/console_log.h"
#include "gatehouse/telemetry/log_line.h"

namespace gatehouse::telemetry {
namespace {

constexpr std::chrono::milliseconds kGatherTime{100};
constexpr std::chrono::seconds kFlushInterval{1};
constexpr std::size_t kBufferBytesMax = 64 * 1024;

// Collects whole lines and writes them to stdout together, so that a line costs no system call of
// its own. A reader that is gone loses lines; it does not end the program.
class BufferedStdout final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  BufferedStdout() { buffer_.reserve(kBufferBytesMax + 4096); }
  ~BufferedStdout() override { write_out(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    buffer_.append(message.payload.data(), message.payload.size());
    buffer_ += '\n';
    if (buffer_.size() < kBufferBytesMax && message.time - written_ < kGatherTime) return;
    written_ = message.time;
    write_out();
  }

  void flush_() override { write_out(); }

 private:
  void write_out() {
    std::string_view left = buffer_;
    while (!left.empty()) {
      const ssize_t written = ::write(STDOUT_FILENO, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      left.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
  }

  std::string buffer_;
  spdlog::log_clock::time_point written_;
};

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::audit:
      return spdlog::level::critical;
  }
  std::abort();
}

LogTime to_log_time(spdlog::log_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time);
}

// spdlog carries finished lines: it filters by level, locks, and decides when to flush. The text is
// ours.
class BufferedConsoleLog final : public ConsoleLog {
 public:
  explicit BufferedConsoleLog(Level level)
      : readable_(isatty(STDOUT_FILENO) == 1),
        logger_("gatehouse", std::make_shared<BufferedStdout>()),
        flusher_([this] { logger_.flush(); }, kFlushInterval) {
    logger_.set_level(level_of(level));
    // Troubles are told at once, and so is everything when a person is looking.
    logger_.flush_on(readable_ ? spdlog::level::trace : spdlog::level::warn);
  }

  bool enabled(Level level) const override { return logger_.should_log(level_of(level)); }

  void put(Level level, std::string_view event, std::span<const LogField> fields) override {
    if (!enabled(level)) return;
    if (level == Level::audit) return write_audit(event, fields);
    write_line(level, event, fields, nullptr);
  }

  void begin_audit(std::string chain, AuditDigest digest) override {
    if (readable_) return;
    {
      const std::lock_guard lock(audit_);
      chain_.emplace(std::move(chain), std::move(digest));
    }
    write_audit(kAuditStart, {});
  }

  void end_audit() override {
    if (readable_) return;
    write_audit(kAuditEnd, {});
    const std::lock_guard lock(audit_);
    chain_.reset();
  }

  std::optional<AuditHead> audit_head() const override {
    const std::lock_guard lock(audit_);
    if (!chain_) return std::nullopt;
    return chain_->head();
  }

  void write_document(std::string_view line) override {
    logger_.log(spdlog::log_clock::now(), spdlog::source_loc(), level_of(Level::audit),
                spdlog::string_view_t(line.data(), line.size()));
  }

 private:
  // Lines of the chain leave in its order.
  void write_audit(std::string_view event, std::span<const LogField> fields) {
    const std::lock_guard lock(audit_);
    write_line(Level::audit, event, fields, chain_ ? &*chain_ : nullptr);
  }

  void write_line(Level level, std::string_view event, std::span<const LogField> fields,
                  AuditChain* chain) {
    thread_local std::string line;
    line.clear();
    const auto now = spdlog::log_clock::now();
    if (readable_) {
      append_readable_line(line, to_log_time(now), level, event, fields);
    } else {
      append_json_line(line, to_log_time(now), level, event, fields);
      if (chain != nullptr) chain->seal(line);
    }
    logger_.log(now, spdlog::source_loc(), level_of(level),
                spdlog::string_view_t(line.data(), line.size()));
  }

  const bool readable_;
  mutable std::mutex audit_;
  std::optional<AuditChain> chain_;
  spdlog::logger logger_;
  spdlog::details::periodic_worker flusher_;
};

}  // namespace

std::unique_ptr<ConsoleLog> open_console_log(Level level) {
  return std::make_unique<BufferedConsoleLog>(level);
}

std::unique_ptr<Log> make_console_log(Level level) { return open_console_log(level); }

void MemoryLog::put(Level level, std::string_view event, std::span<const LogField> fields) {
  const std::lock_guard lock(mutex_);
  append_json_line(text_, to_log_time(spdlog::log_clock::now()), level, event, fields);
  text_ += '\n';
}

}  // namespace gatehouse::telemetry
