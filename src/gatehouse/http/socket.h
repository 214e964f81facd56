// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "gatehouse/http/ready_sockets.h"

// Private to the server's own sources.
namespace gatehouse::http {

// What became of a read or a write.
struct Transfer {
  enum class Outcome { moved, would_block, ended };
  Outcome outcome = Outcome::ended;
  std::size_t bytes = 0;

  bool moved() const { return outcome == Outcome::moved; }
  bool would_block() const { return outcome == Outcome::would_block; }
  bool ended() const { return outcome == Outcome::ended; }
};

// One accepted TCP connection. Nothing blocks; who waits is told by ReadySockets.
class Socket {
 public:
  // Takes the descriptor, which must be non-blocking.
  Socket(ReadySockets& ready, int descriptor) : ready_(&ready), descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;
  ~Socket() { close(); }

  // From here on `owner` is told, until close(); it must live that long. False when the kernel has
  // no room for it.
  bool watch(SocketOwner& owner);

  // Into space that is not empty. Ended: the peer sends no more, or the connection is gone.
  Transfer read(std::span<char> space);
  Transfer write(std::string_view bytes);
  Transfer write(std::string_view head, std::string_view body);  // in one piece
  void shutdown_send();
  void close();

 private:
  ReadySockets* ready_;
  SocketOwner* owner_ = nullptr;
  int descriptor_;
};

}  // namespace gatehouse::http
