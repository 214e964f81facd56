// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/stream_connection.h"

#include <array>
#include <boost/asio/post.hpp>
#include <charconv>
#include <utility>

namespace gatehouse::http {
namespace {

constexpr std::string_view kComment = ":\n\n";
constexpr std::uint32_t kDiscardedBytesMax = 64 * 1024;

}  // namespace

StreamConnection::StreamConnection(std::shared_ptr<ServerCore> core, Socket socket, Framing framing)
    : core_(std::move(core)), socket_(std::move(socket)), framing_(framing) {}

void StreamConnection::start(Response response) {
  self_ = shared_from_this();
  core_->enter(*this);
  ++core_->status.streams;
  stream_ = std::move(response.stream);
  OutgoingEventStream& stream = outgoing(*stream_);
  stream.attach(*this, core_->limits.stream_buffer_bytes_max);
  if (core_->is_draining() && !stream.may_finish_while_draining()) stream.close();

  HeadOptions options;
  options.framing = framing_;
  options.close = true;
  options.date_line = core_->date_line();
  std::string& out = core_->scratch();
  append_head(out, response, options);
  append_events(out, std::string(kComment) + stream.take());
  if (!stream.is_open()) append_end(out);
  write(out);
  if (state_ != State::closed && !socket_.watch(*this)) cut();
}

void StreamConnection::on_ready(Readiness readiness) {
  const auto self = shared_from_this();
  if (readiness.readable) on_readable();
  if (readiness.writable && state_ == State::open && !backlog_.empty()) on_writable();
}

void StreamConnection::on_deadline() {
  const auto self = shared_from_this();
  if (state_ == State::open && backlog_.empty()) {
    std::string& out = core_->scratch();
    append_events(out, kComment);
    write(out);
    return;
  }
  cut();  // a reader that takes nothing, or a closed connection whose client stays
}

void StreamConnection::drain() {
  if (state_ == State::open && !outgoing(*stream_).may_finish_while_draining()) stream_->close();
}

void StreamConnection::cut() {
  if (state_ == State::closed) return;
  const auto self = std::move(self_);
  const bool was_open = state_ == State::open;
  state_ = State::closed;
  socket_.close();
  core_->keep_unsent(backlog_kept_, 0);
  backlog_ = std::string();
  core_->leave(*this);
  if (was_open) end_stream();
}

// Posted, so that several events of one turn leave in one write and no callback runs inside the
// handler's send().
void StreamConnection::stream_changed() {
  if (flush_posted_) return;
  flush_posted_ = true;
  boost::asio::post(core_->loop, [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->flush();
  });
}

void StreamConnection::append_events(std::string& out, std::string_view events) const {
  if (events.empty()) return;
  if (framing_ == Framing::until_close) {
    out += events;
    return;
  }
  std::array<char, 20> digits;
  char* const end = std::to_chars(digits.begin(), digits.end(), events.size(), 16).ptr;
  out.append(digits.begin(), end).append("\r\n").append(events).append("\r\n");
}

void StreamConnection::append_end(std::string& out) {
  if (framing_ == Framing::chunked) out += "0\r\n\r\n";
  end_written_ = true;
}

void StreamConnection::flush() {
  if (state_ != State::open) return;
  OutgoingEventStream& stream = outgoing(*stream_);
  if (stream.has_overflowed()) {
    cut();
    return;
  }
  if (!backlog_.empty()) {
    if (!keep_backlog()) cut();
    return;
  }
  if (end_written_) return;
  const std::string events = stream.take();
  if (events.empty() && stream.is_open()) return;
  std::string& out = core_->scratch();
  append_events(out, events);
  if (!stream.is_open()) append_end(out);
  write(out);
}

void StreamConnection::write(std::string_view bytes) {
  const Transfer written = socket_.write(bytes);
  if (written.ended()) {
    cut();
    return;
  }
  if (written.bytes == bytes.size()) {
    all_written();
    return;
  }
  backlog_ = bytes.substr(written.bytes);
  if (!keep_backlog()) {
    cut();
    return;
  }
  sent_late_ = 0;
  core_->write.start(*this, coarse_now());
}

// Counts what waits for the client among what waits for all.
bool StreamConnection::keep_backlog() {
  const std::size_t now = backlog_.size() + outgoing(*stream_).waiting();
  if (core_->keep_unsent(backlog_kept_, now)) return true;
  core_->log.warn("stream cut", {{telemetry::Field::reason, "unsent answers exhausted"}});
  return false;
}

void StreamConnection::on_writable() {
  const Transfer written = socket_.write(backlog_);
  if (written.ended()) {
    cut();
    return;
  }
  backlog_.erase(0, written.bytes);
  sent_late_ += written.bytes;
  if (sent_late_ >= core_->limits.write_bytes_min) {
    sent_late_ = 0;
    core_->write.start(*this, coarse_now());
  }
  if (!backlog_.empty()) return;
  core_->keep_unsent(backlog_kept_, 0);
  backlog_ = std::string();
  all_written();
}

void StreamConnection::all_written() {
  if (end_written_) {
    finish();
    return;
  }
  core_->comment.start(*this, coarse_now());
  flush();
}

// The client reads the end and closes; until then what it may have sent is read and forgotten,
// because closing over unread bytes would reset the connection and could take the last events with
// it.
void StreamConnection::finish() {
  state_ = State::lingering;
  socket_.shutdown_send();
  core_->linger.start(*this, coarse_now());
  end_stream();
}

void StreamConnection::end_stream() {
  --core_->status.streams;
  const std::shared_ptr<EventStream> stream = std::move(stream_);
  outgoing(*stream).end();
}

// A stream's client has nothing more to say: bytes are dropped, and the end of them means that it
// has gone.
void StreamConnection::on_readable() {
  std::array<char, 1024> bin;
  Transfer dropped;
  do {
    dropped = socket_.read(bin);
    discarded_ += static_cast<std::uint32_t>(dropped.bytes);
  } while (dropped.moved() && discarded_ <= kDiscardedBytesMax);
  if (!dropped.would_block()) cut();
}

}  // namespace gatehouse::http
