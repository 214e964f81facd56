// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstddef>
#include <memory>

#include "gatehouse/base/result.h"
#include "gatehouse/base/task.h"

// Private to the server's own sources.
namespace gatehouse::http {

// What has changed at a socket. A read or a write may still find that it would block.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // no news of this socket will follow: read to the end
};

class SocketOwner {
 public:
  virtual void on_ready(Readiness readiness) = 0;

 protected:
  ~SocketOwner() = default;
};

// Tells the owners of sockets when there is something to read or room to write. An epoll set of our
// own, itself one descriptor of the loop: a socket is registered once for its life, where an Asio
// socket takes a system call and an operation for every wait.
//
// News comes once per change (edge-triggered): who is told reads until the socket gives less than
// asked for, or remembers that it has not.
class ReadySockets : public std::enable_shared_from_this<ReadySockets> {
 public:
  explicit ReadySockets(boost::asio::io_context& loop);

  // Before the first add(). Errc::unavailable without a descriptor for it.
  base::Result<void> open();

  // False when the kernel has no room. The owner is told at once of what is there already. It must
  // outlive the registration.
  bool add(int descriptor, SocketOwner& owner);
  // The same with another owner from here on.
  bool hand_over(int descriptor, const SocketOwner& from, SocketOwner& to);
  // Nothing is told any more, also not of what was found already.
  void remove(int descriptor, const SocketOwner& owner);

 private:
  static constexpr std::size_t kBatch = 64;  // then everything else on the loop has its turn

  bool control(int operation, int descriptor, SocketOwner* owner);
  void wait();
  void tell();
  void forget(const SocketOwner& owner);

  boost::asio::posix::basic_stream_descriptor<base::Executor> set_;
  std::array<epoll_event, kBatch> batch_;
  std::size_t batch_next_ = 0;
  std::size_t batch_end_ = 0;
  std::size_t watched_ = 0;
  bool waiting_ = false;
};

}  // namespace gatehouse::http
