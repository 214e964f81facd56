// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/socket.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace gatehouse::http {
namespace {

Transfer transfer_of(ssize_t count) {
  if (count >= 0) return {Transfer::Outcome::moved, static_cast<std::size_t>(count)};
  const bool would_block = errno == EAGAIN || errno == EWOULDBLOCK;
  return {would_block ? Transfer::Outcome::would_block : Transfer::Outcome::ended, 0};
}

// sendmsg() does not write through it.
iovec part_of(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

Socket::Socket(Socket&& other) noexcept
    : ready_(other.ready_),
      owner_(std::exchange(other.owner_, nullptr)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

bool Socket::watch(SocketOwner& owner) {
  const bool watched = owner_ == nullptr ? ready_->add(descriptor_, owner)
                                         : ready_->hand_over(descriptor_, *owner_, owner);
  if (watched) owner_ = &owner;
  return watched;
}

Transfer Socket::read(std::span<char> space) {
  ssize_t count = 0;
  do {
    count = ::recv(descriptor_, space.data(), space.size(), 0);
  } while (count < 0 && errno == EINTR);
  return count == 0 ? Transfer() : transfer_of(count);
}

Transfer Socket::write(std::string_view bytes) {
  ssize_t count = 0;
  do {
    count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return transfer_of(count);
}

Transfer Socket::write(std::string_view head, std::string_view body) {
  std::array<iovec, 2> parts{part_of(head), part_of(body)};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  ssize_t count = 0;
  do {
    count = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return transfer_of(count);
}

void Socket::shutdown_send() { (void)::shutdown(descriptor_, SHUT_WR); }

void Socket::close() {
  if (descriptor_ < 0) return;
  if (owner_ != nullptr) ready_->remove(descriptor_, *owner_);
  owner_ = nullptr;
  (void)::close(std::exchange(descriptor_, -1));
}

}  // namespace gatehouse::http
