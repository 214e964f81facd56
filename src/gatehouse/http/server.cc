// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "gatehouse/http/connection.h"
#include "gatehouse/http/server_core.h"

namespace gatehouse::http {
namespace {

using boost::asio::ip::tcp;
using telemetry::Field;
using Acceptor = boost::asio::basic_socket_acceptor<tcp, base::Executor>;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kAcceptPause{100};
// Of the limit, so many connections beyond it are told so; further ones are closed without a word.
constexpr std::size_t kTurnedAwayPart = 16;
constexpr std::size_t kTurnedAwayMin = 8;
constexpr int kAcceptedPerTurn = 32;

std::optional<tcp::endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  std::uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto parsed = std::from_chars(port_text.data(), end, port);
  if (port_text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;

  boost::system::error_code error;
  if (host.starts_with('[') && host.ends_with(']')) {
    const auto address =
        boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
    if (error) return std::nullopt;
    return tcp::endpoint(address, port);
  }
  const auto address = boost::asio::ip::make_address_v4(std::string(host), error);
  if (error) return std::nullopt;
  return tcp::endpoint(address, port);
}

// IPv4 clients of an IPv6 socket keep the address they are known by.
std::string address_text(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
        .to_string();
  }
  return address.to_string();
}

bool is_out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// One listening socket. Its accept loop is a callback chain that pauses when the process is out of
// descriptors, so that it neither spins nor gives up (DO-13).
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  explicit Listener(std::shared_ptr<ServerCore> core)
      : core_(std::move(core)),
        acceptor_(core_->loop.get_executor()),
        pause_(core_->loop.get_executor()) {}

  base::Result<std::uint16_t> open(const tcp::endpoint& endpoint) {
    boost::system::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && endpoint.address().is_v6()) {
      acceptor_.set_option(boost::asio::ip::v6_only(false), error);
    }
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (!error) acceptor_.non_blocking(true, error);
    if (error) return base::Error{base::Errc::unavailable, "listen: " + error.message()};
    // Programs we start for text extraction must not inherit it.
    (void)fcntl(acceptor_.native_handle(), F_SETFD, FD_CLOEXEC);
    const std::uint16_t port = acceptor_.local_endpoint(error).port();
    wait();
    return port;
  }

  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

 private:
  void wait() {
    acceptor_.async_wait(Acceptor::wait_read,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           if (!error && self->acceptor_.is_open()) self->accept();
                         });
  }

  // Takes who waits, a few at a time: the connections there are have their turn in between.
  void accept() {
    for (int i = 0; i < kAcceptedPerTurn; ++i) {
      tcp::endpoint peer;
      auto size = static_cast<socklen_t>(peer.capacity());
      const int descriptor =
          ::accept4(acceptor_.native_handle(), peer.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0 && is_out_of_resources(errno)) {
        pause(errno);
        return;
      }
      if (descriptor < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (descriptor < 0) continue;  // concerns the one connection that went away
      peer.resize(size);
      receive(descriptor, peer);
    }
    wait();
  }

  void pause(int error) {
    const std::string why = std::generic_category().message(error);
    if (!paused_before_) core_->log.warn("accept paused", {{Field::detail, why}});
    paused_before_ = true;
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& cancelled) {
      if (!cancelled && self->acceptor_.is_open()) self->accept();
    });
  }

  void receive(int descriptor, const tcp::endpoint& peer) {
    paused_before_ = false;
    Socket socket(*core_->ready_sockets, descriptor);
    const int on = 1;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::size_t open_now = core_->status.connections;
    const std::size_t most = core_->limits.connections_max;
    if (open_now >= most + std::max(most / kTurnedAwayPart, kTurnedAwayMin)) return;
    auto connection = std::make_shared<Connection>(core_, std::move(socket), address_text(peer));
    if (open_now >= most) {
      connection->turn_away();
    } else {
      connection->start();
    }
  }

  std::shared_ptr<ServerCore> core_;
  Acceptor acceptor_;
  Timer pause_;
  bool paused_before_ = false;
};

}  // namespace

class Server::Impl {
 public:
  Impl(boost::asio::io_context& loop, const ServerLimits& limits, Handler handler,
       telemetry::Log& log)
      : core_(std::make_shared<ServerCore>(loop, limits, std::move(handler), log)) {}

  ~Impl() {
    stop_listening();
    core_->abandon();
  }

  base::Result<std::uint16_t> listen(const std::string& address) {
    const auto endpoint = parse_endpoint(address);
    if (!endpoint) {
      return base::Error{base::Errc::invalid_argument, "not ADDRESS:PORT with a literal address"};
    }
    auto opened = core_->ready_sockets->open();
    if (!opened) return opened.error();
    auto listener = std::make_shared<Listener>(core_);
    auto port = listener->open(*endpoint);
    if (!port) return port.error();
    listeners_.push_back(std::move(listener));
    return *port;
  }

  void stop_listening() {
    for (const auto& listener : listeners_) listener->close();
    listeners_.clear();
  }

  ServerCore& core() { return *core_; }

 private:
  std::shared_ptr<ServerCore> core_;
  std::vector<std::shared_ptr<Listener>> listeners_;
};

Server::Server(boost::asio::io_context& loop, ServerLimits limits, Handler handler,
               telemetry::Log& log)
    : impl_(std::make_unique<Impl>(loop, limits, std::move(handler), log)) {}

Server::~Server() = default;

base::Result<std::uint16_t> Server::listen(const std::string& address) {
  return impl_->listen(address);
}

void Server::announce_drain() { impl_->core().announce_drain(); }

base::Coroutine<void> Server::drain(std::chrono::seconds limit) {
  impl_->stop_listening();
  impl_->core().begin_drain();
  co_await impl_->core().wait_until_idle(limit);
  impl_->core().cut_all();
}

ServerStatus Server::status() const { return impl_->core().status; }

void Server::set_observer(RequestObserver& observer) { impl_->core().observer = &observer; }

void Server::set_large_body_judge(Handler judge) {
  impl_->core().set_large_body_judge(std::move(judge));
}

}  // namespace gatehouse::http
