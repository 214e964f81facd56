// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/outgoing_event_stream.h"

#include <cassert>
#include <utility>

namespace gatehouse::http {

bool OutgoingEventStream::send(const Event& event) {
  if (!has_room()) return false;
  append_event(unsent_, event);
  if (outlet_ != nullptr) outlet_->stream_changed();
  return true;
}

bool OutgoingEventStream::comment(std::string_view text) {
  if (!has_room()) return false;
  append_comment(unsent_, text);
  if (outlet_ != nullptr) outlet_->stream_changed();
  return true;
}

bool OutgoingEventStream::has_room() {
  if (state_ != State::open) return false;
  const std::size_t backlog = outlet_ == nullptr ? 0 : outlet_->backlog();
  if (unsent_.size() + backlog <= buffer_bytes_max_) return true;
  state_ = State::overflowed;
  if (outlet_ != nullptr) outlet_->stream_changed();
  return false;
}

void OutgoingEventStream::close() {
  if (state_ != State::open) return;
  state_ = State::closing;
  if (outlet_ != nullptr) outlet_->stream_changed();
}

void OutgoingEventStream::on_closed(std::function<void()> callback) {
  if (state_ == State::ended) {
    callback();
    return;
  }
  assert(!on_closed_);
  on_closed_ = std::move(callback);
}

void OutgoingEventStream::attach(StreamOutlet& outlet, std::size_t buffer_bytes_max) {
  assert(outlet_ == nullptr && state_ != State::ended);
  outlet_ = &outlet;
  buffer_bytes_max_ = buffer_bytes_max;
}

std::string OutgoingEventStream::take() { return std::exchange(unsent_, std::string()); }

OutgoingEventStream& outgoing(EventStream& stream) {
  auto* concrete = dynamic_cast<OutgoingEventStream*>(&stream);
  assert(concrete != nullptr);
  return *concrete;
}

void OutgoingEventStream::end() {
  if (state_ == State::ended) return;
  state_ = State::ended;
  outlet_ = nullptr;
  unsent_ = std::string();
  const std::function<void()> callback = std::exchange(on_closed_, nullptr);
  if (callback) callback();
}

}  // namespace gatehouse::http
