// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/ready_sockets.h"

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace gatehouse::http {
namespace {

constexpr std::uint32_t kWatched = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

Readiness readiness_of(std::uint32_t events) {
  Readiness readiness;
  readiness.hung_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  readiness.readable = readiness.hung_up || (events & EPOLLIN) != 0;
  readiness.writable = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  return readiness;
}

}  // namespace

ReadySockets::ReadySockets(boost::asio::io_context& loop) : set_(loop.get_executor()) {}

base::Result<void> ReadySockets::open() {
  if (set_.is_open()) return {};
  const int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) {
    return base::Error{base::Errc::unavailable, "epoll: " + std::generic_category().message(errno)};
  }
  set_.assign(set);
  return {};
}

bool ReadySockets::add(int descriptor, SocketOwner& owner) {
  if (!control(EPOLL_CTL_ADD, descriptor, &owner)) return false;
  ++watched_;
  if (!waiting_) wait();
  return true;
}

bool ReadySockets::hand_over(int descriptor, const SocketOwner& from, SocketOwner& to) {
  forget(from);
  return control(EPOLL_CTL_MOD, descriptor, &to);  // which also looks anew at what is there
}

void ReadySockets::remove(int descriptor, const SocketOwner& owner) {
  forget(owner);
  // Not left to close(): a child process being started holds the socket for a moment longer.
  (void)control(EPOLL_CTL_DEL, descriptor, nullptr);
  --watched_;
  if (watched_ > 0 || !waiting_) return;
  boost::system::error_code ignored;
  set_.cancel(ignored);  // so that a loop with nothing else to do can end
}

bool ReadySockets::control(int operation, int descriptor, SocketOwner* owner) {
  epoll_event event{};
  event.events = kWatched;
  event.data.ptr = owner;
  return epoll_ctl(set_.native_handle(), operation, descriptor, &event) == 0;
}

void ReadySockets::wait() {
  waiting_ = true;
  set_.async_wait(set_.wait_read, [self = shared_from_this()](const boost::system::error_code&) {
    self->waiting_ = false;
    self->tell();
    if (self->watched_ > 0 && !self->waiting_) self->wait();
  });
}

void ReadySockets::tell() {
  const int count = epoll_wait(set_.native_handle(), batch_.data(), static_cast<int>(kBatch), 0);
  batch_end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (batch_next_ = 0; batch_next_ < batch_end_;) {
    const epoll_event& event = batch_[batch_next_++];
    auto* const owner = static_cast<SocketOwner*>(event.data.ptr);
    if (owner != nullptr) owner->on_ready(readiness_of(event.events));
  }
}

void ReadySockets::forget(const SocketOwner& owner) {
  for (std::size_t i = batch_next_; i < batch_end_; ++i) {
    if (batch_[i].data.ptr == &owner) batch_[i].data.ptr = nullptr;
  }
}

}  // namespace gatehouse::http
