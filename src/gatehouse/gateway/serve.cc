// SPDX-License-Identifier: Apache-2.0
#include "gatehouse/gateway/serve.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>

#include "gatehouse/gateway/state_files.h"
#include "gatehouse/gateway/wiring.h"

namespace gatehouse::gateway {
namespace {

using namespace std::chrono_literals;
using telemetry::Field;

constexpr auto kDrainLimit = 20s;  // containers are usually killed after 30 s
constexpr auto kSweepInterval = 60s;
constexpr std::size_t kSweepRows = 500;
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

// Removes expired rows for stores that do not do it themselves.
base::Coroutine<void> sweep(store::Sweepable& store, telemetry::Log& log) {
  auto executor = co_await boost::asio::this_coro::executor;
  Timer pause(executor);
  while (true) {
    pause.expires_after(kSweepInterval);
    co_await pause.async_wait(kAwait);
    auto removed = co_await store.remove_expired(kSweepRows);
    if (!removed)
      log.warn("could not remove expired records", {{Field::detail, removed.error().detail}});
    else if (*removed > 0)
      log.debug("removed expired records", {{Field::count, static_cast<std::int64_t>(*removed)}});
  }
}

base::Coroutine<void> drain_and_stop(boost::asio::io_context& loop, Gateway& gateway) {
  co_await gateway.drain(kDrainLimit);
  loop.stop();
}

// First signal: finish what is under way. Second: leave at once.
class Signals {
 public:
  Signals(boost::asio::io_context& loop, Gateway& gateway, telemetry::Log& log)
      : loop_(loop), gateway_(gateway), log_(log), set_(loop, SIGTERM, SIGINT) {
    wait();
  }

 private:
  void wait() {
    set_.async_wait([this](boost::system::error_code trouble, int) {
      if (trouble) return;
      if (draining_) return loop_.stop();
      draining_ = true;
      log_.info("draining", {});
      boost::asio::co_spawn(loop_.get_executor(), drain_and_stop(loop_, gateway_), fail_loudly);
      wait();
    });
  }

  boost::asio::io_context& loop_;
  Gateway& gateway_;
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

int refuse(telemetry::Log& log, std::string_view event, const base::Error& error) {
  log.error(event, {{Field::detail, error.detail}});
  std::fprintf(stderr, "gatehouse: %s\n", error.detail.c_str());
  return 1;
}

}  // namespace

int serve(Config config) {
  close_the_process_to_others();
  std::unique_ptr<telemetry::Log> log = telemetry::make_console_log(config.log_level);
  base::SystemClock clock;
  base::SystemRandom random;

  auto files = open_state_files(config, clock, random);
  if (!files) return refuse(*log, "cannot open database and key", files.error());
  if (files->created) {
    log->info("created the database and its key file", {{Field::path, config.store_path}});
    log->info("back up the key file apart from the database", {{Field::path, config.key_path}});
  }

  boost::asio::io_context loop(1);
  Gateway gateway(loop, config, std::move(*files), clock, random, *log);
  auto listening = gateway.listen();
  if (!listening) return refuse(*log, "cannot listen", listening.error());

  Signals signals(loop, gateway, *log);
  if (gateway.sweepable() != nullptr) {
    boost::asio::co_spawn(loop.get_executor(), sweep(*gateway.sweepable(), *log), fail_loudly);
  }
  const bool shared_store = false;  // of all stores there are, each serves one replica
  note_stickiness(config, shared_store, *log);
  log->info("serving", {{Field::url, config.public_url}, {Field::version, GATEHOUSE_VERSION}});
  loop.run();
  log->info("stopped", {});
  return 0;
}

}  // namespace gatehouse::gateway
