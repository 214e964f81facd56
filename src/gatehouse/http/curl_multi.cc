// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_multi.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "gatehouse/http/curl_options.h"

namespace gatehouse::http {
namespace {

namespace asio = boost::asio;
using base::Errc;
using base::Error;
using std::chrono::milliseconds;

constexpr std::size_t kIdleHandlesMax = 64;
constexpr std::size_t kIdleConnectionsMax = 64;
constexpr std::size_t kOriginsKeptMax = 1'000;

bool global_libcurl_is_ready() {
  static const CURLcode outcome = curl_global_init(CURL_GLOBAL_DEFAULT);
  return outcome == CURLE_OK;
}

}  // namespace

CurlClient::Impl::Impl(asio::io_context& loop, CurlClientOptions options)
    : executor_(loop.get_executor()),
      options_(std::move(options)),
      sockets_(loop),
      timer_(loop),
      bodies_(options_.bodies_bytes_max) {
  if (options_.public_addresses_only)
    options_.allow_plain_http_to_loopback = options_.plain_http_anywhere = false;
}

CurlClient::Impl::~Impl() { shut_down(); }

void CurlClient::Impl::open() {
  const bool ready = global_libcurl_is_ready();
  assert(ready);
  multi_ = curl_multi_init();
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  assert(multi_ != nullptr && epoll_ >= 0);
  sockets_.assign(epoll_);

  curl_socket_callback on_socket = [](CURL*, curl_socket_t socket, int what, void* self,
                                      void* known) noexcept {
    return static_cast<Impl*>(self)->watch(socket, what, known != nullptr);
  };
  curl_multi_timer_callback on_timer = [](CURLM*, long delay_ms, void* self) noexcept {
    return static_cast<Impl*>(self)->set_timer(delay_ms);
  };
  set_curl(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  set_curl(multi_, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  set_curl(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  set_curl(multi_, CURLMOPT_TIMERDATA, static_cast<void*>(this));
  set_curl(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  set_curl(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
           static_cast<long>(options_.connections_per_host_max));
  set_curl(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kIdleConnectionsMax));
}

void CurlClient::Impl::shut_down() {
  if (multi_ == nullptr) return;
  const std::string detail = "HTTP client closed";
  line_closed_ = true;
  while (!line_.empty()) line_.front()->fail(Error{Errc::unavailable, detail});
  while (!active_.empty()) active_.front()->fail(Error{Errc::timeout, detail});
  for (CURL* easy : idle_handles_) curl_easy_cleanup(easy);
  idle_handles_.clear();
  // Closes the pooled connections, which may still call watch().
  curl_multi_cleanup(std::exchange(multi_, nullptr));
  timer_.cancel();
  boost::system::error_code ignored;
  sockets_.close(ignored);
  epoll_ = -1;
}

base::Result<void> CurlClient::Impl::admit(Transfer& transfer) {
  if (multi_ == nullptr) return Error{Errc::unavailable, "HTTP client closed"};
  if (has_room(transfer.target_.origin)) return start(transfer);
  if (line_.size() >= options_.requests_waiting_max) {
    return Error{Errc::unavailable,
                 "exchange with " + transfer.target_.host + " failed: too many requests in line"};
  }
  transfer.waiting_ = true;
  line_.push_back(&transfer);
  return {};
}

// Takes a transfer out of wherever it is and lets the next one start. A second call does nothing.
void CurlClient::Impl::leave(Transfer& transfer) {
  if (transfer.waiting_) {
    line_.remove(&transfer);
    transfer.waiting_ = false;
  }
  if (transfer.easy_ == nullptr) return;
  release_handle(transfer);
  active_.remove(&transfer);
  const auto count = active_by_origin_.find(transfer.target_.origin);
  if (--count->second == 0) active_by_origin_.erase(count);
  start_next();
}

bool CurlClient::Impl::has_room(const std::string& origin) const {
  if (active_.size() >= options_.requests_in_flight_max) return false;
  const auto count = active_by_origin_.find(origin);
  if (count == active_by_origin_.end()) return true;
  // Requests beyond an HTTP/1.1 host's connections wait here and not in libcurl, where waiting
  // would use up their time to connect.
  const bool multiplexed = multiplexed_origins_.contains(origin);
  const auto limit =
      multiplexed ? options_.requests_per_host_max : options_.connections_per_host_max;
  return count->second < limit;
}

base::Result<void> CurlClient::Impl::start(Transfer& transfer) {
  CURL* const easy = take_handle();
  if (easy == nullptr) return Error{Errc::internal, "libcurl gave no handle"};
  transfer.easy_ = easy;
  transfer.prepare();
  active_.push_back(&transfer);
  ++active_by_origin_[transfer.target_.origin];
  if (curl_multi_add_handle(multi_, easy) == CURLM_OK) return {};
  leave(transfer);
  return Error{Errc::internal, "libcurl refused the request"};
}

// One end makes room for one start at most, because nobody in line had room before.
void CurlClient::Impl::start_next() {
  if (line_closed_) return;
  const auto next =
      std::ranges::find_if(line_, [&](const Transfer* t) { return has_room(t->target_.origin); });
  if (next == line_.end()) return;
  Transfer& transfer = **next;
  line_.erase(next);
  transfer.waiting_ = false;
  const auto started = start(transfer);
  if (!started) transfer.fail(started.error());
}

CURL* CurlClient::Impl::take_handle() {
  if (idle_handles_.empty()) return curl_easy_init();
  CURL* const easy = idle_handles_.back();
  idle_handles_.pop_back();
  return easy;
}

void CurlClient::Impl::release_handle(Transfer& transfer) {
  CURL* const easy = std::exchange(transfer.easy_, nullptr);
  long connections = 0;
  long version = 0;
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
  curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  connections_opened_ += static_cast<std::uint64_t>(connections);
  note_version(transfer.target_.origin, version);

  curl_multi_remove_handle(multi_, easy);
  curl_easy_reset(easy);
  if (idle_handles_.size() < kIdleHandlesMax) {
    idle_handles_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
}

void CurlClient::Impl::note_version(const std::string& origin, long version) {
  if (version == CURL_HTTP_VERSION_2_0) {
    if (multiplexed_origins_.size() >= kOriginsKeptMax) multiplexed_origins_.clear();
    multiplexed_origins_.insert(origin);
  } else if (version != CURL_HTTP_VERSION_NONE) {
    multiplexed_origins_.erase(origin);
  }
}

void CurlClient::Impl::drive(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  collect();
}

void CurlClient::Impl::collect() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    void* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    static_cast<Transfer*>(transfer)->finish(message->data.result);
  }
}

// libcurl's callback: adds, changes or removes one of its sockets in our epoll set.
int CurlClient::Impl::watch(curl_socket_t socket, int what, bool known) {
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    if (known) --sockets_watched_;
    boost::system::error_code ignored;
    if (sockets_watched_ == 0) sockets_.cancel(ignored);  // or the loop would never run out of work
    return 0;
  }
  epoll_event event{};
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  event.data.fd = socket;
  if (epoll_ctl(epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event) != 0) return -1;
  if (!known) {
    ++sockets_watched_;
    curl_multi_assign(multi_, socket, this);
  }
  wait_for_sockets();
  return 0;
}

void CurlClient::Impl::wait_for_sockets() {
  if (wait_pending_ || sockets_watched_ == 0) return;
  wait_pending_ = true;
  sockets_.async_wait(Descriptor::wait_read,
                      [self = shared_from_this()](boost::system::error_code) {
                        self->wait_pending_ = false;
                        if (self->multi_ == nullptr) return;
                        self->on_sockets_ready();
                        self->wait_for_sockets();
                      });
}

void CurlClient::Impl::on_sockets_ready() {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto ready = events[static_cast<std::size_t>(i)];
    int bits = 0;
    if ((ready.events & (EPOLLIN | EPOLLHUP)) != 0) bits |= CURL_CSELECT_IN;
    if ((ready.events & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
    if ((ready.events & EPOLLERR) != 0) bits |= CURL_CSELECT_ERR;
    drive(ready.data.fd, bits);
  }
}

// libcurl's callback. It must not be called back from within, so even a delay of zero goes through
// the loop.
int CurlClient::Impl::set_timer(long delay_ms) {
  timer_.cancel();
  if (delay_ms < 0) return 0;
  timer_.expires_after(milliseconds(delay_ms));
  timer_.async_wait(
      [self = shared_from_this(), round = ++timer_round_](boost::system::error_code cancelled) {
        // A cancelled wait may already have been queued as expired.
        if (cancelled || self->multi_ == nullptr || round != self->timer_round_) return;
        self->drive(CURL_SOCKET_TIMEOUT, 0);
      });
  return 0;
}

}  // namespace gatehouse::http
