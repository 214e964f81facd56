// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <list>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/http/curl_request.h"
#include "gatehouse/http/field_text.h"
#include "gatehouse/http/public_address.h"

namespace gatehouse::http {
namespace {

namespace asio = boost::asio;
using base::Errc;
using base::Error;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Timer =
    asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, base::Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<base::Executor>;

constexpr std::size_t kIdleHandlesMax = 64;
constexpr std::size_t kIdleConnectionsMax = 64;
constexpr std::size_t kOriginsKeptMax = 1'000;
constexpr std::size_t kFirstBodyReserve = 16 * 1024;

bool global_libcurl_is_ready() {
  static const CURLcode outcome = curl_global_init(CURL_GLOBAL_DEFAULT);
  return outcome == CURLE_OK;
}

// libcurl takes its options through C varargs; a refused option is a mistake of ours.
template <class T>
void set(CURL* easy, CURLoption option, T value) {
  const CURLcode outcome = curl_easy_setopt(easy, option, value);
  assert(outcome == CURLE_OK);
}

template <class T>
void set(CURLM* multi, CURLMoption option, T value) {
  const CURLMcode outcome = curl_multi_setopt(multi, option, value);
  assert(outcome == CURLM_OK);
}

std::span<const std::uint8_t> address_bytes(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address.addr);
    return {reinterpret_cast<const std::uint8_t*>(&in.sin_addr), sizeof in.sin_addr};
  }
  if (address.family == AF_INET6) {
    // libcurl fills a buffer that is larger than the `sockaddr` its type names.
    const auto* in = reinterpret_cast<const sockaddr_in6*>(&address.addr);
    return {reinterpret_cast<const std::uint8_t*>(&in->sin6_addr), sizeof in->sin6_addr};
  }
  return {};
}

bool failed_before_sending(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PROXY:
      return true;
    default:
      return false;
  }
}

}  // namespace

// One exchange. It lives in the coroutine that awaits it, so destroying that coroutine ends the
// transfer.
class CurlClient::Transfer {
 public:
  Transfer(std::shared_ptr<Impl> impl, const ClientRequest& request, CurlTarget target,
           CurlHeaders lines);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  base::Task<ClientResponse> run();

 private:
  friend class Impl;

  void prepare();
  void set_method();
  void set_body();
  void set_security();
  curl_socket_t open_socket(const curl_sockaddr& address);
  void finish(CURLcode code);
  void fail(Error error);
  void interrupt(bool deadline_passed);
  bool began_to_send() const;
  Error error_of(CURLcode code) const;

  bool take_head_line(std::string_view line);
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  std::size_t announced_size() const;
  std::size_t give_body(char* out, std::size_t space);

  std::shared_ptr<Impl> impl_;
  const ClientRequest& request_;
  CurlTarget target_;
  CurlHeaders lines_;
  Timer signal_;  // expires at the deadline; cancelled when the transfer has ended

  CURL* easy_ = nullptr;  // while in flight
  bool waiting_ = false;  // while in line
  bool ended_ = false;
  std::optional<Error> error_;
  std::optional<Error> refused_;  // set by a callback that aborted the transfer
  ClientResponse response_;

  std::size_t body_sent_ = 0;
  std::size_t head_lines_ = 0;
  std::size_t head_bytes_ = 0;
  bool head_ended_ = false;
  std::array<char, CURL_ERROR_SIZE> message_{};
};

class CurlClient::Impl : public std::enable_shared_from_this<CurlClient::Impl> {
 public:
  Impl(asio::io_context& loop, CurlClientOptions options);
  ~Impl();

  void open();
  void shut_down();

  base::Result<void> admit(Transfer& transfer);
  void leave(Transfer& transfer);
  ByteBudget::Share body_share() const { return bodies_.share(); }
  CurlClientStatus status() const { return {active_.size(), line_.size(), connections_opened_}; }

  const CurlClientOptions& options() const { return options_; }
  const base::Executor& executor() const { return executor_; }

 private:
  bool has_room(const std::string& origin) const;
  base::Result<void> start(Transfer& transfer);
  void start_next();
  CURL* take_handle();
  void release_handle(Transfer& transfer);
  void note_version(const std::string& origin, long version);

