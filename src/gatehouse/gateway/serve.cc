// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/serve.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>

#include "gatehouse/base/encoding.h"
#include "gatehouse/crypto/digest.h"
#include "gatehouse/gateway/backends.h"
#include "gatehouse/gateway/process_memory.h"
#include "gatehouse/gateway/waiting_room.h"
#include "gatehouse/gateway/wiring.h"
#include "gatehouse/telemetry/console_log.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using telemetry::Field;

constexpr auto kDrainLimit = 20s;  // containers are usually killed after 30 s
constexpr std::chrono::milliseconds kSweepInterval = 60s;
constexpr std::chrono::milliseconds kSweepPause = 100ms;  // while there is more to remove
constexpr std::size_t kSweepRows = 500;
constexpr auto kRefreshInterval = 10min;
constexpr auto kLoadPauseMax = 30s;
constexpr auto kMemoryInterval = 5s;
constexpr auto kEmfInterval = 60s;
constexpr std::size_t kWorthGivingBack = 256 * 1024;
constexpr int kLargeBlock = 1024 * 1024;
constexpr boost::asio::use_awaitable_t<base::Executor> kAwait;
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, base::Executor>;

// No core files, no attaching, files for this user only.
void close_the_process_to_others() {
  prctl(PR_SET_DUMPABLE, 0);
  rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
  umask(077);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
}

void fail_loudly(std::exception_ptr trouble) {
  if (trouble) std::rethrow_exception(trouble);
}

// Removes expired rows for stores that do not do it themselves, after a flood faster than one can
// be made (DO-17).
base::Coroutine<void> sweep(store::Sweepable& store, telemetry::Log& log) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  while (true) {
    auto removed = co_await store.remove_expired(kSweepRows);
    if (!removed)
      log.warn("could not remove expired records", {{Field::detail, removed.error().detail}});
    else if (*removed > 0)
      log.debug("removed expired records", {{Field::count, static_cast<std::int64_t>(*removed)}});
    const bool more = removed && *removed >= kSweepRows;
    pause.expires_after(more ? kSweepPause : kSweepInterval);
    co_await pause.async_wait(kAwait);
  }
}

// Large blocks come from the system one by one and go back when they are freed, however often; by
// itself glibc would soon keep those of up to 32 MB.
void keep_large_blocks_apart() { mallopt(M_MMAP_THRESHOLD, kLargeBlock); }

// The allocator keeps what a crowd has needed for the next one. What lies free since the last time,
// or was used again and freed unseen, goes back to the system (DO-16).
base::Coroutine<void> give_memory_back() {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  std::size_t given = 0;
  std::size_t resident = resident_bytes();
  while (true) {
    pause.expires_after(kMemoryInterval);
    co_await pause.async_wait(kAwait);
    const std::size_t free = mallinfo2().fordblks;  // also what was given back and not used since
    given = std::min(given, free);
    const bool freed = free >= given + kWorthGivingBack;
    if (!freed && resident_bytes() < resident + kWorthGivingBack) continue;
    malloc_trim(0);
    given = mallinfo2().fordblks;
    resident = resident_bytes();
  }
}

// Follows the keys that other replicas make.
base::Coroutine<void> refresh_keys(Backends& backends, telemetry::Log& log) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  while (true) {
    pause.expires_after(kRefreshInterval);
    co_await pause.async_wait(kAwait);
    auto refreshed = co_await backends.refresh();
    if (!refreshed) {
      log.warn("could not read the token keys again", {{Field::detail, refreshed.error().detail}});
    }
  }
}

// For CloudWatch, once a minute; what the last minute brought is told at the end.
base::Coroutine<void> tell_cloudwatch(const Config& config, GatewayMetrics& metrics,
                                      telemetry::ConsoleLog& log) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  while (true) {
    pause.expires_after(kEmfInterval);
    co_await pause.async_wait(kAwait);
    log.write_document(metrics.emf_line(config.emf_namespace, config.emf_service));
  }
}

bool will_pass(const base::Error& error) {
  return error.code == base::Errc::unavailable || error.code == base::Errc::timeout;
}

// Loads what serving needs, however long the store or the key service stays away; meanwhile the
// waiting room answers. Gives up only where waiting does not help. Stops the loop when it is done:
// what goes on in the background goes on once the gateway serves.
base::Coroutine<void> load_patiently(boost::asio::io_context& loop, const Config& config,
                                     Backends& backends, telemetry::Log& log,
                                     base::Result<void>& outcome) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  std::unique_ptr<WaitingRoom> room;
  std::chrono::seconds wait = 1s;
  while (true) {
    auto loaded = co_await backends.load();
    outcome = std::move(loaded);
    if (outcome || !will_pass(outcome.error())) break;
    log.warn("store or key service does not answer yet; trying again",
             {{Field::detail, outcome.error().detail}});
    if (!room) {
      room = std::make_unique<WaitingRoom>(loop, log);
      outcome = room->open(config.listen);
      if (!outcome) break;
    }
    pause.expires_after(wait);
    co_await pause.async_wait(kAwait);
    wait = std::min<std::chrono::seconds>(wait * 2, kLoadPauseMax);
  }
  if (room) {
    co_await room->close();
  }
  loop.stop();
}

