// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/task.h"
#include "gatehouse/base/turnstile.h"
#include "gatehouse/http/client.h"
#include "gatehouse/telemetry/trace.h"

namespace gatehouse::identity {

struct DocumentCacheLimits {
  std::size_t body_bytes_max = 256 * 1024;
  std::chrono::milliseconds timeout{10'000};
  std::chrono::seconds lifetime_min{300};        // also of an answer that forbids caching
  std::chrono::seconds lifetime_default{3'600};  // of an answer that says nothing
  std::chrono::seconds lifetime_max{24 * 3'600};
  std::chrono::seconds refetch_interval{60};  // between fetches that a doubting caller asks for
};

// The body of a 200 answer and how long it may be kept. Errc::unavailable for any other outcome.
struct FetchedDocument {
  FetchedDocument() {}
  std::string body;
  std::chrono::seconds lifetime{};
};
base::Task<FetchedDocument> fetch_document(http::Client& client, const std::string& url,
                                           const DocumentCacheLimits& limits,
                                           const telemetry::RequestTrace& trace);

// A JSON document of the provider, parsed, fetched when first needed and kept for as long as its
// Cache-Control says, within bounds. One fetch at a time however many want it. For the event loop's
// thread; outlives its coroutines.
template <class T>
class DocumentCache {
 public:
  using Parsed = std::shared_ptr<const T>;
  using Parse = std::function<base::Result<T>(std::string_view)>;

  DocumentCache(http::Client& client, const base::Clock& clock, DocumentCacheLimits limits,
                Parse parse)
      : client_(client), clock_(clock), limits_(limits), parse_(std::move(parse)) {}

  // Errc::unavailable when it cannot be had. A fetch that several wait for carries the trace of the
  // one that began it.
  base::Task<Parsed> get(const std::string& url, const telemetry::RequestTrace& trace) {
    return get_other_than(url, nullptr, trace);
  }

  // For a caller whom `doubted` did not serve: fetches anew unless that was done for such a caller
  // within `refetch_interval`, in which case the answer may be `doubted` again.
  base::Task<Parsed> get_other_than(const std::string& url, Parsed doubted,
                                    const telemetry::RequestTrace& trace) {
    if (serves(url, doubted)) co_return current_;
    const std::uint64_t failures_before = failures_;
    auto turn = co_await turnstile_.enter(2 * limits_.timeout);
    if (!turn) co_return base::Error{base::Errc::unavailable, "waited too long for another fetch"};
    if (serves(url, doubted)) co_return current_;
    // Whoever waited while a fetch failed shares its error: a crowd asks once, and the next caller
    // asks anew, so sign-ins work as soon as the provider does.
    if (failure_ && failures_ != failures_before) co_return *failure_;

    auto fetched = co_await fetch_document(client_, url, limits_, trace);
    if (!fetched) co_return failed(fetched.error());
    auto parsed = parse_(fetched->body);
    if (!parsed) co_return failed(parsed.error());
    keep(url, std::make_shared<const T>(*std::move(parsed)), fetched->lifetime);
    if (doubted != nullptr) refetched_at_ = fetched_at_;
    co_return current_;
  }

 private:
  bool serves(const std::string& url, const Parsed& doubted) const {
    const auto now = clock_.steady_now();
    if (current_ == nullptr || url != url_ || now >= expires_) return false;
    if (doubted == nullptr || current_ != doubted) return true;
    return refetched_at_ && now < *refetched_at_ + limits_.refetch_interval;
  }

  void keep(const std::string& url, Parsed parsed, std::chrono::seconds lifetime) {
    current_ = std::move(parsed);
    url_ = url;
    fetched_at_ = clock_.steady_now();
    expires_ = fetched_at_ + lifetime;
    failure_.reset();
  }

  const base::Error& failed(base::Error error) {
    failure_ = std::move(error);
    ++failures_;
    return *failure_;
  }

  http::Client& client_;
  const base::Clock& clock_;
  DocumentCacheLimits limits_;
  Parse parse_;
  base::Turnstile turnstile_;
  Parsed current_;
  std::string url_;
  std::chrono::steady_clock::time_point fetched_at_{};
  std::chrono::steady_clock::time_point expires_{};
  std::optional<std::chrono::steady_clock::time_point> refetched_at_;  // for a doubting caller
  std::uint64_t failures_ = 0;
  std::optional<base::Error> failure_;
};

}  // namespace gatehouse::identity