  void drive(curl_socket_t socket, int events);
  void collect();
  void wait_for_sockets();
  void on_sockets_ready();
  int watch(curl_socket_t socket, int what, bool known);
  int set_timer(long delay_ms);

  base::Executor executor_;
  CurlClientOptions options_;
  CURLM* multi_ = nullptr;
  int epoll_ = -1;
  Descriptor sockets_;  // the epoll set with libcurl's sockets in it; owns `epoll_`
  Timer timer_;
  std::uint64_t timer_round_ = 0;
  std::size_t sockets_watched_ = 0;
  bool wait_pending_ = false;
  std::list<Transfer*> active_;
  std::list<Transfer*> line_;
  bool line_closed_ = false;
  std::unordered_map<std::string, std::size_t> active_by_origin_;
  std::unordered_set<std::string> multiplexed_origins_;
  std::vector<CURL*> idle_handles_;
  const ByteBudget bodies_;
  std::uint64_t connections_opened_ = 0;

  friend class Transfer;
};

// ---- Transfer

CurlClient::Transfer::Transfer(std::shared_ptr<Impl> impl, const ClientRequest& request,
                               CurlTarget target, CurlHeaders lines)
    : impl_(std::move(impl)),
      request_(request),
      target_(std::move(target)),
      lines_(std::move(lines)),
      signal_(impl_->executor()) {
  response_.held = impl_->body_share();
}

CurlClient::Transfer::~Transfer() { impl_->leave(*this); }

base::Task<ClientResponse> CurlClient::Transfer::run() {
  signal_.expires_after(request_.timeout);
  const auto admitted = impl_->admit(*this);
  if (!admitted) co_return admitted.error();

  boost::system::error_code interrupted;
  const asio::use_awaitable_t<base::Executor> token;
  co_await signal_.async_wait(asio::redirect_error(token, interrupted));

  if (!ended_) interrupt(!interrupted);
  if (error_) co_return *std::move(error_);
  (void)response_.held.resize(response_.body.size());  // less than was reserved ahead
  co_return std::move(response_);
}