// Who sends requests here learns from the health, and meanwhile they are served.
base::Coroutine<void> drain_and_stop(boost::asio::io_context& loop, Gateway& gateway,
                                     std::chrono::seconds delay) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  gateway.announce_drain();
  pause.expires_after(delay);
  co_await pause.async_wait(kAwait);
  co_await gateway.drain(kDrainLimit);
  loop.stop();
}

// First signal: finish what is under way. Second: leave at once.
class Signals {
 public:
  Signals(boost::asio::io_context& loop, Gateway& gateway, std::chrono::seconds delay,
          telemetry::Log& log)
      : loop_(loop), gateway_(gateway), delay_(delay), log_(log), set_(loop, SIGTERM, SIGINT) {
    wait();
  }

 private:
  void wait() {
    set_.async_wait([this](boost::system::error_code trouble, int) {
      if (trouble) return;
      if (draining_) return loop_.stop();
      draining_ = true;
      log_.info("draining", {});
      boost::asio::co_spawn(loop_.get_executor(), drain_and_stop(loop_, gateway_, delay_),
                            fail_loudly);
      wait();
    });
  }

  boost::asio::io_context& loop_;
  Gateway& gateway_;
  const std::chrono::seconds delay_;
  telemetry::Log& log_;
  boost::asio::signal_set set_;
  bool draining_ = false;
};

// Clients of the older transport send their requests to whichever replica the balancer picks.
void note_stickiness(const Config& config, bool shared_store, telemetry::Log& log) {
  if (!shared_store || !config.peer_listen.empty()) return;
  log.warn("clients of /sse need a balancer that keeps each to one replica",
           {{Field::setting, "GATEHOUSE_PEER_LISTEN"}, {Field::reason, "off"}});
}

std::string sha256_in_hex(std::string_view line) {
  const crypto::Sha256 digest = crypto::sha256(line);
  return base::hex_encode(crypto::view(digest));
}

int refuse(telemetry::Log& log, std::string_view event, const base::Error& error) {
  log.error(event, {{Field::detail, error.detail}});
  std::fprintf(stderr, "gatehouse: %s\n", error.detail.c_str());
  return 1;
}

}  // namespace

int serve(Config config, const Additions& additions) {
  close_the_process_to_others();
  keep_large_blocks_apart();
  const std::unique_ptr<telemetry::ConsoleLog> log = telemetry::open_console_log(config.log_level);
  base::SystemClock clock;
  base::SystemRandom random;
  boost::asio::io_context loop(1);

  auto backends = Backends::open(loop, config, clock, random, *log);
  if (!backends) return refuse(*log, "cannot open store and key", backends.error());
  if ((*backends)->created()) {
    log->info("created the database", {{Field::path, config.store_path}});
    if (config.key == KeyKind::file) {
      log->info("back up the key file apart from the database", {{Field::path, config.key_path}});
    }
  }
  base::Result<void> loaded;
  boost::asio::co_spawn(loop.get_executor(), load_patiently(loop, config, **backends, *log, loaded),
                        fail_loudly);
  loop.run();
  loop.restart();
  if (!loaded) return refuse(*log, "cannot read the token keys", loaded.error());

  Additions with_head = additions;
  with_head.audit_head = [&log] { return log->audit_head(); };
  Gateway gateway(loop, config, **backends, clock, random, *log, with_head);
  auto listening = gateway.listen();
  if (!listening) return refuse(*log, "cannot listen", listening.error());

  constexpr std::size_t kChainNameBytes = 12;
  log->begin_audit(base::hex_encode(random.secret(kChainNameBytes).reveal()), sha256_in_hex);
  Signals signals(loop, gateway, config.shutdown_delay, *log);
  if (store::Sweepable* const sweepable = (*backends)->sweepable()) {
    boost::asio::co_spawn(loop.get_executor(), sweep(*sweepable, *log), fail_loudly);
  }
  boost::asio::co_spawn(loop.get_executor(), give_memory_back(), fail_loudly);
  boost::asio::co_spawn(loop.get_executor(), refresh_keys(**backends, *log), fail_loudly);
  boost::asio::co_spawn(loop.get_executor(), gateway.metrics().loop_lag().watch(), fail_loudly);
  const bool tells_cloudwatch = !config.emf_namespace.empty();
  if (tells_cloudwatch) {
    boost::asio::co_spawn(loop.get_executor(), tell_cloudwatch(config, gateway.metrics(), *log),
                          fail_loudly);
  }
  note_stickiness(config, config.is_shared(), *log);
  log->info("serving", {{Field::url, config.public_url}, {Field::version, GATEHOUSE_VERSION}});
  loop.run();
  log->end_audit();
  if (tells_cloudwatch) {
    log->write_document(gateway.metrics().emf_line(config.emf_namespace, config.emf_service));
  }
  log->info("stopped", {});
  return 0;
}

}  // namespace gatehouse::gateway
