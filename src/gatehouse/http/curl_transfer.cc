// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/http/curl_transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cassert>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "gatehouse/base/encoding.h"
#include "gatehouse/http/curl_multi.h"
#include "gatehouse/http/curl_options.h"
#include "gatehouse/http/field_text.h"
#include "gatehouse/http/public_address.h"

namespace gatehouse::http {
namespace {

namespace asio = boost::asio;
using base::Errc;
using base::Error;

constexpr std::size_t kFirstBodyReserve = 16 * 1024;

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
  set_curl(easy_, CURLOPT_URL, request_.url.c_str());
  set_curl(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
  set_curl(easy_, CURLOPT_ERRORBUFFER, message_.data());
  set_curl(easy_, CURLOPT_NOSIGNAL, 1L);
  set_curl(easy_, CURLOPT_NOPROGRESS, 1L);
  // Worth waiting only where a connection may turn out to carry many requests: over TLS that is
  // known at the handshake, over plain http not before the first answer.
  set_curl(easy_, CURLOPT_PIPEWAIT, target_.plain ? 0L : 1L);
  set_curl(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  set_curl(easy_, CURLOPT_CONNECTTIMEOUT_MS,
           static_cast<long>(impl_->options().connect_timeout.count()));
  set_curl(easy_, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (!impl_->options().user_agent.empty())
    set_curl(easy_, CURLOPT_USERAGENT, impl_->options().user_agent.c_str());
  set_curl(easy_, CURLOPT_HTTPHEADER, lines_.list());
  set_curl(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  curl_write_callback on_head = [](char* data, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<T*>(self)->take_head_line({data, size}) ? size : 0;
  };
  curl_write_callback on_body = [](char* data, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<T*>(self)->take_body({data, size}) ? size : 0;
  };
  set_curl(easy_, CURLOPT_HEADERFUNCTION, on_head);
  set_curl(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_curl(easy_, CURLOPT_WRITEFUNCTION, on_body);
  set_curl(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set_security();
  set_method();
}

void CurlClient::Transfer::set_security() {
  set_curl(easy_, CURLOPT_PROTOCOLS_STR, target_.plain ? "http" : "https");
  set_curl(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  set_curl(easy_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set_curl(easy_, CURLOPT_PATH_AS_IS, 1L);
  set_curl(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set_curl(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set_curl(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  set_curl(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  // A CAPATH, which Debian's libcurl has by default, switches off the cache of the parsed bundle.
  set_curl(easy_, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  set_curl(easy_, CURLOPT_CAINFO, impl_->options().ca_file.c_str());
  const bool guarded = impl_->options().public_addresses_only;
  if (target_.plain || target_.loopback || guarded) set_curl(easy_, CURLOPT_PROXY, "");
  if (!guarded) return;
  curl_opensocket_callback on_open = [](void* self, curlsocktype, curl_sockaddr* address) noexcept {
    return static_cast<Transfer*>(self)->open_socket(*address);
  };
  set_curl(easy_, CURLOPT_OPENSOCKETFUNCTION, on_open);
  set_curl(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
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
      set_curl(easy_, CURLOPT_HTTPGET, 1L);
      return;
    case Method::head:
      set_curl(easy_, CURLOPT_NOBODY, 1L);
      return;
    case Method::post:
      set_body();
      return;
    case Method::put:
      set_body();
      set_curl(easy_, CURLOPT_CUSTOMREQUEST, "PUT");
      return;
    case Method::patch:
      set_body();
      set_curl(easy_, CURLOPT_CUSTOMREQUEST, "PATCH");
      return;
    case Method::del:
      if (!request_.body.empty()) set_body();
      set_curl(easy_, CURLOPT_CUSTOMREQUEST, "DELETE");
      return;
    case Method::options:
      set_curl(easy_, CURLOPT_CUSTOMREQUEST, "OPTIONS");
      return;
    case Method::other:
      assert(false && "refused before");
  }
}

void CurlClient::Transfer::set_body() {
  using T = Transfer;
  set_curl(easy_, CURLOPT_POST, 1L);
  set_curl(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  if (!request_.send_once || request_.body.empty()) {
    set_curl(easy_, CURLOPT_POSTFIELDS, request_.body.empty() ? "" : request_.body.reveal().data());
    if (request_.send_once) set_curl(easy_, CURLOPT_FRESH_CONNECT, 1L);
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
  set_curl(easy_, CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  set_curl(easy_, CURLOPT_READFUNCTION, on_read);
  set_curl(easy_, CURLOPT_READDATA, static_cast<void*>(this));
  set_curl(easy_, CURLOPT_SEEKFUNCTION, on_seek);
  set_curl(easy_, CURLOPT_SEEKDATA, static_cast<void*>(this));
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

}  // namespace gatehouse::http