void CurlClient::Transfer::prepare() {
  using T = Transfer;
  set(easy_, CURLOPT_URL, request_.url.c_str());
  set(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(easy_, CURLOPT_ERRORBUFFER, message_.data());
  set(easy_, CURLOPT_NOSIGNAL, 1L);
  set(easy_, CURLOPT_NOPROGRESS, 1L);
  // Worth waiting only where a connection may turn out to carry many requests: over TLS that is
  // known at the handshake, over plain http not before the first answer.
  set(easy_, CURLOPT_PIPEWAIT, target_.plain ? 0L : 1L);
  set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(impl_->options().connect_timeout.count()));
  set(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (!impl_->options().user_agent.empty())
    set(easy_, CURLOPT_USERAGENT, impl_->options().user_agent.c_str());
  set(easy_, CURLOPT_HTTPHEADER, lines_.list());
  set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  curl_write_callback on_head = [](char* data, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<T*>(self)->take_head_line({data, size}) ? size : 0;
  };
  curl_write_callback on_body = [](char* data, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<T*>(self)->take_body({data, size}) ? size : 0;
  };
  set(easy_, CURLOPT_HEADERFUNCTION, on_head);
  set(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy_, CURLOPT_WRITEFUNCTION, on_body);
  set(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_security();
  set_method();
}

void CurlClient::Transfer::set_security() {
  set(easy_, CURLOPT_PROTOCOLS_STR, target_.plain ? "http" : "https");
  set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(easy_, CURLOPT_PATH_AS_IS, 1L);
  set(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  // A CAPATH, which Debian's libcurl has by default, switches off the cache of the parsed bundle.
  set(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set(easy_, CURLOPT_CAINFO, impl_->options().ca_file.c_str());
  const bool guarded = impl_->options().public_addresses_only;
  if (target_.plain || target_.loopback || guarded) set(easy_, CURLOPT_PROXY, "");
  if (!guarded) return;
  curl_opensocket_callback on_open = [](void* self, curlsocktype, curl_sockaddr* address) noexcept {
    return static_cast<Transfer*>(self)->open_socket(*address);
  };
  set(easy_, CURLOPT_OPENSOCKETFUNCTION, on_open);
  set(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
}

// Judges the very address that is connected to, so a name that resolves differently a moment later
// gains nothing.
curl_socket_t CurlClient::Transfer::open_socket(const curl_sockaddr& address) {
  const auto bytes = address_bytes(address);
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (bytes.empty() || inet_ntop(address.family, bytes.data(), text.data(), text.size()) == nullptr)
    return CURL_SOCKET_BAD;
  const auto& trusted = impl_->options().trusted_addresses;
  const bool allowed = is_public_address(bytes) ||
                       std::ranges::find(trusted, std::string_view(text.data())) != trusted.end();
  if (!allowed) return CURL_SOCKET_BAD;
  return socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
}

void CurlClient::Transfer::set_method() {
  switch (request_.method) {
    case Method::get:
      set(easy_, CURLOPT_HTTPGET, 1L);
      return;
    case Method::head:
      set(easy_, CURLOPT_NOBODY, 1L);
      return;
    case Method::post:
      set_body();
      return;
    case Method::put:
      set_body();
      set(easy_, CURLOPT_CUSTOMREQUEST, "PUT");
      return;
    case Method::patch:
      set_body();
      set(easy_, CURLOPT_CUSTOMREQUEST, "PATCH");
      return;
    case Method::del:
      if (!request_.body.empty()) set_body();
      set(easy_, CURLOPT_CUSTOMREQUEST, "DELETE");
      return;
    case Method::options:
      set(easy_, CURLOPT_CUSTOMREQUEST, "OPTIONS");
      return;
    case Method::other:
      assert(false && "refused before");
  }
}

void CurlClient::Transfer::set_body() {
  using T = Transfer;
  set(easy_, CURLOPT_POST, 1L);
  set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  if (!request_.send_once || request_.body.empty()) {
    set(easy_, CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.reveal().data());
    if (request_.send_once) set(easy_, CURLOPT_FRESH_CONNECT, 1L);
    return;
  }
  // libcurl repeats a request on a fresh connection when a pooled one breaks before the first byte
  // of the answer. It must then rewind the body, and that is refused here.
  curl_read_callback on_read = [](char* out, std::size_t, std::size_t space, void* self) noexcept {
    return static_cast<T*>(self)->give_body(out, space);
  };
  curl_seek_callback on_seek = [](void* self, curl_off_t offset, int) noexcept -> int {
    return offset == 0 && static_cast<T*>(self)->body_sent_ == 0 ? CURL_SEEKFUNC_OK
                                                                 : CURL_SEEKFUNC_FAIL;
  };
  // What stands between often drops idle connections after a minute, and cannot be asked again
  // here.
  constexpr long kIdleSecondsMax = 20;
  set(easy_, CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  set(easy_, CURLOPT_READFUNCTION, on_read);
  set(easy_, CURLOPT_READDATA, static_cast<void*>(this));
  set(easy_, CURLOPT_SEEKFUNCTION, on_seek);
  set(easy_, CURLOPT_SEEKDATA, static_cast<void*>(this));
}

std::size_t CurlClient::Transfer::give_body(char* out, std::size_t space) {
  const auto rest = request_.body.reveal().substr(body_sent_);
  const auto size = std::min(space, rest.size());
  std::copy_n(rest.data(), size, out);
  body_sent_ += size;
  return size;
}

// Also sees the heads of interim (1xx) answers, which the final one replaces, and trailers, which
// are dropped.
bool CurlClient::Transfer::take_head_line(std::string_view line) {
  const auto& options = impl_->options();
  ++head_lines_;
  head_bytes_ += line.size();
  // The status line and the empty line count too.
  if (head_lines_ > options.response_headers_max + 2 ||
      head_bytes_ > options.response_head_bytes_max) {
    refused_ = Error{Errc::denied, "answer refused: too many or too long headers"};
    return false;
  }
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    response_.headers.clear();
    head_ended_ = false;
    return true;
  }
  if (line.empty()) head_ended_ = true;
  if (head_ended_ || take_header(line)) return true;
  refused_ = Error{Errc::unavailable, "answer refused: malformed header"};
  return false;
}

bool CurlClient::Transfer::take_header(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  const auto value = base::trim(line.substr(colon + 1));
  if (has_control(value)) return false;
  response_.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
  return true;
}

// Bytes arrive decoded, a buffer at a time, so a compressed bomb is noticed at the bound and not
// after it.
bool CurlClient::Transfer::take_body(std::string_view bytes) {
  auto& body = response_.body;
  const auto size = body.size() + bytes.size();
  if (size > request_.body_bytes_max) {
    refused_ = Error{Errc::denied, "answer refused: larger than " +
                                       std::to_string(request_.body_bytes_max) + " bytes"};
    return false;
  }
  auto& held = response_.held;
  if (size > held.bytes()) {
    const auto ahead =
        std::min(std::max(2 * held.bytes(), announced_size()), request_.body_bytes_max);
    if (!held.resize(std::max(size, ahead))) {
      refused_ = Error{Errc::unavailable, "answer refused: too much is held"};
      return false;
    }
    body.reserve(held.bytes());
  }
  body.append(bytes);
  return true;
}

std::size_t CurlClient::Transfer::announced_size() const {
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length > 0 ? static_cast<std::size_t>(length) : kFirstBodyReserve;
}

bool CurlClient::Transfer::began_to_send() const {
  curl_off_t pretransfer = 0;
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &pretransfer);
  return pretransfer > 0;
}

Error CurlClient::Transfer::error_of(CURLcode code) const {
  if (refused_) return *refused_;
  const bool began = began_to_send() && !failed_before_sending(code);
  const std::string reason =
      !began && message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
  if (!began) return Error{Errc::unavailable, "connect to " + target_.host + " failed: " + reason};
  return Error{Errc::unavailable, "exchange with " + target_.host + " failed: " + reason};
}

// Called by libcurl's outcome, with `easy_` still there to be asked.
void CurlClient::Transfer::finish(CURLcode code) {
  ended_ = true;
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  // For libcurl the end of the connection ends a head too, and an interim answer may be the last.
  if (code == CURLE_OK && (!head_ended_ || status < 200)) code = CURLE_PARTIAL_FILE;
  if (code == CURLE_OK) {
    response_.status = static_cast<int>(status);
  } else {
    error_ = error_of(code);
    if (request_.send_once && began_to_send() && !failed_before_sending(code))
      error_->code = Errc::timeout;
  }
  impl_->leave(*this);
  signal_.cancel();
}

void CurlClient::Transfer::fail(Error error) {
  ended_ = true;
  error_ = std::move(error);
  impl_->leave(*this);
  signal_.cancel();
}

// The deadline passed, or the awaiting coroutine was cancelled.
void CurlClient::Transfer::interrupt(bool deadline_passed) {
  const bool sent = easy_ != nullptr && began_to_send();
  const std::string_view cause = deadline_passed ? "no answer in time" : "cancelled";
  const std::string_view phase = waiting_ ? " while waiting in line"
                                 : sent   ? ""
                                          : " before the request was sent";
  const Errc code = sent || !deadline_passed ? Errc::timeout : Errc::unavailable;
  fail(Error{code, "exchange with " + target_.host + " failed: " + std::string(cause) +
                       std::string(phase)});
}

// ---- Impl

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
  set(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
  set(multi_, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  set(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
  set(multi_, CURLMOPT_TIMERDATA, static_cast<void*>(this));
  set(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  set(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.connections_per_host_max));
  set(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(kIdleConnectionsMax));
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

// ---- CurlClient

CurlClient::CurlClient(asio::io_context& loop, CurlClientOptions options)
    : impl_(std::make_shared<Impl>(loop, std::move(options))) {
  impl_->open();
}

CurlClient::~CurlClient() { impl_->shut_down(); }

CurlClientStatus CurlClient::status() const { return impl_->status(); }

base::Task<ClientResponse> CurlClient::send(const ClientRequest& request) {
  auto target = curl_target_of(request.url, impl_->options());
  if (!target) co_return target.error();
  const auto method = check_curl_method(request);
  if (!method) co_return method.error();
  auto lines = curl_headers_of(request);
  if (!lines) co_return lines.error();

  Transfer transfer(impl_, request, *std::move(target), *std::move(lines));
  auto response = co_await transfer.run();
  co_return std::move(response);
}

}  // namespace gatehouse::http
